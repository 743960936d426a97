"""E1 to E4: planted numbers and notes looked for in every byte, values moved and altered, keys changed, rows found."""

import asyncio
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from bench import stack as servers
from tests.evidence.chaos.services import Stack
from tests.evidence.planted import requests, search
from tests.evidence.planted.people import Planted, people

TITLE = "Secrets: planted numbers sought in every byte, moved values refused, keys changed while people read"
TITLE_ZH = "机密：植入号码逐字节查找，移动密文一律拒绝，读取中轮换密钥"
TIME_LIMIT = 18 * 60

CHECKOUT = Path(__file__).resolve().parents[2]
LOGGED = {"log_statement": "all", "log_min_duration_statement": "0", "wal_keep_size": "8GB"}
CLASSES = 50
TO_GIVE_UP = 240


def run(proof, *, short: bool) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"  # no second factor, no rates
    remembered = 1 if short else 10  # seconds, as in production
    os.environ["KEY_CACHE_SECONDS"] = str(remembered)
    with servers.running() as (postgres, redis):
        from django.conf import settings

        from core.calendar import today
        from core.crypto import keyring
        from tests.delivery import posts
        from tests.factories.city import build_city

        settings.KEY_CACHE_SECONDS = remembered
        keyring.forget()
        city = build_city()
        posts.load_reference()
        planted, rows = (40, 2_000) if short else (1_000, 45_000)
        everybody = people(planted + rows, today=today())
        _every_byte(proof, postgres, redis, city, everybody[:planted])
        _moved_and_altered(proof)
        world = _many_rows(city, everybody[planted:])
        _lookups(proof, everybody[planted:], 300 if short else 5_000)
        _rotation(proof, world)


# ---- E1: every byte ----


def _every_byte(proof, postgres, redis, city, planted: list[Planted]) -> None:
    folder = postgres.folder.parent
    _write_everything_down(postgres)
    os.environ |= {"LOG_LEVEL": "DEBUG", "LOG_JSON": "true"}
    stack = Stack(postgres, redis, folder / "logs")
    with _listening(redis, folder / "monitor") as client:
        client.set("control", planted[0].name)
        try:
            stack.start("web", "worker")
            answers = asyncio.run(_play(stack, city, planted))
            _exported(city)
        finally:
            stack.stop()
        client.save()
    _back_to_usual(postgres)
    places = {
        "a dump of the database": [_dump(folder / "dump.sql")],
        "its data files": _files(postgres.folder, without="pg_wal"),
        "its WAL": _files(postgres.folder / "pg_wal"),
        "its log of all statements": [folder / "logs" / "postgres.log"],
        "logs of web server and worker": [
            folder / "logs" / f"{name}.log" for name in ("web", "worker")
        ],
        "Redis: snapshot, append-only file, every command": [
            folder / "monitor",
            *_files(folder / "redis"),
        ],
        "uploads, exports, anchors": _files(folder / "data"),
    }
    secrets = {secret for each in planted for secret in each.secrets}
    names = {each.name[1:] for each in planted}
    _tell(proof, places, secrets, names, answers, len(planted))


def _tell(proof, places, secrets, names, answers, planted: int) -> None:
    leaks, searched, size = 0, 0, 0
    for place, paths in places.items():
        big = place in ("its data files", "its WAL", "its log of all statements")
        hits, read = search.in_files(paths, unwrap=not big)
        size += read
        leaks += len(hits & secrets)
        searched += bool(hits & names)
        proof.figure("E1", f"planted secrets found in {place}", len(hits & secrets), at_most=0)
    proof.figure("E1", "values sealed by what was sent", _stored(), goal=planted * 3)
    found = len(answers.leaks & secrets)
    proof.figure("E1", "planted secrets found in answers that refused", found, at_most=0)
    searched += bool(answers.seen & names)
    proof.figure(
        *("E1", f"of {planted:,} resident ids, phones and notes each, found anywhere"),
        leaks + found,
        at_most=0,
        headline=True,
        zh=f"植入身份证号、手机号、备注各 {planted:,} 条，在各处找到的",
    )
    proof.figure(
        "E1", "places where an unsealed name was found, so that the search itself is shown to work",
        searched, goal=len(places) + 1,
    )  # fmt: skip
    proof.figure("E1", "bytes searched, MB", round(size / 1e6))
    proof.figure("E1", "requests that carried them", answers.sent, goal=planted * 3)
    proof.figure("E1", "of these refused", answers.refused, goal=planted)
    proof.note(
        "Log level DEBUG; PostgreSQL wrote down every statement with its parameters and kept all WAL."
        " Base64, hex and zlib were looked behind everywhere but in data files, WAL and the statement log."
    )
    proof.note(
        "Notes are those of morning checks. The free text of the daily log, names and allergies are not sealed. A"
        " form that is refused (422) shows what was typed to whoever typed it, which is not counted."
    )
    proof.note(f"Requests by page and answer: {dict(sorted(answers.statuses.items()))}.")


