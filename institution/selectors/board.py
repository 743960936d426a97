"""The class board: the children, what a carer must see before tapping, and the day's entries."""

import datetime as dt
from dataclasses import dataclass

from core import audit
from core.scoping import Actor
from institution.models import (
    Allergy,
    Attendance,
    Child,
    ClassGroup,
    ClassTypeRule,
    DailyEntry,
    EntryKind,
    PlannedDay,
)
from institution.reads import log_read
from institution.selectors.plans import plans_on


@dataclass(frozen=True)
class Card:
    child: Child
    attendance: Attendance | None
    allergies: list[Allergy]

    @property
    def severe(self) -> bool:
        return any(allergy.severity == "severe" for allergy in self.allergies)


@dataclass(frozen=True)
class Board:
    class_group: ClassGroup
    day: dt.date
    cards: list[Card]
    entries: list[DailyEntry]  # those of the day that stand, in the order they were stored
    cursor: int  # every entry up to this number of the institution's stream has been read
    rule: ClassTypeRule | None
    own_kinds: list[EntryKind]
    plans: dict[int, PlannedDay]  # what the families told of the day


def class_board(*, actor: Actor, class_group: ClassGroup, day: dt.date) -> Board:
    """`class_group` comes from `classes_on`, which counts its carers."""
    children = list(
        Child.objects.visible_to(actor).in_class(class_group, day).order_by("name", "pk")
    )
    ids = [child.pk for child in children]
    attendance = {
        row.child_id: row
        for row in Attendance.objects.visible_to(actor).on(day).filter(child__in=ids)
    }
    allergies: dict[int, list] = {}
    for allergy in (
        Allergy.objects.visible_to(actor).filter(child__in=ids).order_by("substance", "pk")
    ):
        allergies.setdefault(allergy.child_id, []).append(allergy)
    stored = list(_entries(actor, class_group, day, ids))
    audit.viewed(actor=actor, child_ids=allergies, fields=["allergies"], purpose="care")
    log_read(actor=actor, entries=stored, purpose="care")
    kinds = EntryKind.objects.visible_to(actor).filter(institution=class_group.institution_id)
    return Board(
        class_group=class_group,
        day=day,
        cards=[
            Card(child, attendance.get(child.pk), allergies.get(child.pk, [])) for child in children
        ],
        entries=[entry for entry in stored if entry.replaced_by is None and not entry.void],
        cursor=max((entry.seq for entry in stored), default=0),
        rule=ClassTypeRule.objects.on(day)
        .filter(class_type=class_group.class_type)
        .order_by("-valid_from", "pk")
        .first(),
        own_kinds=list(kinds.filter(active=True).order_by("label", "pk")),
        plans=plans_on(actor=actor, child_ids=ids, day=day),
    )


@dataclass(frozen=True)
class News:
    roster: list[int]  # the children of the class, in the order of the board
    entries: list[DailyEntry]  # withdrawn and replaced ones too
    plans: dict[int, PlannedDay]


def board_news(*, actor: Actor, class_group: ClassGroup, day: dt.date, seq: int) -> News:
    """What was stored for the class's day after `seq`, and who is in the class by now."""
    children = Child.objects.visible_to(actor).in_class(class_group, day).order_by("name", "pk")
    roster = list(children.values_list("pk", flat=True))
    news = list(_entries(actor, class_group, day, roster).after(seq))
    log_read(actor=actor, entries=news, purpose="care")
    return News(roster, news, plans_on(actor=actor, child_ids=roster, day=day))


def _entries(actor: Actor, class_group: ClassGroup, day: dt.date, children):
    return (
        DailyEntry.objects.visible_to(actor)
        .filter(institution=class_group.institution_id, child__in=children)
        .on(day)
        .select_related("recorded_by")
        .order_by("seq", "at")
    )
