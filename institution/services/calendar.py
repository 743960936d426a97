"""A nursery closes days, or opens some beside the calendar, and takes that back."""

import datetime as dt

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from core import audit
from core.calendar import today
from core.display import short_day
from core.errors import NotThere, Refused
from core.models import CalendarDay
from core.scoping import Actor
from institution.enums import ClosureReason
from institution.models import Attendance, ClassGroup, Closure, Institution, MakeupDay
from institution.selectors.calendar import ONE_DAY, OPEN_KINDS

DAYS_AHEAD = 400


def close_days(
    *,
    actor: Actor,
    first_day: dt.date,
    last_day: dt.date,
    reason: str,
    note: str = "",
    class_group: ClassGroup | None = None,
) -> Closure:
    """Of the whole nursery, or of one class. Raises Refused `dates_reversed`, `too_far`, `note_missing`, `overlaps`,
    `attended`."""
    if last_day < first_day:
        raise _wrong("last_day", _("The last day lies before the first."), "dates_reversed")
    _not_too_far("last_day", last_day)
    if reason == ClosureReason.OTHER and not note:
        raise _wrong("note", _("Please say why."), "note_missing")
    with transaction.atomic():
        institution = _own(actor)
        if class_group is not None:
            _of_this_nursery(actor, class_group)
        closures = Closure.objects.filter(institution=institution, class_group=class_group)
        known = closures.between(first_day, last_day).order_by("during", "pk").first()
        if known is not None:
            raise _wrong(
                "first_day",
                _("Already entered as closed from %(first)s to %(last)s.")
                % {"first": short_day(known.first_day), "last": short_day(known.last_day)},
                "overlaps",
            )
        _nobody_came(institution, first_day, last_day, "first_day", class_group)
        closure = Closure.objects.create(
            institution=institution,
            class_group=class_group,
            during=DateRange(first_day, last_day + ONE_DAY),
            reason=ClosureReason(reason),
            note=note,
        )
        _record(actor, institution, closure, "institution.closure.added")
    return closure


def take_back_closure(*, actor: Actor, closure: Closure) -> None:
    with transaction.atomic():
        institution = _own(actor)
        found = Closure.objects.visible_to(actor).select_for_update().filter(pk=closure.pk).first()
        if found is None:
            raise NotThere
        _record(actor, institution, found, "institution.closure.removed")
        found.delete()


def open_extra_day(*, actor: Actor, day: dt.date, note: str = "") -> MakeupDay:
    """Raises Refused `too_far`, `already_open`, `already_added`."""
    _not_too_far("day", day)
    with transaction.atomic():
        institution = _own(actor)
        if CalendarDay.objects.filter(day=day, kind__in=OPEN_KINDS).exists():
            raise _wrong(
                "day", _("The calendar has this day as a working day already."), "already_open"
            )
        days = MakeupDay.objects.filter(institution=institution, day=day)
        if days.exists():
            raise _wrong("day", _("This day is entered already."), "already_added")
        extra = MakeupDay.objects.create(institution=institution, day=day, note=note)
        _record(actor, institution, extra, "institution.makeup_day.added")
    return extra


def take_back_extra_day(*, actor: Actor, extra: MakeupDay) -> None:
    """Raises Refused `attended`."""
    with transaction.atomic():
        institution = _own(actor)
        found = MakeupDay.objects.visible_to(actor).select_for_update().filter(pk=extra.pk).first()
        if found is None:
            raise NotThere
        _nobody_came(institution, found.day, found.day, "day")
        _record(actor, institution, found, "institution.makeup_day.removed")
        found.delete()


def _nobody_came(
    institution: Institution,
    first: dt.date,
    last: dt.date,
    name: str,
    class_group: ClassGroup | None = None,
) -> None:
    came = Attendance.objects.filter(
        institution=institution, day__gte=first, day__lte=last, arrived_at__isnull=False
    )
    if class_group is not None:
        came = came.filter(class_group=class_group)
    day = came.order_by("day", "pk").values_list("day", flat=True).first()
    if day is not None:
        raise _wrong(
            name,
            _("Children came on %(day)s, so this day was open.") % {"day": short_day(day)},
            "attended",
        )


def _not_too_far(name: str, day: dt.date) -> None:
    if day > today() + dt.timedelta(days=DAYS_AHEAD):
        raise _wrong(name, _("Please check the day: it is more than a year ahead."), "too_far")


def _of_this_nursery(actor: Actor, class_group: ClassGroup) -> None:
    if not ClassGroup.objects.visible_to(actor).filter(pk=class_group.pk).exists():
        raise NotThere


def _own(actor: Actor) -> Institution:
    """Locked, so that two people who enter days at once do so one after the other."""
    mine = Institution.objects.visible_to(actor).filter(pk=actor.workplace)
    return mine.select_for_update(of=("self",)).select_related("region").get()


def _record(
    actor: Actor, institution: Institution, subject: Closure | MakeupDay, action: str
) -> None:
    if isinstance(subject, Closure):
        data = {
            "first_day": subject.first_day.isoformat(),
            "last_day": subject.last_day.isoformat(),
            "reason": str(subject.reason),
        }
    else:
        data = {"day": subject.day.isoformat()}
    audit.record(
        actor=actor,
        action=action,
        subject=subject,
        region_path=institution.region.path,
        data=data,
    )


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
