"""B1 to B4: a backup restored and compared, damaged ones refused, a migration under load, migrations there and back."""

import io
import os
import shutil
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from bench import stack

TITLE = "Recovery: backups restored and compared, damaged ones refused, migrations under load"
TITLE_ZH = "恢复：备份还原并逐行核对，损坏备份一律拒绝，负载下迁移"

REQUESTS_PER_SECOND = 50
REPORT_SECONDS = 4
TABLE = "institution_attendance"


def run(proof, *, short: bool) -> None:
    with stack.running() as (postgres, _redis):
        from django.core.management import call_command

        os.environ["DEMO"] = "true"
        from django.conf import settings

        settings.DEMO_CITY_ALLOWED = True
        call_command("load_city", scale="demo", days=2 if short else 30, verbosity=0)
        _restored(proof)
        _refused(proof)
        _under_load(proof, postgres, seconds=6 if short else 20)
        _there_and_back(proof, postgres)


def _restored(proof) -> None:
    from core.recovery import backups, drill

    began = time.monotonic()
    made = backups.make()
    proof.note(f"The backup took {time.monotonic() - began:.1f} s.")
    report = drill.drill(made.folder)
    proof.figure("B1", "differences after a restore", report["differences"], at_most=0)
    proof.figure("B1", "checks of the restored database that failed", _failed(report), at_most=0)
    proof.figure("B1", "rows compared", report["rows"], goal=5_000)
    proof.figure(
        "B1", "seconds until every row was there again and compared", report["restored_in"]
    )
    whole = backups.make(kind=backups.PHYSICAL)
    proof.figure(
        "B1", "differences after a data folder was brought back",
        drill.drill(whole.folder)["differences"], at_most=0,
    )  # fmt: skip
    proof.note("Time for 100 million rows and the loss of the last minutes were not measured.")


def _failed(report: dict) -> int:
    return sum(not check["ok"] for check in report["checks"])


def _refused(proof) -> None:
    from core.recovery import backups
    from core.recovery.errors import Trouble

    made = backups.make()
    refused = 0
    for number, harm in enumerate(HARM):
        root = made.folder.parent.parent / f"harmed-{number}"
        shutil.copytree(made.folder, root / made.id)
        harm(root / made.id)
        try:
            backups.opened(root / made.id)
        except Trouble:
            refused += 1
        shutil.rmtree(root)
    from django.conf import settings

    from core.recovery import needs

    kept, settings.FIELD_KEYS = (
        settings.FIELD_KEYS,
        ["BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="],
    )
    try:
        needs.check(made.manifest)
    except Trouble:
        refused += 1
    settings.FIELD_KEYS = kept
    proof.figure("B2", "kinds of damage refused", refused, goal=len(HARM) + 1)
    proof.note(
        "Damage to WAL of a data folder is a test of its own: tests/recovery/test_backups.py."
    )


def _flip(folder: Path) -> None:
    path = folder / "database.sealed"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _cut(folder: Path) -> None:
    path = folder / "database.sealed"
    path.write_bytes(path.read_bytes()[:-1])


def _lose(folder: Path) -> None:
    (folder / "database.sealed").unlink()


def _forge(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"rows": ', '"rows": 1', 1))


HARM: tuple[Callable[[Path], None], ...] = (_flip, _cut, _lose, _forge)


def _under_load(proof, postgres, *, seconds: int) -> None:
    """Readers of a table, a report that holds it, and an ALTER TABLE that wants it for itself, as `migrate` runs it."""
    from django.db import connections

    from core.management.commands import migrate
    from core.postgres import owner

    def alter() -> None:
        with owner.as_owner(), migrate.patient(connections["default"]):
            migrate.Command(stdout=io.StringIO()).until_the_locks_are_free(
                lambda: _change(connections["default"])
            )

    waits, errors = _measure(postgres, alter, seconds)
    proof.figure(
        "B3", "longest wait of a reader while a migration waits, ms", max(waits), at_most=500
    )
    proof.figure("B3", "reads that failed", errors, at_most=0)
    proof.figure(
        "B3", "reads a second", round(len(waits) / seconds, 1), goal=REQUESTS_PER_SECOND * 0.9
    )

    def alter_without() -> None:
        with owner.as_owner():
            _change(connections["default"])

    without, _ = _measure(postgres, alter_without, seconds)
    proof.note(
        f"Without the time-out the same ALTER TABLE made a reader wait {max(without):.0f} ms;"
        f" the median of a read is {statistics.median(waits):.1f} ms."
    )
    proof.note(
        "The reads are statements on connections of their own, not pages through the web server."
    )


def _change(connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS tried integer")
        cursor.execute(f"ALTER TABLE {TABLE} DROP COLUMN tried")


def _measure(postgres, alter: Callable[[], None], seconds: int) -> tuple[list[float], int]:
    waits: list[float] = []
    errors: list[BaseException] = []
    end = time.monotonic() + seconds
    readers = 10
    threads = [
        threading.Thread(target=_read, args=(postgres, waits, errors, end, readers))
        for _ in range(readers)
    ]
    with _report(postgres):
        for thread in threads:
            thread.start()
        alter()
        for thread in threads:
            thread.join()
    return waits, len(errors)


def _read(
    postgres, waits: list[float], errors: list[BaseException], end: float, readers: int
) -> None:
    connection = psycopg2.connect(postgres.superuser_url)
    connection.autocommit = True
    pause = readers / REQUESTS_PER_SECOND
    with connection.cursor() as cursor:
        due = time.monotonic()
        while due < end:
            time.sleep(max(0.0, due - time.monotonic()))
            began = time.monotonic()
            try:
                cursor.execute(f"SELECT count(*) FROM {TABLE} WHERE day = current_date")
            except psycopg2.Error as error:
                errors.append(error)
            waits.append((time.monotonic() - began) * 1000)
            due += pause
    connection.close()


@contextmanager
def _report(postgres) -> Iterator[None]:
    """Somebody reads for a long time: a lock that lets readers pass and nobody who changes the table."""
    started = threading.Event()

    def read() -> None:
        connection = psycopg2.connect(postgres.superuser_url)
        with connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {TABLE}")
            started.set()
            cursor.execute("SELECT pg_sleep(%s)", [REPORT_SECONDS])
        connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    started.wait()
    yield
    thread.join()


def _there_and_back(proof, postgres) -> None:
    """The last migration of each app undone and done again, with the city in the tables."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    from core.recovery import database

    where = database.own_address()
    loader = MigrationLoader(connection)
    tried, lossy = 0, []
    for app in ("quality", "training", "health", "institution"):
        last = loader.graph.leaf_nodes(app)[0]
        parents = [key for key in loader.graph.node_map[last].parents if key.key[0] == app]
        if not parents:
            continue
        before = _hashes(database, where)
        call_command("migrate", app, parents[0].key[1], verbosity=0)
        call_command("migrate", verbosity=0)
        after = _hashes(database, where)
        tried += 1
        if before != after:
            lossy.append(f"{app}.{last[1]}")
    proof.figure(
        "B4", "migrations undone and done again with other rows afterwards", len(lossy), at_most=0
    )
    proof.figure("B4", "migrations undone and done again", tried, goal=1)
    if lossy:
        proof.note(f"Rows changed: {', '.join(lossy)}")


def _hashes(database, where) -> dict:
    with database.connected(where, snapshot=True) as connection:
        found = database.tables(connection)
    return {name: each for name, each in found.items() if "django_migrations" not in name}
