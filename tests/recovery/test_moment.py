"""Back to a second before a deletion, from a base backup and the WAL that the server archived itself."""

import datetime as dt
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings as plain_settings

from core.recovery import backups, sealing, wal
from core.servers.postgres import FAST, NAME, Postgres
from tests.recovery.conftest import manage

pytestmark = pytest.mark.slow
COUNT = "SELECT count(*) FROM institution_dailycount"


@dataclass(frozen=True)
class Archived:
    """A base backup, a deletion after it, an erasure after that, and the archive of all of it."""

    data: Path
    archive: Path
    url: str
    base: Path
    moment: dt.datetime
    rows: int
    child: int

    def restore(self, into: Path, moment: str, archive: Path | None = None, **extra):
        return manage(
            "restore", str(self.base), "--into", str(into), "--until", moment,
            "--wal", str(archive or self.archive), url=self.url, data=self.data, check=False, **extra,
        )  # fmt: skip


def ask(server: Postgres, *statements: str):
    link = psycopg2.connect(host=str(server.socket), user="postgres", dbname=NAME)
    link.autocommit = True
    try:
        with link.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        link.close()


def archived_up_to_now(server: Postgres, archive: Path) -> None:
    ((last,),) = ask(server, "SELECT pg_walfile_name(pg_current_wal_lsn())")
    ask(server, "SELECT pg_switch_wal()")
    until = time.monotonic() + 30
    while last not in wal.segments(archive):
        assert time.monotonic() < until, "nothing was archived"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def archived(tmp_path_factory):
    data = tmp_path_factory.mktemp("moment")
    archive = data / "wal"
    server = Postgres(
        data / "postgres", data / "postgres.log", {**FAST, **wal.server_settings()},
        variables=wal.environment(archive, plain_settings.BACKUP_KEYS),
    )  # fmt: skip
    try:
        server.start()
        manage("migrate", "-v0", url=server.url, data=data)
        manage("load_city", "--days", "1", url=server.url, data=data)
        environment = {"WAL_ARCHIVE_DIR": str(archive)}
        manage("backup", "--physical", url=server.url, data=data, **environment)
        ask(server, "UPDATE core_region SET name = name")
        time.sleep(1.1)
        ((moment,),) = ask(server, "SELECT now()")
        ((rows,),) = ask(server, COUNT)
        ((child,),) = ask(
            server,
            "SELECT min(c.id) FROM institution_child c JOIN crypto_key k ON k.subject = c.sealed_id",
        )
        time.sleep(0.1)
        ask(server, "DELETE FROM institution_dailycount")
        manage("erase_child", str(child), "--by", "admin", url=server.url, data=data)
        archived_up_to_now(server, archive)
        base = backups.newest(data / "backups")
        yield Archived(data, archive, server.url, base, moment, rows, child)
    finally:
        server.stop()


def looked_at(folder: Path, *statements: str):
    server = Postgres(folder, folder.with_name("again.log"), FAST)
    try:
        server.start()
        return [ask(server, statement) for statement in statements]
    finally:
        server.stop()


def test_deleted_rows_are_back_and_erased_children_stay_erased(archived, tmp_path):
    answer = archived.restore(tmp_path / "back", archived.moment.isoformat())

    assert answer.returncode == 0, answer.stderr
    assert "names 1 children; erased again: 1" in answer.stdout
    counted, child, keys = looked_at(
        tmp_path / "back",
        COUNT,
        f"SELECT name, octet_length(resident_id) FROM institution_child WHERE id = {archived.child}",
        "SELECT count(*) FROM crypto_key k JOIN institution_child c ON c.sealed_id = k.subject"
        f" WHERE c.id = {archived.child} AND k.state <> 'destroyed'",
    )
    assert counted == [(archived.rows,)]
    assert archived.rows > 0
    assert (child, keys) == ([("—", 0)], [(0,)])
    assert not (tmp_path / "back" / "recovery.signal").exists()
    assert "restore_command" not in (tmp_path / "back" / "postgresql.auto.conf").read_text()


def test_moment_outside_of_backup_and_archive_is_refused(archived, tmp_path):
    later = archived.restore(tmp_path / "later", "2199-01-01T00:00:00+08:00")
    earlier = archived.restore(tmp_path / "earlier", "2001-01-01T00:00:00+08:00")
    nonsense = archived.restore(tmp_path / "nonsense", "2026-13-45T00:00:00")

    assert "could not be reached" in later.stderr
    assert "younger than" in earlier.stderr
    assert "not a moment" in nonsense.stderr
    assert {later.returncode, earlier.returncode, nonsense.returncode} == {1}
    assert not (tmp_path / "earlier").exists()


def lose_first(folder: Path) -> None:
    (folder / f"{wal.segments(folder)[-2]}.sealed").unlink()


def lose_last(folder: Path) -> None:
    for name in wal.segments(folder)[-2:]:
        (folder / f"{name}.sealed").unlink()


def flip(folder: Path) -> None:
    path = folder / f"{wal.segments(folder)[-1]}.sealed"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def exchange(folder: Path) -> None:
    *_, one, other = (folder / f"{name}.sealed" for name in wal.segments(folder))
    other.write_bytes(one.read_bytes())


@pytest.mark.parametrize("harm", [lose_first, lose_last, flip, exchange])
def test_damaged_or_missing_wal_is_refused(archived, tmp_path, harm):
    archive = tmp_path / "wal"
    shutil.copytree(archived.archive, archive)
    archive.chmod(0o755)
    harm(archive)

    answer = archived.restore(tmp_path / "back", archived.moment.isoformat(), archive)

    assert answer.returncode == 1
    assert "WAL archive lacks" in answer.stderr or "could not be reached" in answer.stderr


def test_wal_without_its_key_is_refused(archived, tmp_path):
    other = sealing.base64.urlsafe_b64encode(b"\7" * 32).decode()

    answer = archived.restore(tmp_path / "back", archived.moment.isoformat(), BACKUP_KEYS=other)

    assert answer.returncode == 1
    assert "which is not here" in answer.stderr


def test_nothing_of_the_archive_is_in_the_clear(archived):
    written = b"".join(path.read_bytes() for path in archived.archive.glob("*.sealed"))

    assert len(wal.segments(archived.archive)) > 1
    assert all(name.endswith(".sealed") for name in (p.name for p in archived.archive.iterdir()))
    assert b"institution_child" not in written
    assert len(written) < 16 * 1024 * 1024
