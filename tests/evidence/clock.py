"""R8: the clock of the application's machine, and that of the database's, jump by an hour and back under load."""

import asyncio
import os
import secrets
import signal
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from bench import stack as servers
from core.servers.processes import end
from tests.evidence import delivery
from tests.evidence.chaos.clock import Clock, build
from tests.evidence.chaos.history import judge
from tests.evidence.chaos.load import Play
from tests.evidence.chaos.services import Stack

TITLE = "Delivery: clocks that jump by an hour"
TITLE_ZH = "送达：时钟突跳一小时"
NEEDS = "gcc"  # compiles the clock
TIME_LIMIT = 10 * 60

HOUR = 3600
HEARTBEAT = "/api/v1/devices/heartbeat/"
BODY = b'{"firmware": "2.4.1", "battery": 81}'
RELAYED_WITHIN = 15.0  # the schedule's five seconds, and a worker that is busy
LASTS = 8  # seconds of load after each jump


@dataclass
class Jump:
    whose: str
    ahead: int
    shown: float = float("nan")  # how far ahead that machine itself says it is
    caught_up: float = float("inf")
    relayed: float = float("inf")


@dataclass
class Gateway:
    """A machine whose own clock is right all the time."""

    key: str
    secret: str
    answers: Counter = field(default_factory=Counter)
    accepted: dict[str, str] = field(default_factory=dict)  # the headers of the latest
    let_in_again: int = 0


def run(proof, *, short: bool) -> None:
    os.environ["TIME_ZONE"] = delivery._zone_where_it_is_noon()
    with servers.running() as (postgres, redis):
        folder = postgres.folder.parent
        library = build(folder)
        clocks = {"application": Clock(library, folder / "application")}
        clocks["database"] = Clock(library, folder / "database")
        _start_again(postgres, clocks["database"])
        stack = Stack(postgres, redis, folder / "logs")
        os.environ |= clocks["application"].environment  # of what is started from here on
        try:
            stack.start()
            play, gateway, jumps = asyncio.run(_perform(stack, clocks, short=short))
        finally:
            stack.stop()
        verdict = judge(play.sent, *delivery._database(postgres), play.screens)
        _tell(proof, play, gateway, jumps, verdict, short=short)
        proof.figure("R8", "messages left in the outbox", delivery._outbox(postgres), at_most=0)
        proof.figure("R8", "chains of the audit trail that do not hold", _broken(), at_most=0)


def _start_again(postgres, clock: Clock) -> None:
    end(postgres.process, signal.SIGINT, before=time.monotonic() + 20)
    postgres._variables = clock.environment
    postgres._wait_for_the_last_owner()
    postgres.launch()
    postgres.wait_until_ready()
    from django.db import connection

    connection.close()  # it was to the server before


def _plan(*, short: bool) -> list[Jump]:
    if short:
        steps = [("application", HOUR), ("application", 0), ("database", HOUR), ("database", 0)]
    else:
        steps = [
            (whose, ahead)
            for whose in ("application", "database")
            for ahead in (HOUR, 0, -HOUR, 0, HOUR, -HOUR, 0)
        ]
    return [Jump(whose, ahead) for whose, ahead in steps]


async def _perform(stack: Stack, clocks: dict[str, Clock], *, short: bool):
    import aiohttp

    play, jumps = Play(stack), _plan(short=short)
    carers, families = await asyncio.to_thread(delivery._cast, play, short=short)
    gateway = await asyncio.to_thread(_gateway, play.screens[0].stream)
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=10)
    async with aiohttp.ClientSession(connector=connector) as play.http:
        watching = [asyncio.create_task(family.run()) for family in families]
        while play.open_sockets < len(families):
            await asyncio.sleep(0.1)
        writing = [asyncio.create_task(carer.run()) for carer in carers]
        await asyncio.sleep(2)
        for jump in jumps:
            await _one(stack, play, gateway, clocks, jump, lasts=3 if short else LASTS)
            print(f"  {jump}", flush=True)
        play.writing = False
        await asyncio.wait(writing, timeout=delivery.LAST_WAIT)
        await delivery._until_all_seen(play, delivery.LAST_WAIT)
        play.over = True
        for task in [*watching, *writing]:
            task.cancel()
        await asyncio.gather(*watching, *writing, return_exceptions=True)
    return play, gateway, jumps


async def _one(stack, play: Play, gateway: Gateway, clocks, jump: Jump, *, lasts: float) -> None:
    """In the middle of the load, with a message that a dead process left and a request that has been accepted."""
    right = not any(clock.ahead for clock in clocks.values())
    if right:
        await _beat(play, gateway)
    clocks[jump.whose].set(jump.ahead)
    left = await asyncio.to_thread(_leave_a_message, stack)
    jump.shown = await _ahead(stack, play, jump.whose)
    began = time.monotonic()
    relaying = asyncio.create_task(_until_relayed(stack, left))
    await asyncio.sleep(lasts)
    await _beat(play, gateway)
    if not clocks["application"].ahead and gateway.accepted:
        gateway.let_in_again += await _sent(play, gateway.accepted) == 200
    ended = time.monotonic()
    if await delivery._until_all_seen(play, delivery.GIVE_UP_CATCHING_UP):
        jump.caught_up = time.monotonic() - ended
    jump.relayed = await relaying - began


