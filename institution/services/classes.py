"""Classes are opened, renamed, made larger or smaller from a day on, and closed; rooms are told and given to classes."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import audit
from core.calendar import today
from core.display import short_day
from core.errors import NotThere, Refused
from core.scoping import Actor
from institution.enums import ClassType, RoomPurpose
from institution.models import (
    ClassCapacity,
    ClassGroup,
    Enrolment,
    Institution,
    Room,
    RoomUse,
)

DAYS_AHEAD = 400
MOST_PLACES = 60
ONE_DAY = dt.timedelta(days=1)


def open_class(
    *, actor: Actor, name: str, class_type: str, places: int, opened_on: dt.date
) -> ClassGroup:
    """Raises Refused `name_taken`, `out_of_range`, `too_far`."""
    _check_places(places)
    _not_too_far("opened_on", opened_on)
    with transaction.atomic():
        institution = _own(actor)
        _name_free(ClassGroup.objects.filter(institution=institution), name)
        class_group = ClassGroup.objects.create(
            institution=institution,
            name=name,
            class_type=ClassType(class_type),
            capacity=places,
            opened_on=opened_on,
        )
        _record(actor, institution, class_group, "institution.class.opened", {"places": places})
    return class_group


def rename_class(*, actor: Actor, class_group: ClassGroup, name: str) -> ClassGroup:
    """Raises Refused `name_taken`."""
    with transaction.atomic():
        institution = _own(actor)
        found = _class_of(actor, class_group)
        if found.name != name:
            others = ClassGroup.objects.filter(institution=institution).exclude(pk=found.pk)
            _name_free(others, name)
            found.name = name
            found.save(update_fields=["name"])
            _record(actor, institution, found, "institution.class.renamed", {})
    return found


def set_places(
    *, actor: Actor, class_group: ClassGroup, places: int, valid_from: dt.date
) -> ClassCapacity:
    """How many places the class has from a day on. The same day again corrects what was said for it.

    Raises Refused `out_of_range`, `too_far`, `too_old`, `over_capacity`.
    """
    _check_places(places)
    _not_too_far("valid_from", valid_from)
    with transaction.atomic():
        institution = _own(actor)
        found = _class_of(actor, class_group)
        if valid_from <= found.opened_on:
            raise _wrong("valid_from", _("The class opened on that day or later."), "too_old")
        later = ClassCapacity.objects.filter(class_group=found, valid_from__gt=valid_from)
        until = later.order_by("valid_from", "pk").values_list("valid_from", flat=True).first()
        taken, day = _most_children(found, valid_from, until)
        if taken > places:
            raise _wrong(
                "places",
                ngettext(
                    "On %(day)s %(count)s child has a place in this class.",
                    "On %(day)s %(count)s children have a place in this class.",
                    taken,
                )
                % {"day": short_day(day), "count": taken},
                "over_capacity",
            )
        change, _new = ClassCapacity.objects.update_or_create(
            class_group=found,
            valid_from=valid_from,
            defaults={"places": places},
            create_defaults={"institution": institution, "places": places},
        )
        data = {"places": places, "valid_from": valid_from.isoformat()}
        _record(actor, institution, found, "institution.class.places_set", data)
    return change


def close_class(*, actor: Actor, class_group: ClassGroup, last_day: dt.date) -> ClassGroup:
    """Raises Refused `too_far`, `dates_reversed`, `children_enrolled`."""
    _not_too_far("last_day", last_day)
    with transaction.atomic():
        institution = _own(actor)
        found = _class_of(actor, class_group)
        if last_day < found.opened_on:
            raise _wrong("last_day", _("The last day lies before the first."), "dates_reversed")
        after = Enrolment.objects.filter(
            class_group=found, during__overlap=(last_day + ONE_DAY, None)
        ).count()
        if after:
            raise _wrong(
                "last_day",
                ngettext(
                    "%(count)s child still has a place in this class after that day.",
                    "%(count)s children still have a place in this class after that day.",
                    after,
                )
                % {"count": after},
                "children_enrolled",
            )
        found.closed_on = last_day + ONE_DAY
        found.save(update_fields=["closed_on"])
        data = {"last_day": last_day.isoformat()}
        _record(actor, institution, found, "institution.class.closed", data)
    return found


def keep_room(
    *,
    actor: Actor,
    name: str,
    purpose: str,
    storey: int,
    area: Decimal,
    room: Room | None = None,
) -> Room:
    """A new room, or what is now said of one. Raises Refused `name_taken`."""
    with transaction.atomic():
        institution = _own(actor)
        rooms = Room.objects.filter(institution=institution)
        if room is None:
            kept, action = Room(institution=institution), "institution.room.added"
        else:
            found = Room.objects.visible_to(actor).select_for_update().filter(pk=room.pk).first()
            if found is None:
                raise NotThere
            kept, action = found, "institution.room.changed"
        _name_free(rooms.exclude(pk=kept.pk), name)
        kept.name, kept.purpose, kept.storey, kept.area = name, RoomPurpose(purpose), storey, area
        kept.save()
        _record(actor, institution, kept, action, {"purpose": str(purpose)})
    return kept


def use_room(
    *,
    actor: Actor,
    class_group: ClassGroup,
    room: Room,
    first_day: dt.date,
    last_day: dt.date | None = None,
) -> RoomUse:
    """The class has the room from a day on. Said again, it takes the place of what was said from that day on.

    Raises Refused `dates_reversed`, `too_far`.
    """
    if last_day is not None and last_day < first_day:
        raise _wrong("last_day", _("The last day lies before the first."), "dates_reversed")
    _not_too_far("first_day", first_day)
    with transaction.atomic():
        institution = _own(actor)
        found = _class_of(actor, class_group)
        if not Room.objects.visible_to(actor).filter(pk=room.pk, institution=institution).exists():
            raise NotThere
        uses = RoomUse.objects.filter(class_group=found, room=room)
        uses.filter(during__startswith__gte=first_day).delete()
        for earlier in uses.filter(during__overlap=(first_day, None)):
            earlier.during = DateRange(earlier.during.lower, first_day)
            earlier.save(update_fields=["during"])
        use = RoomUse.objects.create(
            institution=institution,
            room_id=room.pk,
            class_group=found,
            during=DateRange(first_day, last_day + ONE_DAY if last_day else None),
        )
        data = {"class": found.pk, "room": room.pk, "first_day": first_day.isoformat()}
        _record(actor, institution, use, "institution.room.used", data)
    return use


def _most_children(
    class_group: ClassGroup, first: dt.date, until: dt.date | None
) -> tuple[int, dt.date]:
    """The most who have a place on one day from `first` to the day before `until`, and the first such day."""
    places = Enrolment.objects.filter(class_group=class_group, during__overlap=(first, until))
    periods = list(places.values_list("during", flat=True))
    starts = {first, *(period.lower for period in periods if period.lower > first)}
    counted = [
        (
            sum(p.lower <= day and (p.upper is None or day < p.upper) for p in periods),
            day,
        )
        for day in starts
    ]
    return max(counted, key=lambda found: (found[0], -found[1].toordinal()))


def _class_of(actor: Actor, class_group: ClassGroup) -> ClassGroup:
    """Locked, as enrolling a child locks it."""
    mine = ClassGroup.objects.visible_to(actor).filter(institution=actor.workplace)
    found = mine.select_for_update(of=("self",)).filter(pk=class_group.pk).first()
    if found is None:
        raise NotThere
    return found


def _own(actor: Actor) -> Institution:
    mine = Institution.objects.visible_to(actor).filter(pk=actor.workplace)
    return mine.select_for_update(of=("self",)).select_related("region").get()


def _name_free(others, name: str) -> None:
    if others.filter(name=name).exists():
        raise _wrong("name", _("This name is taken already."), "name_taken")


def _check_places(places: int) -> None:
    if not 1 <= places <= MOST_PLACES:
        message = _("Please check the places: from 1 to %(most)s.") % {"most": MOST_PLACES}
        raise _wrong("places", message, "out_of_range")


def _not_too_far(name: str, day: dt.date) -> None:
    if day > today() + dt.timedelta(days=DAYS_AHEAD):
        raise _wrong(name, _("Please check the day: it is more than a year ahead."), "too_far")


def _record(actor: Actor, institution: Institution, subject, action: str, data: dict) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=subject,
        region_path=institution.region.path,
        data=data,
    )


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
