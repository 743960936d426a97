"""B1 to B4: a backup restored and compared, damaged ones refused, a migration under load, migrations there and back."""

import datetime as dt
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

TITLE = "Recovery: backups restored and compared, back to any moment, damaged ones refused, migrations under load"
TITLE_ZH = "恢复：备份还原并逐行核对，可回到任意时刻，损坏备份一律拒绝，负载下迁移"

REQUESTS_PER_SECOND = 50
REPORT_SECONDS = 4
TRIES = 3
TABLE = "institution_attendance"


def run(proof, *, short: bool) -> None:
    from core.recovery import wal

    with stack.running(archive_seconds=5 if short else wal.TIMEOUT_SECONDS) as (postgres, _redis):
        from django.core.management import call_command

        os.environ["DEMO"] = "true"
        from django.conf import settings

        settings.DEMO_CITY_ALLOWED = True
        call_command("load_city", scale="demo", days=2 if short else 30, verbosity=0)
        _restored(proof)
        _refused(proof)
        _erased(proof)
        _loss(proof)
        _moment(proof)
        _under_load(proof, postgres, seconds=6 if short else 20)
        _there_and_back(proof)


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
    proof.note("Time for 100 million rows was not measured.")


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
    proof.figure("B2", "kinds of damage to a backup refused", refused, goal=len(HARM) + 1)


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


def _erased(proof) -> None:
    """A child is erased after the backup was made, and the backup is restored."""
    from core.recovery import backups, drill
    from institution.models import Child
    from institution.services.erasure import erase_child

    made = backups.make()
    child = Child.objects.exclude(resident_id_index=None).earliest("pk")
    erase_child(actor=None, child=child, reason="request")
    report = drill.drill(made.folder)
    readable = next(check for check in report["checks"] if check["name"] == "erasures")
    proof.figure(
        "B1",
        "erased children whose key an older backup brought back",
        report["erased_again"],
        goal=1,
    )
    proof.figure(
        "B1",
        "erased children could be read after that restore, 1 for yes",
        int(not readable["ok"]),
        at_most=0,
    )


def _loss(proof) -> None:
    """The worst moment for a machine to be lost: just before a segment is closed that nothing else fills.

    A segment that something fills is closed early and shows less than the worst, so it does not count: then again.
    """
    from core.recovery import database

    with database.connected(database.own_address()) as link:
        with link.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # or autovacuum fills the segment meanwhile
            cursor.execute("CHECKPOINT")
        asked = "SELECT setting::integer FROM pg_settings WHERE name = 'archive_timeout'"
        ((timeout,),) = database.rows(link, asked)
    waits: list[float] = []
    while len(waits) < TRIES and max(waits, default=0) < timeout - 5:
        waits.append(_until_archived())
    proof.figure(
        "B1", "longest time until a commit was in the archive, s", max(waits), at_most=300,
        headline=True, zh="提交写入归档的最长时间（秒）",
    )  # fmt: skip
    by_time = sum(wait >= timeout - 5 for wait in waits)
    proof.figure(
        "B1", "segments closed by the time-out, not because they were full", by_time, goal=1
    )


def _until_archived() -> float:
    from django.db import connection

    from core.recovery import wal

    _archived(connection)
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_tally (name, since, count) VALUES ('proof', clock_timestamp(), 1)"
        )
        cursor.execute("SELECT pg_walfile_name(pg_current_wal_lsn())")
        (segment,) = cursor.fetchone()
    while segment not in wal.segments(_archive()):
        time.sleep(0.2)
    return time.monotonic() - began


def _archive() -> Path:
    return Path(os.environ["WAL_ARCHIVE_DIR"])


def _archived(connection) -> None:
    """Everything up to now: its segment is closed and in the archive."""
    from core.recovery import database, wal

    with database.connected(database.own_address()) as link:
        ((segment,),) = database.rows(link, "SELECT pg_walfile_name(pg_current_wal_lsn())")
        database.rows(link, "SELECT pg_switch_wal()")
    while segment not in wal.segments(_archive()):
        time.sleep(0.1)


def _moment(proof) -> None:
    """Rows are deleted; the database goes back to a second before."""
    from django.db import connection

    from core.calendar import now
    from core.recovery import backups, database, moment, wal
    from core.recovery.errors import Trouble
    from core.servers.postgres import NAME, Postgres

    base = backups.make(kind=backups.PHYSICAL)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO core_tally (name, since, count) VALUES ('later', now(), 1)")
    before = _hashes(database, database.own_address())
    time.sleep(1.5)
    target = now() - dt.timedelta(seconds=1)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE}")
        deleted = cursor.rowcount
    _archived(connection)
    into = _archive().parent / "back"
    reached = moment.restore(base.folder, into, target, archive=_archive())
    server = Postgres(into, into.with_name("back.log"))
    try:
        server.start()
        after = _hashes(database, {"host": str(server.socket), "user": "postgres", "dbname": NAME})
    finally:
        server.stop()
    back = after[f"public.{TABLE}"]["rows"]
    proof.figure("B1", "rows deleted a second after the moment", deleted, goal=1)
    proof.figure(
        "B1",
        "of them not back",
        deleted - back,
        at_most=0,
        headline=True,
        zh="恢复到删除前一秒后未找回的行",
    )
    proof.figure(
        "B1",
        "tables that differ from those of the moment",
        len(database.differences(before, after)),
        at_most=0,
    )
    proof.figure("B1", "seconds to go back to a moment", reached.seconds)
    refused = 0
    for number, harm in enumerate((_wal_missing, _wal_flipped, _wal_ends)):
        archive = _archive().parent / f"wal-{number}"
        shutil.copytree(_archive(), archive)
        harm(archive, base.manifest["wal"]["first"], wal)
        try:
            moment.restore(base.folder, into.with_name(f"back-{number}"), target, archive=archive)
        except Trouble:
            refused += 1
    proof.figure("B2", "kinds of damaged or missing WAL refused", refused, goal=3)


def _wal_missing(archive: Path, first: str, _wal) -> None:
    (archive / f"{first}.sealed").unlink()


def _wal_flipped(archive: Path, first: str, wal) -> None:
    path = archive / f"{wal.whole_from(first, archive)[-1]}.sealed"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _wal_ends(archive: Path, first: str, wal) -> None:
    for name in wal.whole_from(first, archive)[1:]:
        (archive / f"{name}.sealed").unlink()


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


def _there_and_back(proof) -> None:
    """The last migration of each app undone and done again, with the city in the tables."""
    from django.core.management import call_command

    from core.recovery import database
    from tests.recovery.steps import last_steps

    where = database.own_address()
    steps, before = last_steps(), _hashes(database, where)
    for app, _name, back_to in steps:
        call_command("migrate", app, back_to, verbosity=0)
    call_command("migrate", verbosity=0)
    differences = database.differences(before, _hashes(database, where))
    proof.figure("B4", "last migrations undone and done again", len(steps), goal=3)
    proof.figure(
        "B4", "tables with other rows afterwards", len(differences), at_most=0,
        headline=True, zh="各应用最近一次迁移回退再执行后有差异的表",
    )  # fmt: skip
    proof.note(f"Undone and done again: {', '.join(f'{app}.{name}' for app, name, _ in steps)}.")
    for sentence in differences:
        proof.note(sentence)


def _hashes(database, where) -> dict:
    with database.connected(where, snapshot=True) as connection:
        found = database.tables(connection)
    return {name: each for name, each in found.items() if "django_migrations" not in name}
