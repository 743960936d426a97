"""T7: sixteen tenants over two connections of a real pgbouncer, also after somebody left settings on them."""

import itertools
import os
import random
import re
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg2

from bench import stack
from core.postgres import roles
from core.servers.postgres import NAME, Postgres
from tests.evidence.chaos.pooler import Pooler

TITLE = "Isolation: sixteen nurseries over the two connections of a pgbouncer"
TITLE_ZH = "隔离：十六家机构共用 pgbouncer 的两条连接"
NEEDS = "pgbouncer"  # of Debian's package of this name
TENANTS = 16
REQUESTS = 120  # of each thread
POOL = 2
NAMED = re.compile(r"连接池(\d\d)号")  # in the name of every child


@dataclass
class Nursery:
    number: int
    institution_id: int
    children: list[int]
    director: object
    actor: object


@dataclass
class Found:
    answers: Counter = field(default_factory=Counter)
    foreign: int = 0  # names of another nursery's children
    own: int = 0
    unscoped: int = 0  # rows read by a statement that said for nobody that it works
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, nursery: Nursery, kind: str, numbers: list[str]) -> None:
        with self.lock:
            self.answers[kind] += 1
            for number in numbers:
                if int(number) == nursery.number:
                    self.own += 1
                else:
                    self.foreign += 1


def run(proof, *, short: bool) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["ALLOWED_HOSTS"] = "testserver"
    with stack.running() as (postgres, __):
        from core.postgres import scope

        nurseries = _nurseries()
        scope.set_usual(None)  # as in a process that serves
        for planted in (nothing_left, settings_left, role_left, scope_left):
            with _pooled(postgres, planted.__name__):
                _one(proof, nurseries, planted, 12 if short else REQUESTS)
                _connections(proof, postgres, planted.__doc__)
    proof.note(
        "Each thread is the director of another nursery at every turn: a page, the API, a batch of the daily log, and "
        "a query whose filter was forgotten, so that the policies alone stand. After each, a query in nobody's name."
    )


@contextmanager
def _pooled(postgres: Postgres, name: str) -> Iterator[None]:
    """The connections of this process go through a pgbouncer with fresh connections of its own."""
    from core.postgres import owner

    pooler = Pooler(postgres, postgres.folder.parent / name, pool=POOL)
    pooler.start()
    try:
        owner.become({"HOST": "127.0.0.1", "PORT": str(pooler.port), "USER": roles.RUNTIME})
        yield
    finally:
        owner.become({"HOST": str(postgres.socket), "PORT": ""})
        pooler.stop()


def _nurseries() -> list[Nursery]:
    from core.calendar import today
    from core.permissions import Role
    from institution import partitions
    from tests.factories.city import City
    from tests.factories.core import RegionFactory, UserFactory
    from tests.factories.institution import (
        ChildFactory,
        ClassGroupFactory,
        EnrolmentFactory,
        InstitutionFactory,
        MembershipFactory,
    )

    partitions.ensure_ahead(today())
    region = RegionFactory(code="370811", name="任城区")
    found = []
    for number in range(TENANTS):
        institution = InstitutionFactory(region=region)
        group = ClassGroupFactory(institution=institution)
        director = UserFactory(username=f"director-{number}")
        MembershipFactory(user=director, institution=institution, role=Role.DIRECTOR)
        children = [ChildFactory(name=f"连接池{number:02}号{each}") for each in range(3)]
        for child in children:
            EnrolmentFactory(class_group=group, child=child)
        keys = [child.pk for child in children]
        found.append(Nursery(number, institution.pk, keys, director, City.actor(director)))
    return found