def _stored() -> int:
    from core.models import User
    from health.models import MorningCheck
    from institution.models import Child

    indexed = Child.objects.exclude(resident_id_index=None).count()
    return (
        indexed
        + User.objects.exclude(phone_index=None).count()
        + sum(check.note != "" for check in MorningCheck.objects.all())
    )


def _write_everything_down(postgres) -> None:
    _as_superuser(postgres, *(f"ALTER SYSTEM SET {name} = '{LOGGED[name]}'" for name in LOGGED))


def _back_to_usual(postgres) -> None:
    _as_superuser(
        postgres, "CHECKPOINT", "ALTER SYSTEM RESET log_statement",
        "ALTER SYSTEM RESET log_min_duration_statement", "ALTER SYSTEM RESET wal_keep_size",
    )  # fmt: skip


def _as_superuser(postgres, *statements: str) -> None:
    connection = psycopg2.connect(postgres.superuser_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in (*statements, "SELECT pg_reload_conf()"):
            cursor.execute(statement)
    connection.close()
    time.sleep(0.5)  # until every process has read it


@contextmanager
def _listening(redis, path: Path) -> Iterator:
    """Every command that Redis is given goes to `path`, and to its append-only file."""
    from redis import Redis

    client = Redis.from_url(redis.url)
    client.config_set("appendonly", "yes")
    listener = client.connection_pool.make_connection()
    listener.connect()
    listener.send_command("MONITOR")
    listener.read_response()

    def keep() -> None:
        with path.open("wb") as file, suppress(OSError, ValueError):
            while piece := listener._sock.recv(65_536):
                file.write(piece)

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    yield client
    time.sleep(0.5)
    listener.disconnect()
    thread.join(5)


async def _play(stack: Stack, city, planted: list[Planted]) -> requests.Answers:
    browsers, start_on = await asyncio.to_thread(_browsers, stack.web_url, city, planted[0].name)
    async with requests.sender(browsers) as sender:
        await requests.each(planted, lambda each, n: sender.enrol(each, n, start_on=start_on))
        children = await asyncio.to_thread(_children)
        at = [children[each.name] for each in planted]
        await requests.each(planted, lambda each, n: sender.check(each, n, at[n]))
        await requests.each(planted, sender.sign_in)
        await requests.each(planted, sender.search)
        await requests.each(
            planted, lambda each, n: sender.mistake(each, n, at[n], start_on=start_on)
        )
        for child in at[::20]:  # one after the other, as five at once would be taken for guesses
            await sender.look(child)
        await sender.send("GET", f"/find/{planted[0].name}/", browsers.clerk)
        export = {"stepup-given": "1", "stepup-password": browsers.password}
        await sender.send("POST", "/gov/audit/export/", browsers.auditor, data=export)
    return sender.answers


def _browsers(url: str, city, name: str) -> tuple[requests.Browsers, str]:
    from django.test import Client

    from core.calendar import today
    from core.models import User
    from tests.factories.core import PASSWORD
    from tests.factories.institution import ClassGroupFactory

    def key(user) -> str:
        client = Client()
        client.force_login(user)
        return client.session.session_key

    a = city.a
    # So that an export holds a name that the search must find.
    User.objects.filter(pk=city.auditor.pk).update(name=name)
    groups = [ClassGroupFactory(institution=a.institution, capacity=30) for _ in range(CLASSES)]
    users = {name: key(getattr(a, name)) for name in ("clerk", "health_worker", "director")}
    browsers = requests.Browsers(
        url=url,
        auditor=key(city.auditor),
        classes=[group.pk for group in groups],
        password=PASSWORD,
        **users,
    )
    return browsers, f"{today()}"


def _children() -> dict[str, int]:
    from institution.models import Child

    return dict(Child.objects.values_list("name", "pk"))


def _exported(city) -> None:
    from core.models import Job

    until = time.monotonic() + 60
    while Job.objects.unfinished().exists() and time.monotonic() < until:
        time.sleep(0.3)
    made = Job.objects.filter(owner=city.auditor, state="done").exclude(result="").count()
    assert made == 1, f"{made} exports were made, and one is to be looked through."


def _dump(path: Path) -> Path:
    from core.recovery import database, programs

    where = database.own_address()
    with database.connected(where) as connection:
        server = connection.server_version // 10_000
    command = [programs.tool("pg_dump", server), "--no-owner"]
    with path.open("wb") as file:
        file.writelines(programs.output_of(command, database.environment(where)))
    return path


def _files(folder: Path, *, without: str = "") -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and without not in path.relative_to(folder).parts[:1]
    ]


