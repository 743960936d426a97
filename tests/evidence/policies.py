"""T10: the statements of the hottest requests on a quarter of a city, with the policies and without, in turn."""

import os
import statistics
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import psycopg2

from bench import stack
from core.servers.postgres import Postgres

TITLE = "Isolation: what row-level security costs"
TITLE_ZH = "隔离：行级安全策略的开销"
MOST_MS = 0.5
HUNDRED = 100


@dataclass(frozen=True)
class Said:
    """A message as the application sent it: what went before the statement, and the statement."""

    before: bytes
    statement: bytes


@dataclass
class Took:
    """Milliseconds of one statement, by the application's login and by one that no policy binds."""

    bound: list[float]
    free: list[float]

    @property
    def apart(self) -> float:
        return p95(self.bound) - p95(self.free)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=HUNDRED)[94]


def run(proof, *, short: bool) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ |= {"ALLOWED_HOSTS": "testserver", "DEMO": "true"}
    with stack.running() as (postgres, __):
        children = _city("demo" if short else "quarter", days=2 if short else 7)
        said = {name: _said_by(deed) for name, deed in _deeds().items()}
        bound, free = _connections(postgres)
        slowest = 0.0
        for name, messages in said.items():
            took = _measured(messages, bound, free, times=20 if short else 300)
            worst = max(took, key=lambda one: one.apart)
            slowest = max(slowest, worst.apart)
            _show(proof, name, took, worst, goal=not short)
    proof.figure("T10", "requests whose statements were measured", len(said), goal=10)
    proof.figure(
        *("T10", "what the policies add at most to the p95 of a statement, ms", slowest),
        **({} if short else {"at_most": MOST_MS}),
        headline=True,
        zh="策略给单条语句 p95 增加的最大毫秒数",
    )
    proof.note(
        f"A made-up city with {children:,} children. The statements were taken down from real requests and then sent "
        "again, with the stamp and the policies and as a superuser without either, in turn."
    )


def _show(proof, name: str, took: list[Took], worst: Took, *, goal: bool) -> None:
    proof.figure(
        *("T10", f"{name}: costliest of {len(took)} statements, added to its p95, ms"),
        worst.apart,
        **({"at_most": MOST_MS} if goal else {}),
    )
    for what, kind in (("with", "bound"), ("without", "free")):
        whole = sum(statistics.median(getattr(one, kind)) for one in took)
        proof.figure("T10", f"{name}: all its statements {what} policies, median, ms", whole)


def _city(scale: str, *, days: int) -> int:
    from django.core.management import call_command
    from django.db import connection

    from core.postgres import owner
    from institution.models import Child

    call_command("load_city", "--scale", scale, "--days", str(days), verbosity=0)
    with owner.as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Child.objects.count()


# ---- the requests ----


Deed = Callable[[], None]


def _deeds() -> dict[str, Deed]:
    from django.urls import reverse

    from core.calendar import today
    from core.permissions import Role
    from institution.models import ClassDuty, Enrolment, Guardianship, Membership

    duty = ClassDuty.objects.filter(membership__role=Role.CARER).order_by("pk")[7]
    places = Enrolment.objects.filter(class_group=duty.class_group).on(today())
    place = places.order_by("pk")[0]
    staff = Membership.objects.filter(institution=duty.institution).order_by("pk")
    carer, director = duty.membership.user, staff.filter(role=Role.DIRECTOR)[0].user
    guardian = Guardianship.objects.filter(child=place.child).order_by("pk")[0].user
    regulator, auditor = _posted(Role.CITY_REGULATOR), _posted(Role.AUDITOR)
    board = reverse("nursery:class-board", args=[duty.class_group_id])
    child = [place.child_id]
    return {
        "class board": _get(carer, board),
        "batch of the daily log": _batch(carer, duty.class_group_id),
        "child's timeline": _get(carer, reverse("api:child-timeline", args=child)),
        "nursery today": _get(director, reverse("nursery:today")),
        "class list": _get(director, reverse("nursery:child-list")),
        "child's file": _get(director, reverse("nursery:child-page", args=child)),
        "health today": _get(director, reverse("health:today")),
        "family's day": _get(guardian, reverse("family:child-day", args=child)),
        "admission to live updates": _admit(guardian),
        "figures of a city": _get(regulator, reverse("gov:overview")),
        "institutions": _get(regulator, reverse("gov:institution-list")),
        "audit records": _get(auditor, reverse("gov:audit-list")),
    }


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


def _batch(carer, class_group_id: int) -> Deed:
    from core.calendar import now, today
    from institution.models import Enrolment

    browser = _browser(carer)
    places = Enrolment.objects.filter(class_group=class_group_id).on(today()).order_by("pk")
    children = list(places.values_list("child", flat=True))

    def record() -> None:
        entries = [
            {"id": str(uuid.uuid4()), "child": child, "kind": "note", "at": now().isoformat()}
            | {"detail": {"note": "睡得很好"}}
            for child in children
        ]
        answer = browser.post("/api/v1/daily-log/", {"entries": entries}, "application/json")
        if {result["status"] for result in answer.json()["results"]} != {"created"}:
            raise RuntimeError(answer.content.decode())

    return record


def _admit(user) -> Deed:
    from core.live.admission import groups_for

    session = _browser(user).session

    def admit() -> None:
        if not groups_for(user, session):
            raise RuntimeError("not admitted")

    return admit


def _said_by(deed: Deed) -> list[Said]:
    """Done twice: the first time fills the caches of the process, the second is taken down."""
    from core.postgres import base, scope

    said: list[Said] = []
    honest = base.StampedCursor.execute

    def execute(cursor, query, vars=None) -> None:  # noqa: A002 -- psycopg2's name
        before = cursor.wrapper.due() if cursor.wrapper else b""
        whole = cursor.mogrify(query, vars) if vars is not None else cursor._bytes(query)
        honest(cursor, query, vars)
        said.append(Said(before.removeprefix(b"BEGIN; "), whole))

    usual = scope.current()
    deed()
    base.StampedCursor.execute = execute  # type: ignore[method-assign]
    scope.set_usual(None)  # as in a process that serves
    try:
        deed()
    finally:
        base.StampedCursor.execute = honest  # type: ignore[method-assign]
        scope.set_usual(usual)
    ends = (b"COMMIT", b"ROLLBACK")
    return [one for one in said if one.statement not in ends]


# ---- the measuring ----


def _connections(postgres: Postgres):
    pair = psycopg2.connect(postgres.url), psycopg2.connect(postgres.superuser_url)
    for connection in pair:
        connection.autocommit = True
    return pair


def _measured(messages: list[Said], bound, free, *, times: int) -> list[Took]:
    took = [Took([], []) for _ in messages]
    for turn in range(times + 3):
        sides = [(bound, "bound"), (free, "free")]
        for connection, side in sides if turn % 2 else reversed(sides):
            taken = _once(connection, messages, stamped=side == "bound")
            if turn >= 3:  # until the caches are warm
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
