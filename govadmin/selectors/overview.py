"""The overview of a region: today's figures, the days before, and who logs right now."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Max, Sum
from psycopg2.extras import DateRange

from core.calendar import now
from core.models import AuditEvent
from core.scoping import Actor
from govadmin.selectors.figures import (
    Area,
    Figures,
    Sums,
    areas_of,
    city_figures,
    share,
    sums_of,
    within,
)
from govadmin.selectors.regions import Place
from institution.models import Attendance, DailyCount, Enrolment

TREND_DAYS = 14
RECENT_RECORDS = 20_000  # of the whole trail: more than a quarter of an hour at lunch in a city
RECENT = dt.timedelta(minutes=15)
QUIET_SHOWN = 6
ACTIVE_SHOWN = 5


@dataclass(frozen=True)
class Day:
    day: dt.date
    entries: int
    attended: int
    enrolled: int

    @property
    def attendance(self) -> float | None:
        return share(self.attended, self.enrolled)


@dataclass
class Activity:
    """What one institution logged in the last quarter of an hour."""

    institution: Figures
    last_at: dt.datetime
    kinds: Counter = field(default_factory=Counter)

    @property
    def entries(self) -> int:
        return self.kinds.total()


@dataclass(frozen=True)
class Overview:
    place: Place
    day: dt.date
    sums: Sums
    map_areas: list[
        Area
    ]  # every county the actor may see, so that the map stays the way in and out
    ranking: list[Area]
    institutions: list[Figures]
    forms: list[tuple[str, int]]
    quiet: list[Figures]
    activity: list[Activity]
    opened_this_month: int

    @property
    def begun(self) -> bool:
        """Has a child come anywhere in the region today? On a holiday silence means nothing."""
        return self.sums.attended > 0


def overview(*, actor: Actor, place: Place, day: dt.date) -> Overview:
    everything = city_figures(actor, day)
    rows = within(everything, place.region.path)
    open_rows = [row for row in rows if row.is_open]
    return Overview(
        place=place,
        day=day,
        sums=sums_of(rows),
        map_areas=areas_of(place.counties, everything),
        ranking=_ranking(place, rows),
        institutions=sorted(open_rows, key=lambda row: (-(row.use or 0), row.name, row.id)),
        forms=Counter(row.form for row in open_rows).most_common(),
        quiet=quiet_institutions(open_rows),
        activity=_activity(actor, place, rows),
        opened_this_month=sum(
            bool(row.opened_on and row.opened_on.replace(day=1) == day.replace(day=1))
            for row in open_rows
        ),
    )


def _ranking(place: Place, rows: list[Figures]) -> list[Area]:
    """The parts of the region, and the region itself for institutions that no part is known of."""
    if not place.parts:
        return []
    areas = areas_of([*place.parts, place.region], rows)
    return sorted(
        (area for area in areas if area.region != place.region or area.sums.institutions),
        key=lambda area: (-(area.sums.use or 0), -area.sums.enrolled, area.region.path),
    )


def quiet_institutions(rows: Iterable[Figures]) -> list[Figures]:
    """Children are there, or should be, and not one entry stands in the log today."""
    quiet = [row for row in rows if not row.entries and row.expected > 0]
    return sorted(quiet, key=lambda row: (-row.present, -row.expected, row.id))


def _activity(actor: Actor, place: Place, rows: list[Figures]) -> list[Activity]:
    """From the newest records of the audit trail. It is cut by number, not by time: numbers have an index, and a town
    would otherwise read its whole history to find its last minutes.
    """
    known = {row.id: row for row in rows}
    newest = AuditEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0
    records = AuditEvent.objects.visible_to(actor).filter(
        region_path__under=place.region.path,
        action="daily_log.record",
        institution_id__isnull=False,
        pk__gt=newest - RECENT_RECORDS,
        at__gte=now() - RECENT,
    )
    latest = dict(
        records.values_list("institution_id")
        .annotate(last=Max("at"))
        .order_by("-last", "institution_id")[:ACTIVE_SHOWN]
    )
    found = {pk: Activity(known[pk], last) for pk, last in latest.items() if pk in known}
    for pk, data in records.filter(institution_id__in=found).values_list("institution_id", "data"):
        found[pk].kinds.update(data.get("kinds", {}))
    return list(found.values())


def trend(*, actor: Actor, path: str, last: dt.date, days: int = TREND_DAYS) -> list[Day]:
    """Day by day up to `last`, without the days on which nobody came and nothing was logged."""
    first = last - dt.timedelta(days=days - 1)
    of_region = {"institution__region__path__startswith": path}
    window = {"day__gte": first, "day__lte": last}
    entries = dict(
        DailyCount.objects.visible_to(actor)
        .filter(**of_region, **window)
        .values_list("day")
        .annotate(n=Sum("amount"))
        .order_by("day")
    )
    attended = dict(
        Attendance.objects.visible_to(actor)
        .filter(**of_region, **window)
        .values_list("day")
        .annotate(n=Count("arrived_at"))
        .order_by("day")
    )
    periods = list(
        Enrolment.objects.visible_to(actor)
        .filter(**of_region, during__overlap=DateRange(first, last, "[]"))
        .values_list("during")
        .annotate(n=Count("pk"))
        .order_by("during")
    )
    return [
        Day(
            day=day,
            entries=entries.get(day, 0),
            attended=attended.get(day, 0),
            enrolled=sum(n for during, n in periods if day in during),
        )
        for day in (first + dt.timedelta(days=n) for n in range(days))
        if entries.get(day) or attended.get(day) or day == last
    ]


def entries_by_day(
    *, actor: Actor, institution_id: int, last: dt.date, days: int = TREND_DAYS
) -> list[tuple[dt.date, int]]:
    first = last - dt.timedelta(days=days - 1)
    amounts = dict(
        DailyCount.objects.visible_to(actor)
        .filter(institution=institution_id, day__gte=first, day__lte=last)
        .values_list("day")
        .annotate(n=Sum("amount"))
        .order_by("day")
    )
    return [
        (day, amounts.get(day, 0)) for day in (first + dt.timedelta(days=n) for n in range(days))
    ]
