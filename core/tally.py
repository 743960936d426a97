"""Counting in the database, where a count is not lost with Redis. One statement, safe between processes."""

import datetime as dt

from django.db import connection

from core.calendar import now
from core.models import Tally

KEEP = dt.timedelta(days=30)

_ADD = (
    "INSERT INTO core_tally (name, since, count) VALUES (%s, %s, %s)"
    " ON CONFLICT (name, since) DO UPDATE SET count = core_tally.count + EXCLUDED.count"
    " RETURNING count"
)


def add(name: str, since: dt.datetime, amount: int = 1) -> int:
    """The count with `amount` in it."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [name, since, amount])
        return cursor.fetchone()[0]


def forget() -> int:
    """Drop what lies back too far to limit anything or to be looked at."""
    return Tally.objects.filter(since__lt=now() - KEEP).delete()[0]
