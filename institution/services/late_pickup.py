"""Children who are still there after closing time: an alert for each, which ends when the child is fetched."""

import datetime as dt

from django.conf import settings

from core.calendar import local_day, now, zone
from institution.enums import AlertKind, AlertState
from institution.models import Alert, Attendance
from institution.services import alerts


def look(*, at: dt.datetime | None = None) -> int:
    """Raise for who is late at that moment, end what is over; answers how many are late. By the schedule, every minute."""
    if not settings.LATE_PICKUP_MINUTES:
        return 0
    moment = at or now()
    late = late_at(moment)
    for row in late:
        closed = dt.datetime.combine(row.day, row.institution.closes_at, zone())
        alerts.raise_alert(
            actor=None,
            institution_id=row.institution_id,
            kind=AlertKind.LATE_PICKUP,
            key=_key(row.child_id, row.day),
            evidence={"minutes": int((moment - closed).total_seconds() // 60)},
            class_group_id=row.class_group_id,
            child_id=row.child_id,
        )
    _end_over(late)
    return len(late)


def late_at(moment: dt.datetime) -> list[Attendance]:
    """Still there, at a nursery that closed longer ago than the grace."""
    day = local_day(moment)
    before = moment.astimezone(zone()) - dt.timedelta(minutes=settings.LATE_PICKUP_MINUTES)
    if before.date() < day:
        return []  # so soon after midnight nobody is late of this day yet
    here = Attendance.objects.on(day).present().filter(institution__closes_at__lte=before.time())
    return list(here.select_related("institution").order_by("institution", "child", "pk"))


def _end_over(late: list[Attendance]) -> None:
    """Fetched, or the leaving was entered afterwards, or the day is over."""
    standing = {_key(row.child_id, row.day) for row in late}
    known = Alert.objects.filter(kind=AlertKind.LATE_PICKUP).exclude(state=AlertState.CLOSED)
    for institution_id, key in known.order_by("pk").values_list("institution_id", "key"):
        if key not in standing:
            alerts.condition_ended(
                institution_id=institution_id, kind=AlertKind.LATE_PICKUP, key=key
            )


def _key(child_id: int, day: dt.date) -> str:
    return f"late:{child_id}:{day}"
