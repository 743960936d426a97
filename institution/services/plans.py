"""What families tell about the days to come."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import now, today, zone
from core.errors import Refused
from core.live.groups import child_groups
from core.realtime import announce
from core.scoping import Actor
from institution.enums import AbsenceReason, Presence
from institution.models import Attendance, Child, Enrolment, Institution, PlannedDay

TOPIC = "plans"
DAYS_AHEAD = 90
MOST_WEEKS = 8


def plan_day(
    *,
    actor: Actor,
    child: Child,
    day: dt.date,
    coming: bool,
    arrives_at: dt.time | None = None,
    leaves_at: dt.time | None = None,
    reason: str = "",
    note: str = "",
    weeks: int = 0,
) -> list[PlannedDay]:
    """Also for the same weekday of as many weeks. What was told before for these days is told anew.

    Raises Refused `past`, `too_far`, `no_place`, `reason_needed`, `hours_reversed`, `here_already`.
    """
    _check(child, day, coming, arrives_at, leaves_at, reason)
    days = [day + dt.timedelta(weeks=week) for week in range(min(weeks, MOST_WEEKS) + 1)]
    moment = now()
    with transaction.atomic():
        nursery = _nursery_of(actor, child, day)
        known = Attendance.objects.visible_to(actor).filter(child=child, day=day).first()
        if not coming and known and known.presence in (Presence.PRESENT, Presence.LEFT):
            raise Refused(_("%(name)s is here already.") % {"name": child.name}, "here_already")
        rows = [
            PlannedDay(
                institution=nursery,
                child=child,
                day=each,
                coming=coming,
                arrives_at=arrives_at if coming else None,
                leaves_at=leaves_at if coming else None,
                reason="" if coming else AbsenceReason(reason),
                note=note,
                late=moment > cutoff(each),
                told_by_id=actor.user_id,
                told_at=moment,
            )
            for each in days
        ]
        PlannedDay.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["child", "day"],
            update_fields=[
                "institution",
                "coming",
                "arrives_at",
                "leaves_at",
                "reason",
                "note",
                "late",
                "told_by",
                "told_at",
            ],
        )
        _record(actor, nursery, child, "plan.told", days)
    return rows


def clear_plan(*, actor: Actor, child: Child, day: dt.date) -> None:
    """The day is as usual again. Raises Refused `past`."""
    if day < today():
        raise Refused(_("This day is over."), "past")
    with transaction.atomic():
        rows = PlannedDay.objects.visible_to(actor).select_for_update(of=("self",))
        row = rows.filter(child=child, day=day).select_related("institution__region").first()
        if row is None:
            return
        nursery = row.institution
        row.delete()
        _record(actor, nursery, child, "plan.cleared", [day])


def cutoff(day: dt.date) -> dt.datetime:
    """Until then the nursery hears of it in good time."""
    return dt.datetime.combine(day, dt.time.fromisoformat(settings.PLAN_CUTOFF), zone())


def is_late(day: dt.date) -> bool:
    return now() > cutoff(day)


def _check(child, day, coming, arrives_at, leaves_at, reason) -> None:
    if day < today():
        raise Refused(_("This day is over."), "past")
    if day > today() + dt.timedelta(days=DAYS_AHEAD):
        raise Refused(_("Please tell it later: the day is too far ahead."), "too_far")
    if not coming and reason not in AbsenceReason.values:
        message = _("Please choose why the child stays away.")
        raise Refused(message, "reason_needed", fields={"reason": message}, status=400)
    if arrives_at and leaves_at and leaves_at <= arrives_at:
        message = _("This lies before the time of coming.")
        raise Refused(message, "hours_reversed", fields={"leaves_at": message}, status=400)


def _nursery_of(actor: Actor, child: Child, day: dt.date) -> Institution:
    places = Enrolment.objects.visible_to(actor).filter(child=child).on(day)
    place = places.select_related("institution__region").first()
    if place is None:
        raise Refused(_("%(name)s has no place on that day.") % {"name": child.name}, "no_place")
    return place.institution


def _record(actor: Actor, nursery: Institution, child: Child, action: str, days) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=child,
        institution_id=nursery.pk,
        region_path=nursery.region.path,
        child_ids=[child.pk],
        data={"days": [str(day) for day in days]},
    )
    places = Enrolment.objects.visible_to(actor).filter(child=child, institution=nursery)
    classes = places.on(today()).order_by("pk").values_list("class_group", flat=True)
    announce(
        topic=TOPIC,
        groups=[
            *child_groups([child.pk]),
            *(f"class.{pk}" for pk in classes),
            f"institution.{nursery.pk}",
        ],
    )
