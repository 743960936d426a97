"""What it costs a request to announce a batch to 15 children: the outbox row, the publishing, the deleting."""

import statistics
import time
from collections.abc import Callable

from bench import stack
from bench.report import Report

TRANSACTIONS = 300
ROUNDS = 5
GROUPS = [f"child.{number}" for number in range(15)]


def run(report: Report) -> None:
    report.title(
        f"Announcing to {len(GROUPS)} groups: µs a transaction, median of {ROUNDS} interleaved rounds"
    )
    with stack.running():
        ways = _ways()
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                found[name].append(_microseconds(way))
    base = statistics.median(found["one row, nothing announced"])
    rows = []
    for name, times in found.items():
        middle = statistics.median(times)
        rows.append((name, f"{middle:,.0f}", f"{middle - base:+,.0f}"))
    report.table(("way", "µs", "more"), rows)


def _ways() -> dict[str, Callable[[], None]]:
    from django.db import connection, transaction  # noqa: PLC0415 -- needs Django set up

    from core import outbox, realtime  # noqa: PLC0415
    from core.models import OutboxMessage  # noqa: PLC0415
    from core.postgres import owner  # noqa: PLC0415

    with owner.as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_row (id bigserial PRIMARY KEY, at timestamptz DEFAULT now())"
        )
        cursor.execute("GRANT INSERT ON bench_row TO PUBLIC")
        cursor.execute("GRANT USAGE ON bench_row_id_seq TO PUBLIC")

    def business() -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_row DEFAULT VALUES")

    def nothing() -> None:
        with transaction.atomic():
            business()

    def hint_only() -> None:
        with transaction.atomic():
            business()
        realtime.hint(topic="daily-log", groups=GROUPS, cursor=1)

    def row_only() -> None:
        with transaction.atomic():
            business()
            outbox.write_hint(topic="daily-log", groups=GROUPS, cursor="1")

    def announce() -> None:
        with transaction.atomic():
            business()
            realtime.announce(topic="daily-log", groups=GROUPS, cursor=1)

    def delete_at_once() -> None:
        with transaction.atomic():
            business()
            row = outbox.write_hint(topic="daily-log", groups=GROUPS, cursor="1")
        realtime.hint(topic="daily-log", groups=GROUPS, cursor=1)
        OutboxMessage.objects.filter(pk=row).delete()

    return {
        "one row, nothing announced": nothing,
        "and published, no outbox": hint_only,
        "and an outbox row, not published": row_only,
        "announce: row, published, deleted with the next": announce,
        "row, published, deleted at once": delete_at_once,
    }


def _microseconds(way: Callable[[], None]) -> float:
    for _ in range(10):
        way()
    start = time.perf_counter()
    for _ in range(TRANSACTIONS):
        way()
    return (time.perf_counter() - start) / TRANSACTIONS * 1e6
