"""T10: the ten hottest queries on a quarter of a city, as the application sends them, with the policies and without, in turn."""

import logging
import os
import statistics
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg2

from bench import stack
from core.servers.postgres import Postgres

TITLE = "Isolation: what row-level security costs"
TITLE_ZH = "隔离：行级安全策略的开销"
MOST_MS = 0.5
TIMES, TIMES_SHORT = 400, 20
WARMING = 5  # turns until the caches are warm
HUNDRED = 100


@dataclass(frozen=True)
class Said:
    """A message as the application sent it: what went before the statement, and the statement."""

    before: bytes
    statement: bytes


Deed = Callable[[], None]


@dataclass(frozen=True)
class Query:
    """What a person asks for, and words of the statement that answers it. Of several it is the slowest."""

    name: str
    name_zh: str
    deed: Deed
    words: bytes


@dataclass
class Took:
    """Milliseconds of one statement, by the application's login and by one that no policy binds."""

    bound: list[float] = field(default_factory=list)
    free: list[float] = field(default_factory=list)

    @property
    def apart(self) -> float:
        return p95(self.bound) - p95(self.free)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=HUNDRED)[94]


def run(proof, *, short: bool) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ |= {"ALLOWED_HOSTS": "testserver", "DEMO": "true"}
    logging.disable(logging.WARNING)  # of the request that is refused
    with stack.running() as (postgres, __):
        children = _city("demo" if short else "quarter", days=2 if short else 7)
        said = [(query, _said_by(query.deed)) for query in _queries()]
        bound, free = _connections(postgres)
        with free.cursor() as cursor:
            cursor.execute("DELETE FROM core_outboxmessage")  # the same numbers are said again
        for query, messages in said:
            took = _measured(messages, bound, free, times=TIMES_SHORT if short else TIMES)
            _tell(proof, query, messages, took, goal=not short)
    proof.figure("T10", "queries measured", len(said), goal=10)
    proof.note(
        f"A made-up city with {children:,} children. The statements were taken down from real requests and sent again, "
        "each side in turn: by the application's login with the stamp it had put before them, and without a stamp by a "
        "superuser, whom no policy binds. Each side plays the whole request in a transaction that is undone."
    )


def _tell(proof, query: Query, messages: list[Said], took: list[Took], *, goal: bool) -> None:
    meant = [
        each
        for message, each in zip(messages, took, strict=True)
        if query.words in message.statement
    ]
    if not meant:
        raise LookupError(f"{query.name}: no statement says {query.words!r}")
    one = max(meant, key=lambda each: statistics.median(each.bound))
    proof.figure(
        *("T10", f"{query.name}: added to the p95, ms", one.apart),
        at_most=MOST_MS if goal else None,
        headline=True,
        zh=f"{query.name_zh}：p95 增加的毫秒数",
    )
    for side, values in (("with", one.bound), ("without", one.free)):
        proof.figure("T10", f"{query.name}: p50 {side} policies, ms", statistics.median(values))
        proof.figure("T10", f"{query.name}: p95 {side} policies, ms", p95(values))
    added = sum(statistics.median(each.bound) - statistics.median(each.free) for each in took)
    what = f"{query.name}: added to the p50 of all {len(took)} statements of the request, ms"
    proof.figure("T10", what, added)


def _city(scale: str, *, days: int) -> int:
    from django.core.management import call_command
    from django.db import connection

    from core.postgres import owner
    from institution.models import Child

    call_command("load_city", "--scale", scale, "--days", str(days), verbosity=0)
    with owner.as_owner(), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return Child.objects.count()


# ---- the requests ----


def _queries() -> list[Query]:
    from django.urls import reverse

    from core.calendar import today
    from core.permissions import Role
    from institution.models import Child, ClassDuty, Enrolment, Guardianship, Membership

    duty = ClassDuty.objects.filter(membership__role=Role.CARER).order_by("pk")[7]
    places = Enrolment.objects.filter(class_group=duty.class_group).on(today()).order_by("pk")
    child = places[0].child
    staff = Membership.objects.filter(institution=duty.institution, role=Role.DIRECTOR)
    carer, director = duty.membership.user, staff.order_by("pk")[0].user
    guardian = Guardianship.objects.filter(child=child).order_by("pk")[0].user
    known = Child.objects.exclude(resident_id_index=None).order_by("-pk")[0]
    board = reverse("nursery:class-board", args=[duty.class_group_id])
    entries = b'FROM "institution_dailyentry"'
    return [
        Query("class board", "班级记录板", _get(carer, board), entries),
        Query(
            *("child list", "儿童名单", _get(director, reverse("nursery:child-list"))),
            words=b'FROM "institution_enrolment"',
        ),
        Query(
            *("timeline", "成长时间线"),
            _get(carer, reverse("api:child-timeline", args=[child.pk])),
            entries,
        ),
        Query(
            *("family's day", "家长的一天"),
            _get(guardian, reverse("family:child-day", args=[child.pk])),
            entries,
        ),
        Query(
            *("figures of the city", "全市概览数字"),
            _get(_posted(Role.CITY_REGULATOR), reverse("gov:overview")),
            b'"institution_',
        ),
        Query(
            *("batch of fifteen entries", "一批十五条记录"),
            _batch(carer, list(places.values_list("child", flat=True))),
            b"institution_store_batch",
        ),
        Query(
            *("attendance of the day", "当日出勤", _get(director, reverse("nursery:today"))),
            words=b'"institution_',
        ),
        Query(
            *("audit records", "审计记录"),
            _get(_posted(Role.AUDITOR), reverse("gov:audit-list")),
            b'FROM "core_auditevent"',
        ),
        Query(
            *("child's file", "儿童档案"),
            _get(director, reverse("nursery:child-page", args=[child.pk])),
            b'"institution_',
        ),
        Query(
            *("search by resident ID", "按证件号查找", _edit(director, child, known)),
            words=b"resident_id_index",
        ),
    ]


