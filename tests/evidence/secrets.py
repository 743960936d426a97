"""Nothing readable outside of the application, nothing opens in another place, keys change while people read."""

import datetime as dt
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from decimal import Decimal
from pathlib import Path

import psycopg2

from bench import stack
from core.servers import binaries

TITLE = "Secrets: searched for in every byte, moved, and rotated under readers"
TITLE_ZH = "敏感信息：逐字节搜索、移动后不可解密、在读取中更换密钥"

CHECKOUT = Path(__file__).resolve().parents[2]
ID_START, PHONE_START, NOTE_START = "37088320250203", "1990917", "轻咳观察QZXK"
PATTERNS = (ID_START + r"\d{3}", PHONE_START + r"\d{4}", NOTE_START + r"\d{4}")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def run(proof, *, short: bool) -> None:
    with stack.running() as (postgres, redis):
        _searched(proof, postgres, redis, children=20 if short else 334)
        _moved(proof)
        _rotated(proof, rows=600 if short else 45_000, short=short)


# ---- E1 ----


def resident_id(number: int) -> str:
    body = f"{ID_START}{number:03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def _searched(proof, postgres, redis, *, children: int) -> None:
    superuser = _superuser(postgres)
    for statement in (
        "ALTER SYSTEM SET log_min_duration_statement = 0",  # every statement, with its values
        "SELECT pg_reload_conf()",
    ):
        superuser.execute(statement)
    with tempfile.TemporaryFile() as said:
        with _output_into(said):
            pages = _lived(children)
        said.seek(0)
        log = said.read()
    superuser.execute("CHECKPOINT")
    places = {
        "dump": _dump(postgres),
        "data files and WAL": _bytes(postgres.folder),
        "logs": log + _bytes(postgres.folder.parent / "logs"),
        "Redis": _of_redis(redis),
        "refusals and error pages": pages,
    }
    planted = 3 * children
    proof.figure("E1", "secrets planted", planted, goal=60)
    for place, found in places.items():
        proof.figure("E1", f"hits in {place}", hits(found), at_most=0)
    names = places["dump"].count("证据幼儿".encode())
    proof.figure(
        "E1", "children's names found by the same search of the dump", names, goal=children
    )
    megabytes = sum(map(len, places.values())) // 1_000_000
    proof.note(
        f"{megabytes} MB were searched as text and as hexadecimal. PostgreSQL logged every statement with its values."
    )
    proof.note(
        "Sealed are resident ids, phones, health notes, certificate numbers and machines' secrets. "
        "Names, dates of birth and the free text of the daily log are not: row-level security guards them."
    )


def hits(found: bytes) -> int:
    count = 0
    for pattern in PATTERNS:
        start = pattern.partition("\\")[0].encode()
        count += len(re.findall(pattern.encode(), found))
        count += len(re.findall(start.hex().encode(), found, re.IGNORECASE))
    return count


def _lived(children: int) -> bytes:
    """Children are enrolled, checked, looked at and unmasked, people mistype, and the program fails once."""
    from django.test import Client, override_settings
    from django.test.utils import setup_test_environment

    from core.calendar import today
    from health.services.records import record_check
    from institution.models import ClassGroup
    from institution.services.children import enrol_child
    from tests.factories.city import build_city

    setup_test_environment()
    call_command("load_health_rules", verbosity=0)
    city = build_city()
    ClassGroup.objects.filter(pk=city.a.small.pk).update(capacity=1_000)
    director, worker = city.actor(city.a.director), city.actor(city.a.health_worker)
    enrolled = []
    for number in range(children):
        place = enrol_child(
            actor=director, name=f"证据幼儿{number}", sex="female", born_on=city.a.children[0].born_on,
            resident_id=resident_id(number), class_group=city.a.small, start_on=today(),
            guardian_name=f"家长{number}", guardian_phone=f"{PHONE_START}{number:04d}", relation="mother",
        )  # fmt: skip
        record_check(
            actor=worker, child=place.child, temperature=Decimal("36.6"), action="observed",
            findings=["cough"], note=f"{NOTE_START}{number:04d}",
        )  # fmt: skip
        enrolled.append(place.child)
    pages = b""
    with override_settings(ALLOWED_HOSTS=["*"]):
        browser = Client(raise_request_exception=False)
        for number in range(10):
            form = {"username": f"{PHONE_START}{number:04d}", "password": "wrong password here"}
            Client().post("/sign-in/", form)
        browser.force_login(city.a.director)
        for child in enrolled[:10]:
            pages += browser.get(f"/nursery/children/{child.pk}/").content
            refused = browser.post(f"/nursery/children/{child.pk}/identity/", {"purpose": ""})
            pages += refused.content
            browser.post(f"/nursery/children/{child.pk}/identity/", {"purpose": "filing"})
        pages += _failed(browser, enrolled[0])
    return pages


