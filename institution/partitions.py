"""Monthly partitions of the daily log. A month that is not there yet cannot be written, so they are made ahead."""

import datetime as dt

from django.db import connection

MONTHS_AHEAD = 3


def there() -> bool:
    """Whether the partitioned table itself is there; not so while migrations are undone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('institution_dailyentry') IS NOT NULL")
        return cursor.fetchone()[0]


def ensure(first: dt.date, last: dt.date) -> list[str]:
    """Make the partitions from the month of `first` to the month of `last`, in UTC months. Returns the names made."""
    made = []
    month = first.replace(day=1)
    with connection.cursor() as cursor:
        while month <= last:
            following = (month + dt.timedelta(days=32)).replace(day=1)
            name = f"institution_dailyentry_{month:%Y_%m}"
            cursor.execute("SELECT to_regclass(%s)", [name])
            if cursor.fetchone()[0] is None:
                cursor.execute(
                    f'CREATE TABLE IF NOT EXISTS "{name}" PARTITION OF institution_dailyentry '
                    "FOR VALUES FROM (%s) TO (%s)",
                    [f"{month} 00:00+00", f"{following} 00:00+00"],
                )
                made.append(name)
            month = following
    return made


def ensure_ahead(today: dt.date) -> list[str]:
    """From two months back, for tablets that were offline, to three months ahead."""
    return ensure(today - dt.timedelta(days=62), today + dt.timedelta(days=31 * MONTHS_AHEAD))