# ---- E2: moved and altered ----


def _moved_and_altered(proof) -> None:
    """By somebody who may write to the tables as their owner does."""
    from django.db import connection

    from core.crypto import CannotOpen
    from health.models import MorningCheck
    from institution.models import Child

    one, other = Child.objects.exclude(resident_id_index=None).order_by("pk")[:2]
    check = MorningCheck.objects.get(child=one)
    stored = {
        child.pk: bytes(Child.objects.values_list("resident_id").get(pk=child.pk)[0])
        for child in (one, other)
    }
    mine, theirs = stored[one.pk], stored[other.pk]
    flipped = bytearray(mine)
    flipped[-20] ^= 1
    tries = {
        "a value of another row": (Child, "resident_id", one.pk, theirs),
        "a value of another column of the same child": (MorningCheck, "note", check.pk, mine),
        "a bit flipped": (Child, "resident_id", one.pk, bytes(flipped)),
        "the number of another key": (
            *(Child, "resident_id", one.pk),
            mine[:2] + theirs[2:6] + mine[6:],
        ),
    }
    refused = 0
    for what, (model, column, pk, value) in tries.items():
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [pk])
            before = cursor.fetchone()[0]
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, pk])
            try:
                getattr(model.objects.get(pk=pk), column)
                proof.note(f"{what} was opened.")
            except CannotOpen:
                refused += 1
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [before, pk])
    proof.figure(
        "E2", "kinds of moved or altered value refused: row, column, bit, key", refused,
        goal=len(tries), headline=True, zh="拒绝打开的密文篡改：换行、换列、改位、换钥",
    )  # fmt: skip


# ---- E3 and E4: many rows ----


@dataclass
class World:
    """What each sealed field must read as, by primary key."""

    phones: dict[int, str]
    ids: dict[int, str]
    notes: dict[int, str]
    faults: list[str] = field(default_factory=list)
    reads: int = 0

    @property
    def fields(self) -> Iterable[tuple[type, str, dict[int, str]]]:
        from core.models import User
        from health.models import MorningCheck
        from institution.models import Child

        return (
            (Child, "resident_id", self.ids),
            (MorningCheck, "note", self.notes),
            (User, "phone", self.phones),
        )


def _many_rows(city, planted: list[Planted]) -> World:
    from django.db import transaction

    from core.calendar import now, today
    from core.models import User
    from health.models import MorningCheck
    from institution.demo.copy import copy_in
    from institution.models import Child

    place = {"institution_id": city.a.institution.pk, "class_group_id": city.a.small.pk}
    checked = {"temperature": "36.6", "action": "admitted", "checked_by_id": city.a.carer.pk}
    with transaction.atomic():
        users = copy_in(
            User,
            [
                User(username=f"p{n:06d}", name="P", phone=each.phone, password="!")
                for n, each in enumerate(planted)
            ],
        )
        children = copy_in(
            Child,
            [
                Child(
                    name=each.name,
                    sex="female",
                    born_on=each.born_on,
                    resident_id=each.resident_id,
                    registered_by_id=city.a.institution.pk,
                )
                for each in planted
            ],
        )
        checks = copy_in(
            MorningCheck,
            [
                MorningCheck(
                    child=child, day=today(), checked_at=now(), note=each.note, **place, **checked
                )
                for child, each in zip(children, planted, strict=True)
            ],
        )
    return World(
        phones={user.pk: each.phone for user, each in zip(users, planted, strict=True)},
        ids={child.pk: each.resident_id for child, each in zip(children, planted, strict=True)},
        notes={check.pk: each.note for check, each in zip(checks, planted, strict=True)},
    )


def _lookups(proof, planted: list[Planted], number: int) -> None:
    from django.db import connection

    from institution.models import Child

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE institution_child")
    rng = random.Random(4)
    took = []
    for each in rng.choices(planted, k=number):
        before = time.perf_counter()
        child = Child.objects.filter(resident_id_index__of=each.resident_id).first()
        took.append((time.perf_counter() - before) * 1000)
        assert child is not None
        assert child.name == each.name
    proof.figure("E4", "children with a resident id in the table", len(planted), goal=len(planted))
    proof.figure("E4", "median of finding one by its resident id, ms", statistics.median(took))
    proof.figure(
        "E4", "of finding one by its resident id, 95th percentile, ms",
        statistics.quantiles(took, n=20)[18], at_most=2, headline=True,
        zh="按身份证号查找的第 95 百分位，毫秒",
    )  # fmt: skip