async def _ahead(stack: Stack, play: Play, whose: str) -> float:
    if whose == "database":
        return await asyncio.to_thread(_ask_the_database, stack)
    async with play.http.get(stack.web_url + "/healthz") as answer:
        return parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time()


def _ask_the_database(stack: Stack) -> float:
    with delivery._connect(stack.postgres) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return float(cursor.fetchone()[0]) - time.time()


# ---- a machine ----


def _gateway(institution_id: int) -> Gateway:
    from core import rls
    from core.devices import machines
    from core.models import User
    from core.models.device import DeviceKind
    from core.permissions import Role
    from core.scoping import Actor

    with rls.system("tests"):
        user = User.objects.order_by("pk")[0]
        actor = Actor(user_id=user.pk, role=Role.DIRECTOR, institution_id=institution_id)
        _device, key = machines.register(actor=actor, kind=DeviceKind.DOOR, name="Door")
    return Gateway(key.id, key.secret)


async def _beat(play: Play, gateway: Gateway) -> None:
    from tests.devices.conftest import signed

    nonce = secrets.token_hex(12)
    headers = signed(gateway.key, secret=gateway.secret, body=BODY, nonce=nonce)
    status = await _sent(play, headers)
    gateway.answers[status] += 1
    if status == 200:
        gateway.accepted = headers


async def _sent(play: Play, headers: dict[str, str]) -> int:
    import aiohttp

    headers |= {"Content-Type": "application/json"}
    patience = aiohttp.ClientTimeout(total=20)
    url = play.stack.web_url + HEARTBEAT
    async with play.http.post(url, data=BODY, headers=headers, timeout=patience) as answer:
        await answer.read()
        return answer.status


# ---- the outbox ----


def _leave_a_message(stack: Stack) -> int:
    """As of a process that died before it could publish: it is for the relay alone."""
    with delivery._connect(stack.postgres) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_outboxmessage (topic, groups, cursor, task, arguments, next_attempt_at, attempts, dead,"
            " fault, created_at) VALUES ('daily-log', '[\"child.0\"]', %s, '', '{}', now(), 0, false, '', now())"
            " RETURNING id",
            [uuid.uuid4().hex[:20]],
        )
        return cursor.fetchone()[0]


async def _until_relayed(stack: Stack, row: int) -> float:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if not await asyncio.to_thread(_is_there, stack, row):
            return time.monotonic()
        await asyncio.sleep(0.2)
    return float("inf")


def _is_there(stack: Stack, row: int) -> bool:
    with delivery._connect(stack.postgres) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_outboxmessage WHERE id = %s", [row])
        return bool(cursor.fetchone()[0])


def _broken() -> int:
    from core import audit_check, rls

    with rls.system("tests"):
        return len(audit_check.verify().findings)


# ---- what is told ----


def _tell(proof, play: Play, gateway: Gateway, jumps: list[Jump], verdict, *, short: bool) -> None:
    tell = proof.figure
    acknowledged = sum(bool(each.acknowledged) for each in play.sent.values())
    tell(
        *("R8", "jumps of a clock by an hour or two, under load", len(jumps)),
        goal=4 if short else 14,
        headline=True,
        zh="负载下时钟突跳次数",
    )
    noticed = sum(abs(jump.shown - jump.ahead) < 5 for jump in jumps)
    tell("R8", "of these shown by the clocks themselves", noticed, goal=len(jumps))
    tell("R8", "entries acknowledged", acknowledged)
    lost = len(verdict.lost) + len(verdict.unseen)
    tell(
        *("R8", "acknowledged entries missing in the database or on a family's page", lost),
        at_most=0,
        headline=True,
        zh="数据库或家长页面缺少的已确认记录",
    )
    tell("R8", "entries doubled", len(verdict.doubled), at_most=0)
    tell("R8", "entries shown out of order", verdict.disorder, at_most=0)
    tell("R8", "streams with a gap or a number twice", len(verdict.gaps), at_most=0)
    tell("R8", "refused or never sent, but stored or shown", len(verdict.ghosts), at_most=0)
    tell("R8", "errors of the server", sum(r.status >= 500 for r in play.responses), at_most=0)
    signed_out = sum(r.status in (401, 403) for r in play.responses)
    tell("R8", "families or carers signed out", signed_out, at_most=0)
    slowest = max(jump.caught_up for jump in jumps)
    tell("R8", "slowest catch-up of all screens, s", slowest, at_most=None if short else 10)
    relayed = max(jump.relayed for jump in jumps)
    tell(
        *("R8", "what a dead process left is relayed within, s", relayed),
        at_most=None if short else RELAYED_WITHIN,
    )
    known = gateway.answers[200] + gateway.answers[401]
    tell("R8", "requests of a machine answered", gateway.answers.total())
    tell("R8", "of these neither accepted nor refused", gateway.answers.total() - known, at_most=0)
    tell(
        *("R8", "accepted requests let in a second time after a clock was put right"),
        gateway.let_in_again,
        at_most=0,
    )
    proof.note(
        "A library preloaded into the processes adds the hours to every question for the time; web, live, worker and schedule "
        "share one clock, the database has its own. Redis and the people keep the true time. A machine's requests are refused "
        "while the application's clock is an hour wrong."
    )
