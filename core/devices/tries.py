"""Counting tries in the database: guessing must stay limited when Redis is away, and when tries come at the same time."""

import datetime as dt

from django.db import connection

from core.calendar import now
from core.models.device import Tries

_COUNT = """
INSERT INTO core_tries (name, count, since) VALUES (%(name)s, 1, %(now)s)
ON CONFLICT (name) DO UPDATE
   SET count = CASE WHEN core_tries.since < %(start)s THEN 1 ELSE core_tries.count + 1 END,
       since = CASE WHEN core_tries.since < %(start)s THEN EXCLUDED.since ELSE core_tries.since END
RETURNING count
"""
FOR_EVER = dt.timedelta(days=36_500)
KEEP = dt.timedelta(days=1)


def take(name: str, *, within: dt.timedelta = FOR_EVER) -> int:
    """One more try under this name; how many there are since the first of them `within` that time."""
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"name": name, "now": moment, "start": moment - within})
        return cursor.fetchone()[0]


def give_back(name: str) -> None:
    """The try was a right one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_tries SET count = count - 1 WHERE name = %s AND count > 0", [name]
        )


def forget(*names: str) -> None:
    Tries.objects.filter(name__in=names).delete()


def counts(names) -> dict[str, int]:
    return dict(Tries.objects.filter(name__in=list(names)).values_list("name", "count"))


def sweep() -> int:
    """Counters of windows long over. Those of a person on a tablet stand until somebody opens the lock."""
    old = Tries.objects.filter(since__lt=now() - KEEP).exclude(name__startswith="pin:")
    return old.delete()[0]