def _failed(browser, child) -> bytes:
    """The database fails in the middle of a form that carries a whole number."""
    from unittest import mock

    form = {
        "name": child.name, "sex": child.sex, "born_on": "2025-02-03", "resident_id": resident_id(0),
    }  # fmt: skip
    with mock.patch("institution.models.Child.save", side_effect=RuntimeError("the disk is full")):
        answer = browser.post(f"/nursery/children/{child.pk}/edit/", form)
    return answer.content if answer.status_code == 500 else b""


def _superuser(postgres):
    connection = psycopg2.connect(dbname="tuoyu", user="postgres", host=str(postgres.socket))
    connection.autocommit = True
    return connection.cursor()


def _dump(postgres) -> bytes:
    program = binaries.postgres().parent / "pg_dump"
    command = [program, "-h", postgres.socket, "-U", "postgres", "-d", "tuoyu"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def _bytes(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def _of_redis(server) -> bytes:
    import redis

    client = redis.Redis.from_url(server.url)
    client.config_set("rdbcompression", "no")
    client.save()
    found = Path(client.config_get("dir")["dir"]) / client.config_get("dbfilename")["dbfilename"]
    return found.read_bytes()


class _output_into:  # noqa: N801 -- used like a function
    """Everything this process writes, whichever logger it comes from."""

    def __init__(self, file) -> None:
        self.file = file

    def __enter__(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self.kept = [os.dup(1), os.dup(2)]
        for number in (1, 2):
            os.dup2(self.file.fileno(), number)

    def __exit__(self, *error) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, kept in zip((1, 2), self.kept, strict=True):
            os.dup2(kept, number)
            os.close(kept)


# ---- E2 ----


def _moved(proof) -> None:
    from core.crypto import CannotOpen, Sealed, keyring
    from core.crypto.values import unseal
    from core.models import CryptoKey, User

    first, second = User.objects.exclude(phone_index=None).order_by("pk")[:2]
    field = User._meta.get_field("phone")
    place, other = field.place(first.sealed_id), field.place(second.sealed_id)
    value = Sealed(User.objects.filter(pk=first.pk).values_list("phone", flat=True).get())
    staff = CryptoKey.objects.get(purpose="staff", state="active").pk
    flipped = bytearray(value)
    flipped[-20] ^= 1
    tried = [
        (value, other),
        (value, place.replace(b"|phone|", b"|name|")),
        (bytes(flipped), place),
        (value[:2] + staff.to_bytes(4, "big") + value[6:], place),
    ]
    refused = 0
    for altered, where in tried:
        try:
            unseal(altered, where)
        except CannotOpen:
            refused += 1
    assert unseal(value, place) == first.phone
    assert keyring.number(staff)
    proof.figure("E2", "row swap, column swap, bit flip, key swap refused", refused, goal=4)


# ---- E3 and E4 ----


def _rotated(proof, *, rows: int, short: bool) -> None:
    from core.crypto import keyring, rotation
    from core.models import User
    from institution.models import Child

    _fill(rows)
    _looked_up(proof, rows, short=short)
    fields = [*rotation.sealed_fields("child"), *rotation.sealed_fields("contact")]
    before = sum(_readable(field) for field in fields)
    reader = _Reader([Child.objects.filter(name="轮换"), User.objects.filter(name="轮换")])
    reader.start()
    began = time.monotonic()
    kills = 0
    for purpose in ("child", "contact"):
        kills += _killed(purpose, rows)
        done = _rotate(purpose, "--resume").wait(600)
        assert done == 0, f"rotate_keys --resume ended with {done}"
    seconds = time.monotonic() - began
    reader.stop()
    keyring.forget()
    proof.figure("E3", "values sealed anew", before, goal=3 * rows)
    proof.figure("E3", "kill -9 in the middle", kills, goal=2)
    left = sum(rotation.not_current(field).count() for field in fields)
    proof.figure("E3", "values left under an old key", left, at_most=0)
    after = sum(_readable(field) for field in fields)
    proof.figure("E3", "values unreadable afterwards", before - after, at_most=0)
    proof.figure("E3", "reads that failed meanwhile", reader.failed, at_most=0)
    proof.figure("E3", "reads meanwhile", reader.read, goal=100)
    proof.figure("E3", "seconds, both kills and restarts included", round(seconds, 1), at_most=60)


def _fill(rows: int) -> None:
    from django.db import transaction

    from core.calendar import now, today
    from core.models import User
    from health.models import MorningCheck
    from institution.demo.copy import copy_in
    from institution.models import Child, ClassGroup

    group = ClassGroup.objects.order_by("pk").first()
    recorder = User.objects.order_by("pk").first()
    with transaction.atomic():
        copy_in(
            User,
            [
                User(
                    username=f"r{n}",
                    name="轮换",
                    phone=f"166{n:08d}",
                    password="!",
                    joined_at=now(),
                )
                for n in range(rows)
            ],
        )
        children = copy_in(
            Child,
            [
                Child(name="轮换", sex="male", born_on=dt.date(2025, 2, 3), resident_id=f"3708832024{n:08d}")
                for n in range(rows)
            ],
        )  # fmt: skip
        copy_in(
            MorningCheck,
            [
                MorningCheck(
                    institution_id=group.institution_id, class_group=group, child=child, day=today(),
                    checked_at=now(), temperature="36.5", findings=[], action="admitted",
                    note=f"轮换 {child.pk}", checked_by=recorder,
                )
                for child in children
            ],
        )  # fmt: skip


def _looked_up(proof, rows: int, *, short: bool) -> None:
    from institution.models import Child

    chosen = random.Random(4)
    taken = []
    for _each in range(100 if short else 1_000):
        number = f"3708832024{chosen.randrange(rows):08d}"
        began = time.perf_counter()
        assert Child.objects.only("pk").filter(resident_id_index__of=number).first() is not None
        taken.append((time.perf_counter() - began) * 1_000)
    p95 = sorted(taken)[int(len(taken) * 0.95)]
    if short:
        proof.figure("E4", "lookups by resident id that found their row", len(taken), goal=100)
    else:
        proof.figure("E4", "lookup by resident id, p95, ms", round(p95, 2), at_most=2)


def _rotate(purpose: str, *more: str) -> subprocess.Popen:
    command = [sys.executable, "manage.py", "rotate_keys", "--purpose", purpose, *more]
    env = os.environ | {"KEY_CACHE_SECONDS": "2"}
    return subprocess.Popen(command, cwd=CHECKOUT, env=env, stdout=subprocess.DEVNULL)


def _killed(purpose: str, rows: int) -> int:
    """kill -9 once some rows are done and some are not; 0 when it was too fast for that."""
    from core.crypto import rotation

    batch = max(50, rows // 50)
    fields = list(rotation.sealed_fields(purpose))
    total = sum(_filled(field) for field in fields)
    process = _rotate(purpose, "--batch", str(batch))
    while process.poll() is None:
        left = sum(rotation.not_current(field).count() for field in fields)
        started = purpose in rotation.unfinished()
        if started and left < total - batch:
            process.send_signal(signal.SIGKILL)
            process.wait(60)
            return int(sum(rotation.not_current(field).count() for field in fields) > 0)
    return 0


def _filled(field) -> int:
    from django.db import connection

    table, column = field.model._meta.db_table, field.column
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}" WHERE octet_length("{column}") > 0')
        return cursor.fetchone()[0]


def _readable(field) -> int:
    """How many values open, keys fetched a thousand at a time."""
    from core.crypto import CannotOpen

    count, last = 0, 0
    while True:
        rows = list(field.model.objects.filter(pk__gt=last).order_by("pk")[:1_000])
        if not rows:
            return count
        field.load_keys(rows)
        last = rows[-1].pk
        for row in rows:
            try:
                count += bool(getattr(row, field.attname))
            except CannotOpen:
                continue


class _Reader(threading.Thread):
    """Opens values of random rows all the while."""

    def __init__(self, querysets) -> None:
        super().__init__(daemon=True)
        self.querysets = [(rows, list(rows.values_list("pk", flat=True))) for rows in querysets]
        self.read = self.failed = 0
        self.ended = threading.Event()

    def run(self) -> None:
        from django.db import connection

        chosen = random.Random(3)
        while not self.ended.is_set():
            for rows, pks in self.querysets:
                row = rows.get(pk=chosen.choice(pks))
                try:
                    self.read += bool(getattr(row, "resident_id", "") or getattr(row, "phone", ""))
                except Exception:  # noqa: BLE001 -- whatever it is, somebody could not read
                    self.failed += 1
        connection.close()

    def stop(self) -> None:
        self.ended.set()
        self.join(60)
