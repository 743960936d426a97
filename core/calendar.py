"""The only clock and calendar. Days are local days of the city (settings.TIME_ZONE)."""

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def now() -> dt.datetime:
    return timezone.now()


@cache
def zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def today() -> dt.date:
    return timezone.localdate(timezone=zone())


def local_day(moment: dt.datetime) -> dt.date:
    return timezone.localdate(moment, zone())


def day_bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """First moment of the local day and first moment of the next: bound queries by these so that partitions are pruned."""
    start = dt.datetime.combine(day, dt.time.min, zone())
    return start, dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min, zone())


def age_months(born: dt.date, on: dt.date) -> int:
    """Completed months of age (id_rules.json, age_months). A child born on the 31st completes a short month on its last day."""
    months = (on.year - born.year) * 12 + on.month - born.month
    last_day = (on.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
    return months - (on.day < min(born.day, last_day.day))