def _posted(role):
    from core.models import RegionPost

    return RegionPost.objects.filter(role=role).order_by("pk")[0].user


def _browser(user):
    from django.test import Client

    browser = Client()
    browser.force_login(user)
    return browser


def _get(user, url: str) -> Deed:
    browser = _browser(user)

    def get() -> None:
        answer = browser.get(url)
        if answer.status_code != 200:
            raise RuntimeError(f"{url}: {answer.status_code}")

    return get


def _batch(carer, children: list[int]) -> Deed:
    from core.calendar import now

    browser = _browser(carer)

    def record() -> None:
        entries = [
            {"id": str(uuid.uuid4()), "child": child, "kind": "note", "at": now().isoformat()}
            | {"detail": {"note": "睡得很好"}}
            for child in (children * 15)[:15]
        ]
        answer = browser.post("/api/v1/daily-log/", {"entries": entries}, "application/json")
        if {result["status"] for result in answer.json()["results"]} != {"created"}:
            raise RuntimeError(answer.content.decode())

    return record


def _edit(director, child, other) -> Deed:
    """Refused in the end: the number is that of another child."""
    from django.urls import reverse

    browser, url = _browser(director), reverse("nursery:child-edit", args=[child.pk])
    form = {
        "name": child.name,
        "sex": other.sex,
        "born_on": str(other.born_on),
        "resident_id": other.resident_id,
    }

    def edit() -> None:
        answer = browser.post(url, form)
        if answer.status_code != 422:
            raise RuntimeError(f"{url}: {answer.status_code}")

    return edit


def _said_by(deed: Deed) -> list[Said]:
    """Done twice: the first time fills the caches of the process, the second is taken down."""
    from core.postgres import base, scope

    said: list[Said] = []
    honest, with_next = base.StampedCursor.execute, base.DatabaseWrapper.execute_with_next

    def execute(cursor, query, vars=None) -> None:  # noqa: A002 -- psycopg2's name
        before = cursor.wrapper.due() if cursor.wrapper else b""
        honest(cursor, query, vars)
        said.append(Said(before.removeprefix(b"BEGIN; "), cursor.bytes_of(query, vars)))

    def at_once(wrapper, query, params) -> None:
        with wrapper.cursor() as cursor:
            cursor.execute(query, params)

    usual = scope.current()
    deed()
    base.StampedCursor.execute = execute  # type: ignore[method-assign]
    base.DatabaseWrapper.execute_with_next = at_once  # type: ignore[method-assign]
    scope.set_usual(None)  # as in a process that serves
    try:
        deed()
    finally:
        base.StampedCursor.execute = honest  # type: ignore[method-assign]
        base.DatabaseWrapper.execute_with_next = with_next  # type: ignore[method-assign]
        scope.set_usual(usual)
    return [one for one in said if one.statement not in (b"COMMIT", b"ROLLBACK")]


# ---- the measuring ----


def _connections(postgres: Postgres):
    pair = psycopg2.connect(postgres.url), psycopg2.connect(postgres.superuser_url)
    for connection in pair:
        connection.autocommit = True
    return pair


def _measured(messages: list[Said], bound, free, *, times: int) -> list[Took]:
    took = [Took() for _ in messages]
    for turn in range(times + WARMING):
        sides = [(bound, "bound"), (free, "free")]
        for connection, side in sides if turn % 2 else reversed(sides):
            taken = _once(connection, messages, stamped=side == "bound")
            if turn >= WARMING:
                for one, ms in zip(took, taken, strict=True):
                    getattr(one, side).append(ms)
    return took


def _once(connection, messages: list[Said], *, stamped: bool) -> list[float]:
    """All in one transaction that is undone, so that it can be said again."""
    taken = []
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        for message in messages:
            whole = message.before + message.statement if stamped else message.statement
            before = time.perf_counter()
            cursor.execute(whole)
            if cursor.description:
                cursor.fetchall()
            taken.append((time.perf_counter() - before) * 1000)
        cursor.execute("ROLLBACK")
    return taken
