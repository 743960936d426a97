"""The daily log of the past days, and what is kept beside it: attendance, counters, streams, audit records."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Max

from core import audit
from core.calendar import day_bounds
from core.models import Stream
from core.permissions import Role
from institution import partitions
from institution.demo import Context
from institution.demo.copy import ESCAPES, copy_lines
from institution.demo.days import Child, ClassRoom, Event, Roster, Staging, nursery_day
from institution.demo.families import ILL_CHILD, MILK
from institution.models import Allergy, Attendance, DailyCount, DailyEntry, Membership

COLUMNS = [  # in the order of _line
    *(
        "id",
        "institution_id",
        "class_group_id",
        "child_id",
        "kind",
        "at",
        "detail",
        "root",
        "version",
    ),
    *("void", "replaced_by", "reason", "seq", "recorded_by_id", "recorded_at"),
]
SATURDAY = 5
CLOCK = [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400)]


def days_of_care(first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    """Weekdays, and the last day whatever it is: a visitor on a Sunday wants to see something too."""
    days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    return tuple(day for day in days if day.weekday() < SATURDAY or day == last)


def last_day() -> dt.date | None:
    """The latest day that the log tells of."""
    return DailyCount.objects.aggregate(latest=Max("day"))["latest"]


def tell(context: Context, days: Sequence[dt.date]) -> int:
    """Write the log of these days, in which nothing may stand yet. Returns the number of entries."""
    if not days:
        return 0
    partitions.ensure(days[0] - dt.timedelta(days=1), days[-1])
    rosters, streams = _rosters(context), _streams(context)
    before = sum(streams.values())
    with context.bar("Daily log", len(days) * len(context.nurseries)) as bar:
        copy_lines(DailyEntry._meta.db_table, COLUMNS, _lines(context, days, rosters, streams, bar))
    _keep_streams(streams)
    with (
        context.bar("Attendance, counters, audit", len(_KEPT)) as bar,
        audit.linked_afterwards(),
        connection.cursor() as cursor,
    ):
        for statement in _KEPT:
            cursor.execute(
                statement,
                {
                    "first": day_bounds(days[0])[0],
                    "end": day_bounds(days[-1])[1],
                    "zone": settings.TIME_ZONE,
                },
            )
            bar.update(1)
    return sum(streams.values()) - before


def _lines(context: Context, days, rosters, streams: dict[int, int], bar) -> Iterator[str]:
    """Made while the COPY runs, so nothing here may ask the database."""
    for day in days:
        offset = f"{dt.datetime.combine(day, dt.time(12), ZoneInfo(settings.TIME_ZONE)):%z}"
        staging = _staging(context) if day == context.today else None
        for roster in rosters:
            ids = random.Random(f"{context.seed}:{roster.name}:{day}:ids").getrandbits  # noqa: S311 -- a made-up day
            seq = streams[roster.institution_id]
            for event in nursery_day(context.seed, roster, day, staging):
                seq += 1
                yield _line(
                    roster.institution_id, event, seq, f"{ids(128):032x}", f"{day} ", offset
                )
            streams[roster.institution_id] = seq
            bar.update(1)


def _line(institution_id: int, event: Event, seq: int, bits: str, day: str, offset: str) -> str:
    recorded, at, class_id, child_id, kind, detail, user_id = event
    pk = f"{bits[:12]}4{bits[13:16]}8{bits[17:]}"
    if "\\" in detail:
        detail = detail.translate(ESCAPES)
    return (
        f"{pk}\t{institution_id}\t{class_id}\t{child_id}\t{kind}\t{day}{CLOCK[at]}{offset}\t{detail}\t{pk}\t1\tf\t\\N\t\t"
        f"{seq}\t{user_id}\t{day}{CLOCK[recorded]}{offset}\n"
    )


def _rosters(context: Context) -> list[Roster]:
    """By id, which is the order in which everything was made."""
    rosters = {n.id: Roster(institution_id=n.id, name=n.name) for n in context.nurseries}
    rooms: dict[int, ClassRoom] = {}
    without_milk = set(Allergy.objects.filter(substance=MILK).values_list("child_id", flat=True))
    for pupil in context.pupils:
        room = rooms.get(pupil.class_group_id)
        if room is None:
            room = ClassRoom(id=pupil.class_group_id, class_type=pupil.class_type)
            rooms[room.id] = room
            rosters[pupil.institution_id].classes.append(room)
        room.children.append(Child(pupil.id, pupil.since, pupil.id in without_milk))
    for worker in context.staff:
        if worker.class_group_id in rooms:
            rooms[worker.class_group_id].carers.append(worker.user_id)
        elif worker.role == Role.DIRECTOR:
            rosters[worker.institution_id].spare = worker.user_id
    return list(rosters.values())


def _staging(context: Context) -> Staging:
    carer = next(w for w in context.staff if w.user_id == context.logins["carer"])
    ill = next(
        (
            p.id
            for p in context.pupils
            if p.class_group_id == carer.class_group_id and p.name == ILL_CHILD
        ),
        0,
    )
    since_midnight = context.until - day_bounds(context.today)[0]
    return Staging(
        class_id=carer.class_group_id or 0, ill_child=ill, until=int(since_midnight.total_seconds())
    )


def _streams(context: Context) -> dict[int, int]:
    """The last number of each institution's stream; the rows stay locked, so that nobody writes between."""
    names = {f"institution.{nursery.id}": nursery.id for nursery in context.nurseries}
    Stream.objects.bulk_create([Stream(name=name) for name in names], ignore_conflicts=True)
    locked = Stream.objects.select_for_update().filter(name__in=names).order_by("name")
    return {names[stream.name]: stream.seq for stream in locked}


