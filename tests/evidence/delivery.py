"""R1 to R5: every process killed and frozen under load; see tests/evidence/chaos."""

import asyncio
import os
import random
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import aiohttp
import psycopg2

from bench import stack as servers
from tests.evidence.chaos.history import Screen, Stored, Verdict, judge
from tests.evidence.chaos.load import Carer, Family, Play, Response
from tests.evidence.chaos.services import Stack

TITLE = "Delivery: every process killed and frozen under load"
TITLE_ZH = "送达：负载下逐一终止和冻结每个进程"
TIME_LIMIT = 15 * 60

TARGETS = ("redis", "worker", "beat", "live", "web worker", "web", "postgres")
NURSERIES, CHILDREN_WATCHED = 16, 13  # 208 families
FROZEN_SECONDS = 10
WARM_UP = 10
QUIET = 25  # seconds without a fault before the first, the yardstick of the latencies
SETTLE = 1.5  # between two faults
GIVE_UP_CATCHING_UP = 40
LAST_WAIT = 30
GOALS = {"postgres": 20.0}
USUAL_GOAL = 10.0


@dataclass
class Fault:
    target: str
    kind: str
    began: float = 0.0
    ended: float = 0.0  # thawed, or started again
    caught_up: float = float(
        "inf"
    )  # seconds from there until every screen had what was acknowledged


@dataclass
class Course:
    faults: list[Fault] = field(default_factory=list)
    quiet: tuple[float, float] = (0.0, 0.0)


def run(proof, *, short: bool) -> None:
    os.environ["TIME_ZONE"] = _zone_where_it_is_noon()
    with servers.running() as (postgres, redis), _stack(postgres, redis) as stack:
        play, course = asyncio.run(_perform(stack, short=short))
        verdict = judge(play.sent, *_database(postgres), play.screens)
        left = _outbox(postgres)
    _tell(proof, play, course, verdict, left, short=short)


def _zone_where_it_is_noon() -> str:
    """A page shows today: midnight must not fall into the play. In these names the sign is reversed."""
    hours = 12 - time.gmtime().tm_hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


@contextmanager
def _stack(postgres, redis) -> Iterator[Stack]:
    logs = postgres.folder.parent / "logs"
    stack = Stack(postgres, redis, logs)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


async def _perform(stack: Stack, *, short: bool) -> tuple[Play, Course]:
    play, course = Play(stack), Course()
    carers, families = await asyncio.to_thread(_cast, play, short=short)
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=10)
    async with aiohttp.ClientSession(connector=connector) as play.http:
        watching = [asyncio.create_task(family.run()) for family in families]
        while play.open_sockets < len(families):
            await asyncio.sleep(0.1)
        writing = [asyncio.create_task(carer.run()) for carer in carers]
        await asyncio.sleep(0 if short else WARM_UP)
        began = time.monotonic()
        await asyncio.sleep(3 if short else QUIET)
        course.quiet = (began, time.monotonic())
        for number, fault in enumerate(_plan(short=short)):
            await _inflict(stack, play, fault, number)
            course.faults.append(fault)
            await asyncio.sleep(0 if short else SETTLE)
        play.writing = False
        await asyncio.wait(writing, timeout=LAST_WAIT)
        await _until_all_seen(play, LAST_WAIT)
        play.over = True
        for task in [*watching, *writing]:
            task.cancel()
        await asyncio.gather(*watching, *writing, return_exceptions=True)
    return play, course


def _cast(play: Play, *, short: bool) -> tuple[list[Carer], list[Family]]:
    from django.conf import settings

    from bench.daily_log import world
    from bench.tap_to_parent.play import sessions

    nurseries = world.build(NURSERIES)
    watched = 2 if short else CHILDREN_WATCHED
    keys = sessions(nurseries)
    carers = [
        Carer(
            play, each.token, each.child_ids[:watched], nurseries[number - 1].child_ids[0], number
        )
        for number, each in enumerate(nurseries)
    ]
    families = [
        Family(play, keys[child], settings.SESSION_COOKIE_NAME, Screen(each.institution_id, child))
        for each in nurseries
        for child in each.child_ids[:watched]
    ]
    return carers, families


def _plan(*, short: bool) -> list[Fault]:
    if short:
        return [Fault("redis", "killed"), Fault("web worker", "killed")]
    plan = [
        Fault(target, kind)
        for target in TARGETS
        for kind in ("killed", "frozen")
        for _time in range(3)
    ]
    random.Random(5).shuffle(plan)
    return plan


async def _inflict(stack: Stack, play: Play, fault: Fault, number: int) -> None:
    fault.began = time.monotonic()
    if fault.kind == "frozen":
        frozen = stack.freeze(fault.target)
        await asyncio.sleep(FROZEN_SECONDS)
        stack.thaw(frozen)
    else:
        start_again = await stack.kill(fault.target, number)
        start_again()
    fault.ended = time.monotonic()
    if await _until_all_seen(play, GIVE_UP_CATCHING_UP):
        fault.caught_up = time.monotonic() - fault.ended
    print(
        f"  {number + 1:2} {fault.target} {fault.kind}: caught up after {fault.caught_up:.1f} s",
        flush=True,
    )


