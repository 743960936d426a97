"""The classes and rooms of a nursery as its file has them: places from a day on, the rule of the type, who uses which room."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import DecimalField, OuterRef, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from core.display import number
from core.scoping import Actor
from institution.enums import SiteRuleCode
from institution.models import (
    ClassCapacity,
    ClassGroup,
    ClassTypeRule,
    Institution,
    Room,
    RoomUse,
    SiteRule,
)
from institution.selectors.nursery import classes_on
from institution.selectors.places import rules_on


@dataclass(frozen=True)
class ClassRow:
    class_group: ClassGroup  # of `classes_on`, or of one still to open
    rule: ClassTypeRule | None
    coming: list[ClassCapacity]
    rooms: list[RoomUse]


@dataclass(frozen=True)
class RoomRow:
    room: Room
    uses: list[RoomUse] = field(default_factory=list)  # now or to come


def class_rows(*, actor: Actor, institution: Institution, day: dt.date) -> list[ClassRow]:
    """Classes that run on the day or open later."""
    groups = [
        *classes_on(actor=actor, day=day).filter(institution=institution),
        *_opening(actor, institution, day),
    ]
    rules = rules_on(day)
    coming: dict[int, list[ClassCapacity]] = {}
    changes = ClassCapacity.objects.visible_to(actor).filter(
        institution=institution, valid_from__gt=day
    )
    for change in changes.order_by("valid_from", "pk"):
        coming.setdefault(change.class_group_id, []).append(change)
    uses: dict[int, list[RoomUse]] = {}
    for use in _uses(actor, institution, day):
        uses.setdefault(use.class_group_id, []).append(use)
    return [
        ClassRow(
            group, rules.get(group.class_type), coming.get(group.pk, []), uses.get(group.pk, [])
        )
        for group in groups
    ]


def room_rows(*, actor: Actor, institution: Institution, day: dt.date) -> list[RoomRow]:
    uses: dict[int, list[RoomUse]] = {}
    for use in _uses(actor, institution, day):
        uses.setdefault(use.room_id, []).append(use)
    rooms = Room.objects.visible_to(actor).filter(institution=institution)
    return [RoomRow(room, uses.get(room.pk, [])) for room in rooms.order_by("storey", "name", "pk")]


def classes_for_findings(*, actor: Actor, institution: Institution, day: dt.date) -> list:
    """Running classes with `places`, `enrolled` and `area`, that of the rooms they use that day."""
    used = (
        RoomUse.objects.filter(class_group=OuterRef("pk"))
        .on(day)
        .order_by()
        .values("class_group")
        .annotate(all=Sum("room__area"))
        .values("all")
    )
    area = Subquery(used, output_field=DecimalField(max_digits=9, decimal_places=1))
    return list(
        classes_on(actor=actor, day=day).filter(institution=institution).annotate(area=area)
    )


def class_sentences(
    *, institution: Institution, classes: list, rules: list[SiteRule], day: dt.date
) -> Iterator[tuple[str, str, str]]:
    """(code, sentence, basis) of what lies outside a rule."""
    of_type = rules_on(day)
    area = next((rule for rule in rules if rule.code == SiteRuleCode.ROOM_AREA), None)
    for group in classes:
        rule = of_type.get(group.class_type)
        if rule and group.places > rule.max_children:
            sentence = _("%(class)s has %(places)s places, where the rule allows at most %(most)s.")
            words = {"class": group.name, "places": group.places, "most": rule.max_children}
            yield "class_size", sentence % words, rule.basis
        if group.enrolled > group.places:
            sentence = _("%(class)s has %(children)s children in %(places)s places.")
            words = {"class": group.name, "children": group.enrolled, "places": group.places}
            yield "class_over_capacity", sentence % words, ""
        if area and area.least and group.area and group.area / group.places < area.least:
            sentence = _(
                "The rooms of %(class)s have %(each)s m² for each place, where the rule asks for at least %(least)s."
            )
            each = Decimal(group.area) / group.places
            words = {
                "class": group.name,
                "each": number(each, 1),
                "least": number(area.least, 1),
            }
            yield "room_area", sentence % words, area.basis
    together = sum(group.places for group in classes)
    if institution.places and together > institution.places:
        sentence = _("The classes have %(sum)s places together, the nursery has %(places)s.")
        words = {"sum": together, "places": institution.places}
        yield "classes_together", sentence % words, ""


def _opening(actor: Actor, institution: Institution, day: dt.date) -> QuerySet[ClassGroup]:
    later = ClassGroup.objects.visible_to(actor).filter(institution=institution, opened_on__gt=day)
    return later.with_places(day).order_by("opened_on", "name", "pk")


def _uses(actor: Actor, institution: Institution, day: dt.date) -> QuerySet[RoomUse]:
    uses = RoomUse.objects.visible_to(actor).filter(
        institution=institution, during__overlap=(day, None)
    )
    return uses.select_related("room", "class_group").order_by("during", "pk")
