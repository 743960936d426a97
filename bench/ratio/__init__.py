"""A year of one nursery's ratio series in one statement, against reading the same points from a table made beforehand.

The table is what a system keeps that writes a row for each change: it must be kept right with every correction. The
goal is that deriving the points costs little more than reading kept ones, in a city where other nurseries fill the same
tables.
"""

import statistics
import time
from collections.abc import Callable

from bench import stack
from bench.report import Report

ROUNDS = 9
OTHERS = 20  # nurseries beside it
CLASSES, CHILDREN, CARERS = 6, 15, 3  # of each class
DAYS = 365
TIMES_GOAL = 3
SECONDS_GOAL = 2.0


def run(report: Report) -> None:
    report.title(f"The ratio series of a year: ms, median of {ROUNDS} interleaved rounds")
    with stack.running():
        ways, facts = _ways()
        for way in ways.values():
            way()  # plans and pages are warm for all alike
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                found[name].append(_milliseconds(way))
    report.line(facts)
    middle = {name: statistics.median(times) for name, times in found.items()}
    stored = middle["points kept in a table"]
    report.table(
        ("way", "ms", "times"),
        [(name, f"{ms:,.1f}", f"{ms / stored:.2f}") for name, ms in middle.items()],
    )
    derived = middle["points derived, one statement"]
    report.goal("deriving a year against reading kept points", derived / stored, at_most=TIMES_GOAL)
    report.goal("seconds for a year", derived / 1000, at_most=SECONDS_GOAL)


def _ways() -> tuple[dict[str, Callable[[], object]], str]:
    import datetime as dt  # noqa: PLC0415 -- needs Django set up

    from django.db import connection  # noqa: PLC0415

    from bench.ratio.world import build  # noqa: PLC0415
    from core.calendar import today  # noqa: PLC0415
    from institution.selectors.ratio import day_sums, ratio_series  # noqa: PLC0415

    actor = build(OTHERS, CLASSES, CHILDREN, CARERS, DAYS)
    last = today()
    first = last - dt.timedelta(days=DAYS - 1)
    points = list(ratio_series(actor=actor, first=first, last=last))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE bench_point (institution_id bigint, class_id bigint, day date, at timestamptz,"
            " until timestamptz, children int, carers int, most int)"
        )
        cursor.executemany(
            "INSERT INTO bench_point VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [(actor.institution_id, *point) for point in points],
        )
        cursor.execute("CREATE INDEX ON bench_point (institution_id, day)")
        cursor.execute("ANALYZE bench_point")
        cursor.execute("SELECT count(*) FROM institution_attendance")
        (rows,) = cursor.fetchone()

    def kept() -> list:
        from institution.selectors.ratio import Point  # noqa: PLC0415

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT class_id, day, at, until, children, carers, most FROM bench_point"
                " WHERE institution_id = %s AND day BETWEEN %s AND %s ORDER BY class_id, at",
                [actor.institution_id, first, last],
            )
            return [Point(*row) for row in cursor.fetchall()]

    assert kept() == points
    ways = {
        "points kept in a table": kept,
        "points derived, one statement": lambda: list(
            ratio_series(actor=actor, first=first, last=last)
        ),
        "minutes above the rule for each class and day, one statement": lambda: day_sums(
            actor=actor, first=first, last=last
        ),
    }
    return ways, f"{len(points):,} points of one nursery among {rows:,} rows of attendance"


def _milliseconds(way: Callable[[], object]) -> float:
    start = time.perf_counter()
    way()
    return (time.perf_counter() - start) * 1e3