def _one(proof, nurseries: list[Nursery], planted, requests: int) -> None:
    found = Found()
    clients = [_signed_in(nursery) for nursery in nurseries]
    threads = [
        threading.Thread(target=_ask, args=(nurseries, clients, planted, requests, found, seed))
        for seed in range(TENANTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = planted.__doc__
    sent = found.answers.total()
    proof.figure("T7", f"requests of {TENANTS} threads, {told}", sent, goal=TENANTS * requests)
    proof.figure(
        *("T7", f"rows of another nursery, {told}", found.foreign),
        at_most=0,
        headline=True,
        zh=f"读到其他机构的数据行（{ZH[planted.__name__]}）",
    )
    proof.figure("T7", f"rows of the own nursery, {told}", found.own, goal=sent)
    proof.figure("T7", f"rows read for nobody, {told}", found.unscoped, at_most=0)
    proof.figure("T7", f"failed requests, {told}", len(found.faults), at_most=0)
    for fault in sorted(set(found.faults))[:5]:
        proof.note(fault)


def _signed_in(nursery: Nursery):
    from django.test import Client

    client = Client(raise_request_exception=False)
    client.force_login(nursery.director)
    return client


def _ask(nurseries, clients, planted, requests: int, found: Found, seed: int) -> None:
    from django.db import connection

    chance = random.Random(seed)
    deeds = itertools.cycle((page, api, batch, forgotten))
    try:
        for _turn in range(requests):
            number = chance.randrange(TENANTS)
            nursery, other = nurseries[number], nurseries[(number + 1) % TENANTS]
            deed = next(deeds)
            try:
                with planted(other):
                    numbers = deed(nursery, clients[number])
                    found.unscoped += _for_nobody()
            except Exception as fault:  # noqa: BLE001 -- is what is shown
                found.faults.append(f"{deed.__name__}: {type(fault).__name__}: {fault}"[:300])
            else:
                found.take(nursery, deed.__name__, numbers)
    finally:
        connection.close()


def _for_nobody() -> int:
    """What a statement reads that enters no scope. It is to be refused."""
    from django.db import DatabaseError

    from core.postgres import scope
    from institution.models import Child

    with scope.entered(None):
        try:
            return len(Child.objects.all()[:100])
        except DatabaseError:
            return 0


# ---- what is asked ----


def page(nursery: Nursery, client) -> list[str]:
    return _named(client.get("/nursery/children/"))


def api(nursery: Nursery, client) -> list[str]:
    return _named(client.get("/api/v1/children/"))


def batch(nursery: Nursery, client) -> list[str]:
    from core.calendar import now

    entries = [
        {"id": str(uuid.uuid4()), "child": child, "kind": "note", "at": now().isoformat()}
        | {"detail": {"note": f"连接池{nursery.number:02}号"}}
        for child in nursery.children
    ]
    answer = client.post("/api/v1/daily-log/", {"entries": entries}, "application/json")
    statuses = {result["status"] for result in answer.json()["results"]}
    if statuses != {"created"}:
        raise ValueError(f"{answer.status_code} {statuses}")
    return _named(client.get(f"/api/v1/children/{nursery.children[0]}/timeline/"))


def forgotten(nursery: Nursery, _client) -> list[str]:
    from django.db import transaction

    from core import rls
    from institution.models import Child

    with rls.of_actor(nursery.actor):
        names = list(Child.objects.values_list("name", flat=True))
        with transaction.atomic():
            names += Child.objects.values_list("name", flat=True)
            names += Child.objects.values_list("name", flat=True)
    return NAMED.findall(" ".join(names))


def _named(answer) -> list[str]:
    if answer.status_code != 200:
        raise ValueError(str(answer.status_code))
    return NAMED.findall(answer.content.decode())


# ---- what is left behind on the connection, or in the thread ----


class nothing_left:  # noqa: N801 -- reads as a sentence
    """nothing left behind"""

    def __init__(self, other: Nursery) -> None:
        self.other = other

    def __enter__(self) -> None:
        self.leave()

    def leave(self) -> None:
        pass

    def say(self, statement: str, *values) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(statement, values)

    def __exit__(self, *_exc) -> None:
        pass


class settings_left(nothing_left):  # noqa: N801
    """another's settings left on the session"""

    def leave(self) -> None:
        self.say("SELECT set_config('app.at', extract(epoch FROM now())::text, false)")
        self.say("SELECT set_config('app.inst', %s, false)", f"{{{self.other.institution_id}}}")
        self.say("SET app.region = '3708/'")


class role_left(settings_left):  # noqa: N801
    """another's settings and the system's role left on the session"""

    def leave(self) -> None:
        super().leave()
        self.say(f"SET ROLE {roles.SYSTEM}")


class scope_left(nothing_left):  # noqa: N801
    """another's scope left in the thread"""

    def leave(self) -> None:
        from core import rls

        rls.now_acting(self.other.actor)


ZH = {
    "nothing_left": "正常",
    "settings_left": "连接上遗留他人设置",
    "role_left": "连接上遗留系统角色",
    "scope_left": "线程中遗留他人范围",
}


def _connections(proof, postgres: Postgres, told: str) -> None:
    with (
        psycopg2.connect(dbname=NAME, user="postgres", host=str(postgres.socket)) as server,
        server.cursor() as cursor,
    ):
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [roles.RUNTIME])
        number = cursor.fetchone()[0]
    proof.figure("T7", f"connections of the server that carried them, {told}", number, at_most=POOL)