def _keep_streams(streams: dict[int, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_stream s SET seq = d.seq FROM unnest(%s::text[], %s::bigint[]) AS d (name, seq) "
            "WHERE s.name = d.name",
            [[f"institution.{pk}" for pk in streams], list(streams.values())],
        )


_ATTENDANCE = f"""
INSERT INTO {Attendance._meta.db_table}
       (institution_id, class_group_id, child_id, day, arrived_at, left_at, absence, absence_note)
SELECT institution_id, max(class_group_id), child_id, (at AT TIME ZONE %(zone)s)::date AS day,
       min(at) FILTER (WHERE kind = 'arrive'), max(at) FILTER (WHERE kind = 'leave'),
       coalesce(max(detail ->> 'reason') FILTER (WHERE kind = 'absence'), ''),
       coalesce(max(detail ->> 'note') FILTER (WHERE kind = 'absence'), '')
  FROM {DailyEntry._meta.db_table}
 WHERE at >= %(first)s AND at < %(end)s AND kind IN ('arrive', 'leave', 'absence')
 GROUP BY institution_id, child_id, (at AT TIME ZONE %(zone)s)::date
 ORDER BY day, institution_id, child_id
"""  # noqa: S608 -- names of tables

_COUNTS = f"""
INSERT INTO {DailyCount._meta.db_table} (institution_id, day, kind, amount)
SELECT institution_id, (at AT TIME ZONE %(zone)s)::date AS day, kind, count(*)
  FROM {DailyEntry._meta.db_table}
 WHERE at >= %(first)s AND at < %(end)s
 GROUP BY institution_id, (at AT TIME ZONE %(zone)s)::date, kind
 ORDER BY day, institution_id, kind
"""  # noqa: S608 -- names of our own models

# One record for each batch, with what services.daily_log records of it.
_AUDIT = f"""
WITH batch AS (
    SELECT recorded_at, institution_id, recorded_by_id, kind, count(*) AS entries, array_agg(child_id) AS children
      FROM {DailyEntry._meta.db_table}
     WHERE at >= %(first)s AND at < %(end)s
     GROUP BY recorded_at, institution_id, recorded_by_id, kind
)
INSERT INTO core_auditevent
       (at, actor_user_id, actor_name, actor_role, action, subject_type, subject_id, child_ids, institution_id,
        region_path, request_id, outcome, data)
SELECT b.recorded_at, b.recorded_by_id, u.name, m.role, 'daily_log.record', '', '', b.children, b.institution_id,
       r.path, '', 'done', jsonb_build_object('kinds', jsonb_build_object(b.kind, b.entries), 'replaced', '[]'::jsonb)
  FROM batch b
  JOIN core_user u ON u.id = b.recorded_by_id
  JOIN {Membership._meta.db_table} m ON m.user_id = u.id AND m.institution_id = b.institution_id
  JOIN institution_institution i ON i.id = b.institution_id
  JOIN core_region r ON r.id = i.region_id
 ORDER BY b.recorded_at, b.institution_id, b.recorded_by_id, b.kind
"""  # noqa: S608 -- names of our own models

_KEPT = (_ATTENDANCE, _COUNTS, _AUDIT)
