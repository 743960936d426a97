"""Monthly partitions of the daily log. A month that is not there yet cannot be written, so they are made ahead."""

import datetime as dt

from django.db import connection

from core import rls

MONTHS_AHEAD = 3


def there() -> bool:
    """Whether the function that makes a month is there; not so while migrations are undone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('institution_dailyentry_month(date)') IS NOT NULL")
        return cursor.fetchone()[0]


def ensure(first: dt.date, last: dt.date) -> list[str]:
    """Make the partitions from the month of `first` to the month of `last`, in UTC months. Returns the names made."""
    made = []
    month = first.replace(day=1)
    with rls.system("monthly partitions"), connection.cursor() as cursor:
        while month <= last:
            cursor.execute("SELECT institution_dailyentry_month(%s)", [month])
            made += [name for (name,) in cursor.fetchall() if name]
            month = (month + dt.timedelta(days=32)).replace(day=1)
    return made


def ensure_ahead(today: dt.date) -> list[str]:
    """From two months back, for tablets that were offline, to three months ahead."""
    return ensure(today - dt.timedelta(days=62), today + dt.timedelta(days=31 * MONTHS_AHEAD))
