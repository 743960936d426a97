"""Children to carers, class by class: now, minute by minute over any time, and the minutes above the rule.

No series is stored. When children and carers came and went is kept (Attendance, StaffPresence), and one statement makes
the points at which a class's figures changed. A day counts on which somebody of the staff clocked in at all.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from core.calendar import now, today
from core.scoping import Actor
from institution.models import ClassGroup


class Point(NamedTuple):
    """From `at` to `until` these many were with the class. `most` children may be with one carer; None: no rule is set."""

    class_id: int
    day: dt.date
    at: dt.datetime
    until: dt.datetime
    children: int
    carers: int
    most: int | None

    @property
    def breach(self) -> bool:
        return self.most is not None and self.children > self.most * self.carers

    @property
    def minutes(self) -> float:
        return (self.until - self.at).total_seconds() / 60


# A child or a carer of whom nobody wrote down the leaving stays until the nursery closes; today, until now.
_POINTS = """
WITH clocked AS MATERIALIZED (
    SELECT DISTINCT day FROM institution_staffpresence
     WHERE institution_id = %(institution)s AND day BETWEEN %(first)s AND %(last)s
), frame AS MATERIALIZED (
    SELECT c.id AS class_id, d.day,
           CASE WHEN d.day < %(today)s THEN (d.day + i.closes_at) AT TIME ZONE %(zone)s ELSE %(now)s END AS closing,
           (SELECT r.children_per_carer FROM institution_classtyperule r
             WHERE r.class_type = c.class_type AND r.valid_from <= d.day AND (r.valid_to IS NULL OR r.valid_to > d.day)
             ORDER BY r.valid_from DESC, r.id LIMIT 1) AS most
      FROM institution_classgroup c
      JOIN institution_institution i ON i.id = c.institution_id
     CROSS JOIN clocked d
     WHERE c.institution_id = %(institution)s AND (%(classes)s::bigint[] IS NULL OR c.id = ANY(%(classes)s::bigint[]))
), stays AS (
    SELECT a.class_group_id AS class_id, a.day, a.arrived_at AS came, a.left_at AS gone, 1 AS child, 0 AS carer
      FROM institution_attendance a
     WHERE a.institution_id = %(institution)s AND a.day BETWEEN %(first)s AND %(last)s AND a.arrived_at IS NOT NULL
    UNION ALL
    SELECT p.class_group_id, p.day, lower(p.during), upper(p.during), 0, 1
      FROM institution_staffpresence p
     WHERE p.institution_id = %(institution)s AND p.day BETWEEN %(first)s AND %(last)s
       AND p.class_group_id IS NOT NULL
), moves AS (
    SELECT f.class_id, f.day, m.at, m.child, m.carer
      FROM stays s JOIN frame f ON f.class_id = s.class_id AND f.day = s.day
     CROSS JOIN LATERAL (VALUES (s.came, s.child, s.carer),
                                (coalesce(s.gone, greatest(s.came, f.closing)), -s.child, -s.carer)) AS m (at, child, carer)
), points AS (
    SELECT class_id, day, at, lead(at) OVER w AS until,
           sum(sum(child)) OVER w AS children, sum(sum(carer)) OVER w AS carers
      FROM moves GROUP BY class_id, day, at
    WINDOW w AS (PARTITION BY class_id, day ORDER BY at)
), series AS (
    SELECT p.class_id, p.day, p.at, p.until, p.children::int, p.carers::int, f.most
      FROM points p JOIN frame f ON f.class_id = p.class_id AND f.day = p.day
     WHERE p.until IS NOT NULL
)
"""
_SERIES = f"{_POINTS} SELECT * FROM series ORDER BY class_id, at"  # noqa: S608 -- two constants of this module
_SUMS = f"""{_POINTS}
SELECT class_id, day, most,
       extract(epoch FROM sum(until - at) FILTER (WHERE children > 0)) / 60,
       coalesce(extract(epoch FROM sum(until - at) FILTER (WHERE children > most * carers)), 0) / 60,
       max(children), coalesce(max(children - most * carers) FILTER (WHERE children > most * carers), 0)
  FROM series GROUP BY class_id, day, most HAVING max(children) > 0 ORDER BY day, class_id
"""  # noqa: S608 -- two constants of this module


def ratio_series(*, actor: Actor, first: dt.date, last: dt.date) -> Iterator[Point]:
    """Every change of every class of the actor's nursery in these days, class by class."""
    for row in _rows(_SERIES, actor, first, last):
        yield Point(*row)


class DaySum(NamedTuple):
    class_id: int
    day: dt.date
    most: int | None
    minutes: float  # with children
    breach_minutes: float
    children: int  # at most
    over: int  # children above the rule at the worst


def day_sums(*, actor: Actor, first: dt.date, last: dt.date) -> list[DaySum]:
    return [
        DaySum(class_id, day, most, float(minutes or 0), float(breach), children, over)
        for class_id, day, most, minutes, breach, children, over in _rows(_SUMS, actor, first, last)
    ]


def _rows(sql: str, actor: Actor, first: dt.date, last: dt.date) -> list[tuple]:
    classes = None if actor.class_ids is None else sorted(actor.class_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "institution": actor.workplace,
                "classes": classes,
                "first": first,
                "last": last,
                "today": today(),
                "now": now(),
                "zone": settings.TIME_ZONE,
            },
        )
        return cursor.fetchall()


@dataclass(frozen=True)
class ClassSum:
    class_group: ClassGroup
    most: int | None
    minutes: float
    breach_minutes: float
    days: int  # with a breach
    over: int

    @property
    def hours(self) -> float:
        return self.minutes / 60

    @property
    def share(self) -> float:
        return 100 * self.breach_minutes / self.minutes if self.minutes else 0


class NamedSum(NamedTuple):
    name: str
    day: dt.date
    breach_minutes: float
    over: int
    class_id: int


@dataclass(frozen=True)
class RatioReport:
    first: dt.date
    last: dt.date
    classes: list[ClassSum]
    days: list[DaySum]
    names: dict[int, str]

    @property
    def minutes(self) -> float:
        return sum(each.minutes for each in self.classes)

    @property
    def hours(self) -> float:
        return self.minutes / 60

    @property
    def breach_minutes(self) -> float:
        return sum(each.breach_minutes for each in self.classes)

    @property
    def breaches(self) -> list[NamedSum]:
        """The days to look at, latest first."""
        worst = sorted(
            (each for each in self.days if each.breach_minutes > 0),
            key=lambda each: (-each.day.toordinal(), -each.breach_minutes, each.class_id),
        )
        return [
            NamedSum(self.names.get(e.class_id, ""), e.day, e.breach_minutes, e.over, e.class_id)
            for e in worst
        ]

    @property
    def counted(self) -> list[dt.date]:
        return sorted({each.day for each in self.days})


def ratio_report(*, actor: Actor, first: dt.date, last: dt.date) -> RatioReport:
    sums = day_sums(actor=actor, first=first, last=last)
    groups = list(ClassGroup.objects.visible_to(actor).order_by("name", "pk"))
    classes = []
    for group in groups:
        own = [each for each in sums if each.class_id == group.pk]
        if own:
            classes.append(
                ClassSum(
                    class_group=group,
                    most=own[-1].most,
                    minutes=sum(each.minutes for each in own),
                    breach_minutes=sum(each.breach_minutes for each in own),
                    days=sum(each.breach_minutes > 0 for each in own),
                    over=max(each.over for each in own),
                )
            )
    return RatioReport(first, last, classes, sums, {group.pk: group.name for group in groups})