def _rotation(proof, world: World) -> None:
    """By the command, as an operator runs it: killed in the children's ids, and again in the phones."""
    rows = len(world.ids)
    with _reading(world):
        took = [
            _rotate("--purpose", "child", kill_at=f"institution.Child.resident_id: {rows // 3}"),
            _rotate("--resume"),
            _rotate("--purpose", "contact", kill_at=f"core.User.phone: {rows // 3}"),
            _rotate("--resume"),
            _rotate("--purpose", "index"),
        ]
    left, unreadable = _count(world)
    proof.figure("E3", "rows of three sealed fields", 3 * rows, goal=3 * rows)
    proof.figure("E3", "kills (-9) in the middle of a rotation", _killed(took), goal=2)
    proof.figure(
        "E3", "values left under an old key", left, at_most=0, headline=True, zh="仍在旧密钥下的值"
    )
    proof.figure("E3", "values that cannot be read", unreadable, at_most=0)
    proof.figure("E3", "reads and lookups meanwhile", world.reads, goal=100)
    proof.figure(
        "E3", "of these failed", len(world.faults), at_most=0, headline=True,
        zh="轮换期间失败的读取",
    )  # fmt: skip
    for fault in world.faults[:5]:
        proof.note(fault)
    resealing = sum(seconds for seconds, _code in took[:4])
    proof.figure("E3", "seconds to seal the three fields anew, both kills included", resealing, at_most=60)  # fmt: skip
    proof.figure("E3", "seconds for the blind indexes on top", took[4][0])
    proof.note(
        "Each purpose waits until no process remembers the old key, ten seconds in production."
        f" Seconds of each run: {', '.join(f'{seconds:.1f}' for seconds, _code in took)}."
    )


def _killed(took: list[tuple[float, int]]) -> int:
    return sum(code == -signal.SIGKILL for _seconds, code in took)


def _rotate(*arguments: str, kill_at: str = "") -> tuple[float, int]:
    """Seconds and exit code. `kill_at` is a line of its report, from which on it lives no longer."""
    before = time.monotonic()
    command = [sys.executable, "-u", "manage.py", "rotate_keys", "--verbosity", "2", *arguments]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "WARNING"}
    process = subprocess.Popen(
        command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True
    )
    name, _colon, least = kill_at.partition(": ")
    for line in process.stdout:
        if kill_at and line.startswith(name) and int(line.split(": ")[1]) >= int(least):
            process.kill()
    code = process.wait(TO_GIVE_UP)
    assert code in (0, -signal.SIGKILL), f"rotate_keys ended with {code}"
    return time.monotonic() - before, code


@contextmanager
def _reading(world: World) -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=_read, args=(world, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(30)


def _read(world: World, over: threading.Event) -> None:
    """Rows of all three fields in turn, and a child and a person by their numbers."""
    from django.db import connection

    from core.models import User
    from institution.models import Child

    rng = random.Random(3)
    keys = [list(values) for _model, _name, values in world.fields]

    def by_number(model, lookup: str, values: dict[int, str], pk: int) -> bool:
        return (
            model.objects.filter(**{lookup: values[pk]}).values_list("pk", flat=True).first() == pk
        )

    looks: list[Callable[[], bool]] = []
    for (model, name, values), pks in zip(world.fields, keys, strict=True):
        looks.append(
            lambda model=model, name=name, values=values, pks=pks: (
                (pk := rng.choice(pks)) and getattr(model.objects.get(pk=pk), name) == values[pk]
            )
        )
    looks.append(lambda: by_number(Child, "resident_id_index__of", world.ids, rng.choice(keys[0])))
    looks.append(lambda: by_number(User, "phone_index__of", world.phones, rng.choice(keys[2])))
    while not over.is_set():
        for look in looks:
            world.reads += 1
            try:
                if not look():
                    world.faults.append("A value was read wrongly or a row was not found.")
            except Exception as fault:  # noqa: BLE001 -- whatever it is, somebody could not read
                world.faults.append(f"{type(fault).__name__}: {fault}"[:200])
        time.sleep(0.01)
    connection.close()


def _count(world: World) -> tuple[int, int]:
    """Values under an old key, and values that do not read as they did."""
    from core.crypto import CannotOpen, keyring, rotation

    keyring.forget()
    left = unreadable = 0
    for model, name, values in world.fields:
        sealed = model._meta.get_field(name)
        left += rotation.not_current(sealed).count()
        pks = sorted(values)
        for start in range(0, len(pks), 2_000):
            rows = list(model.objects.filter(pk__in=pks[start : start + 2_000]))
            sealed.load_keys(rows)
            for row in rows:
                try:
                    unreadable += getattr(row, name) != values[row.pk]
                except CannotOpen:
                    unreadable += 1
    return left, unreadable