async def _until_all_seen(play: Play, seconds: float) -> bool:
    """All that was tapped until now: told to the carer what became of it, and shown if it was stored."""
    until = time.monotonic() + seconds
    left = [each for each in play.sent.values() if play.unfinished(each)]
    while left := [each for each in left if play.unfinished(each)]:
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.05)
    return True


def _connect(postgres):
    return psycopg2.connect(dbname="tuoyu", user="postgres", host=str(postgres.socket))


def _database(postgres) -> tuple[list[Stored], dict[int, int]]:
    """Of one moment: a request that nobody waits for any more may still end."""
    with _connect(postgres) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT id, institution_id, child_id, seq FROM institution_dailyentry")
        rows = [Stored(str(pk), stream, child, seq) for pk, stream, child, seq in cursor]
        cursor.execute("SELECT name, seq FROM core_stream")
        heads = {int(name.rpartition(".")[2]): seq for name, seq in cursor}
    return rows, heads


def _outbox(postgres) -> int:
    """Rows that nobody will send: dead, or due for long. What was published and is remembered goes with the next hint."""
    with _connect(postgres) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM core_outboxmessage WHERE dead OR next_attempt_at < now() - interval '30 s'"
        )
        return cursor.fetchone()[0]


def _tell(proof, play: Play, course: Course, verdict: Verdict, left: int, *, short: bool) -> None:
    faults = course.faults
    acknowledged = sum(bool(each.acknowledged) for each in play.sent.values())
    proof.figure(
        *("R1", "kills and freezes under load"),
        len(faults),
        goal=2 if short else 40,
        headline=True,
        zh="负载下的终止与冻结次数",
    )
    proof.figure("R1", "entries acknowledged", acknowledged, zh="已确认的记录")
    proof.figure(
        *("R1", "acknowledged entries missing in the database"), len(verdict.lost), at_most=0
    )
    proof.figure(
        *("R1", "acknowledged entries missing on a family's page after recovery"),
        len(verdict.unseen),
        at_most=0,
        headline=True,
        zh="恢复后家长页面缺少的已确认记录",
    )
    proof.figure("R2", "entries doubled", len(verdict.doubled), at_most=0, headline=True, zh="重复")
    proof.figure("R2", "entries shown out of order", verdict.disorder, at_most=0)
    proof.figure("R2", "streams with a gap or a number twice", len(verdict.gaps), at_most=0)
    proof.figure("R2", "refused or never sent, but stored or shown", len(verdict.ghosts), at_most=0)
    proof.figure("R2", "hints of entries that were never stored", verdict.empty_hints, at_most=0)
    _tell_redis(proof, play, course, short=short)
    _tell_times(proof, play, course, short=short)
    proof.figure("R1", "messages left in the outbox", left, at_most=0)
    if shutil.which("pgbouncer") is None:
        proof.note("pgbouncer is not installed here, so it was not among what was killed.")
    proof.note(
        "A killed process is started again half a second later, as a supervisor does; the time to catch up counts "
        "from there and includes its start. Clients wait and retry as the pages do."
    )


def _tell_redis(proof, play: Play, course: Course, *, short: bool) -> None:
    away = [(f.began, f.ended) for f in course.faults if f.target == "redis"]
    during = [r for r in play.responses if any(a <= r.at <= b for a, b in away)]
    errors = sum(r.status >= 500 or not r.status for r in during)
    proof.figure(
        *("R3", "errors of the server while Redis is dead or frozen"),
        errors,
        at_most=0,
        headline=True,
        zh="Redis 停止或冻结期间的服务器错误",
    )
    proof.figure("R3", "requests while Redis is dead or frozen", len(during))
    quiet = _p95([r for r in play.responses if course.quiet[0] <= r.at <= course.quiet[1]])
    proof.figure("R3", "p95 of a write without a fault, ms", quiet)
    if any(r.writes for r in during):
        added = _p95(during) - quiet
        limit = None if short else 50
        proof.figure("R3", "added to p95 while Redis is away, ms", added, at_most=limit)


def _p95(responses: list[Response]) -> float:
    times = [r.seconds * 1000 for r in responses if r.writes and r.status]
    return statistics.quantiles(times, n=20)[18] if len(times) > 1 else float("nan")


def _tell_times(proof, play: Play, course: Course, *, short: bool) -> None:
    for target in dict.fromkeys(fault.target for fault in course.faults):
        slowest = max(f.caught_up for f in course.faults if f.target == target)
        proof.figure(
            *("R4", f"{target}: slowest catch-up of all screens, s"),
            slowest,
            at_most=None if short else GOALS.get(target, USUAL_GOAL),
        )
    began, ended = course.quiet
    seen = [
        screen.seen_at[pk] - play.sent[pk].invoked
        for screen in play.screens
        for pk in screen.seen_at
        if pk in play.sent and began <= play.sent[pk].invoked <= ended
    ]
    with suppress(statistics.StatisticsError):
        proof.figure(
            *("R5", "tap to the family's page without a fault, p95, s"),
            statistics.quantiles(seen, n=20)[18],
            at_most=None if short else 1,
            headline=True,
            zh="无故障时从记录到家长看到，p95，秒",
        )
