import base64
import json
import shutil
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from core.models import AuditEvent, UpkeepRun
from core.recovery import backups, checks, database, drill, erasures, manifest, restoring
from core.recovery.errors import Damaged, Trouble
from tests.recovery.conftest import manage, run_sql, superuser, url_of

pytestmark = pytest.mark.django_db


def restored(folder, name: str, tmp_path) -> restoring.Compared:
    storage = restoring.folder_storage(tmp_path / "files")
    return restoring.restore(folder, superuser(name), storage=storage, make_roles=True)


def test_restored_database_is_equal_row_by_row(source, empty_database, tmp_path):
    compared = restored(source.backup.folder, empty_database, tmp_path)

    assert compared.differences == []
    assert compared.rows > 5_000
    for each in source.backup.stored():
        assert manifest.sha256(tmp_path / "files" / each.path) == each.sha256
    assert source.backup.stored()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE core_user SET name = name || '.' WHERE id = (SELECT min(id) FROM core_user)", "core_user has the same number of rows and other content"),
        ("DELETE FROM institution_dailycount WHERE id = (SELECT min(id) FROM institution_dailycount)", "institution_dailycount had"),
        ("DROP TABLE institution_childgrant", "institution_childgrant is only in the backup"),
        ("CREATE TABLE added AS SELECT 1", "added is only in the restored database"),
        ("ALTER TABLE core_auditevent DISABLE TRIGGER ALL", "triggers: missing"),
        ("ALTER TABLE institution_attendance DROP CONSTRAINT institution_attendance_once", "constraints: missing institution_attendance_once"),
        ("ALTER TABLE core_user ENABLE ROW LEVEL SECURITY", "row security: missing core_user"),
        ("GRANT DELETE ON core_auditevent TO PUBLIC", "owners and grants: missing core_auditevent"),
        ("SELECT setval('core_auditevent_id_seq', 1)", "sequence core_auditevent_id_seq was at"),
        ("CREATE OR REPLACE FUNCTION institution_dailyentry_keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", "functions: missing institution_dailyentry_keep"),
    ],
    ids=["value", "row", "table gone", "table added", "trigger", "constraint", "row security", "grant", "sequence", "function"],
)  # fmt: skip
def test_any_difference_is_told(source, restored_once, change, told):
    name, again = restored_once
    run_sql(name, change)

    said = restoring.compare(source.backup, superuser(name)).differences

    again()
    assert any(told in sentence for sentence in said), said


@pytest.fixture(scope="module")
def kept_restored(source, tmp_path_factory):
    """A restored database as a template, so that each change is tried on a fresh copy of it."""
    from tests.recovery.conftest import database_named, worker_name  # noqa: PLC0415

    with database_named(worker_name("recovery_kept")) as name:
        restored(source.backup.folder, name, tmp_path_factory.mktemp("kept"))
        yield name


@pytest.fixture
def restored_once(kept_restored):
    copy = f"{kept_restored}_copy"

    def drop() -> None:
        run_sql("postgres", f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)")

    drop()
    run_sql("postgres", f"CREATE DATABASE {copy} OWNER tuoyu TEMPLATE {kept_restored}")
    yield copy, drop
    drop()


def flip(path, place: int = -40) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))


def flip_dump(folder):
    flip(folder / backups.DUMP)


def truncate_dump(folder):
    path = folder / backups.DUMP
    path.write_bytes(path.read_bytes()[:-1000])


def lose_dump(folder):
    (folder / backups.DUMP).unlink()


def lose_manifest(folder):
    (folder / manifest.NAME).unlink()


def edit_manifest(folder):
    path = folder / manifest.NAME
    said = json.loads(path.read_text())
    said["tables"]["public.core_user"]["rows"] += 1
    path.write_text(json.dumps(said))


def flip_file_list(folder):
    flip(folder / backups.FILE_LIST)


def flip_upload(folder):
    flip(next((folder.parent / "pool").rglob("*.sealed")))


def lose_upload(folder):
    next((folder.parent / "pool").rglob("*.sealed")).unlink()


def exchange_uploads(folder):
    one, other, *_ = sorted((folder.parent / "pool").rglob("*.sealed"))
    spare = folder.parent / "spare"
    one.rename(spare)
    other.rename(one)
    spare.rename(other)


def rename_backup(folder):
    shutil.copytree(folder, folder.with_name("20990101T000000Z-00000000"))
    shutil.rmtree(folder)
    folder.with_name("20990101T000000Z-00000000").rename(folder)
    said = json.loads((folder / manifest.NAME).read_text())
    said["id"] = "20990101T000000Z-00000000"
    (folder / manifest.NAME).write_text(json.dumps(said))


DAMAGE = [
    flip_dump, truncate_dump, lose_dump, lose_manifest, edit_manifest, flip_file_list, flip_upload, lose_upload,
    exchange_uploads, rename_backup,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_damaged_backup_is_refused(backup_copy, empty_database, tmp_path, damage):
    damage(backup_copy)

    with pytest.raises(Damaged if "lose_upload" not in damage.__name__ else Trouble):
        restored(backup_copy, empty_database, tmp_path)
    assert not list((tmp_path / "files").rglob("*.jpg")) or "upload" in damage.__name__


def signed_anew(folder, settings) -> None:
    """Whoever has the signing key but not the backup key writes hashes that fit."""
    said = json.loads((folder / manifest.NAME).read_text())
    said.pop("signature")
    path = folder / backups.DUMP
    said["files"][backups.DUMP] = {"sha256": manifest.sha256(path), "bytes": path.stat().st_size}
    manifest.write(folder, said, settings.BACKUP_SIGNING_KEY)


@pytest.mark.parametrize("damage", [flip_dump, truncate_dump], ids=lambda damage: damage.__name__)
def test_damage_behind_a_right_signature_leaves_the_database_empty(
    backup_copy, empty_database, tmp_path, settings, damage
):
    damage(backup_copy)
    signed_anew(backup_copy, settings)

    with pytest.raises(Damaged, match="piece"):
        restored(backup_copy, empty_database, tmp_path)
    with database.connected(superuser(empty_database)) as connection:
        assert database.is_empty(connection)


def another_key() -> str:
    return base64.urlsafe_b64encode(b"\7" * 32).decode()


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("FIELD_KEYS", [another_key()], "needs the field keys"),
        ("BACKUP_KEYS", [another_key()], "which is not here"),
        ("BACKUP_SIGNING_KEY", another_key(), "another BACKUP_SIGNING_KEY"),
    ],
)
def test_without_a_key_nothing_is_restored(
    source, empty_database, tmp_path, settings, setting, value, told
):
    setattr(settings, setting, value)

    with pytest.raises(Trouble, match=told):
        restored(source.backup.folder, empty_database, tmp_path)
    with database.connected(superuser(empty_database)) as connection:
        assert database.is_empty(connection)


def test_database_with_something_in_it_is_left_alone(source, empty_database, tmp_path):
    run_sql(empty_database, "CREATE TABLE mine AS SELECT 1 AS one")

    with pytest.raises(Trouble, match="not empty"):
        restored(source.backup.folder, empty_database, tmp_path)
    assert run_sql(empty_database, "SELECT one FROM mine") == [(1,)]


def test_missing_roles_are_named(source, empty_database, monkeypatch):
    said = source.backup.manifest | {"roles": [{"name": "nobody_here", "login": True, "bypassrls": False}]}  # fmt: skip
    backup = backups.Backup(source.backup.folder, said)

    with pytest.raises(Trouble, match="nobody_here"):
        restoring.fill(backup, superuser(empty_database), make_roles=False)


def test_restored_database_works(source, empty_database, tmp_path):
    restored(source.backup.folder, empty_database, tmp_path)
    answer = manage(
        "check_restored", "--json", url=url_of(empty_database, "tuoyu_app"), data=tmp_path
    )

    done = [checks.Check(**check) for check in json.loads(answer.stdout.splitlines()[-1])]
    assert [check for check in done if not check.ok] == []
    assert next(c for c in done if c.name == "sealed values").detail.startswith("100 values of")


def test_drill_finds_nothing_different_and_is_recorded(source, usual_backups, tmp_path):
    call_command("restore_drill", "--from", source.backup.folder)

    row = UpkeepRun.objects.get(kind="drill")
    event = AuditEvent.objects.get(action="restore.drilled")
    (written,) = (tmp_path / "backups/drills").glob("*.json")
    report = json.loads(written.read_text())
    assert (row.state, event.outcome, row.report["differences"]) == ("done", "done", 0)
    assert report["ok"]
    assert [check["name"] for check in report["checks"]] == [
        "rows equal", "catalogue equal", "migrations", "sealed values", "erasures", "audit chain", "sign-in",
    ]  # fmt: skip
    assert not list(usual_backups.glob("scratch-*"))


def test_drill_fails_on_a_difference(source, usual_backups, monkeypatch):
    monkeypatch.setattr(
        drill, "_restored", lambda *_: restoring.Compared(rows_differ=["core_user had 2 rows"])
    )
    monkeypatch.setattr(drill, "_checked", lambda *_: [])

    with pytest.raises(CommandError, match="not what was saved"):
        call_command("restore_drill", "--from", source.backup.folder)
    assert UpkeepRun.objects.get(kind="drill").state == "failed"


def test_drill_of_a_damaged_backup_is_refused_and_recorded(backup_copy, usual_backups):
    flip_dump(backup_copy)

    with pytest.raises(CommandError, match="refused"):
        call_command("restore_drill", "--from", backup_copy)
    row = UpkeepRun.objects.get(kind="drill")
    assert (row.state, row.report["backup"]) == ("failed", backup_copy.name)
    assert "altered" in row.report["error"]


@pytest.fixture
def erased_since(source, settings, tmp_path) -> tuple[int, str]:
    """A child with a resident id in the backup, and the ledger of today that names it."""
    ((child, subject),) = run_sql(
        source.address["dbname"],
        "SELECT c.id, c.sealed_id::text FROM institution_child c JOIN crypto_key k ON k.subject = c.sealed_id"
        " ORDER BY c.id LIMIT 1",
    )
    ledger = tmp_path / "erasures.jsonl"
    ledger.write_text(json.dumps({"subject": subject, "at": "2026-11-28T09:00:00+08:00"}) + "\n")
    settings.ERASURE_LEDGER = str(ledger)
    return child, subject


LIVE_KEYS = "SELECT count(*) FROM crypto_key WHERE subject = '{}' AND state <> 'destroyed'"


def test_child_erased_since_the_backup_stays_unreadable_after_a_restore(
    source, empty_database, tmp_path, erased_since
):
    child, subject = erased_since
    name = source.address["dbname"]
    assert run_sql(name, LIVE_KEYS.format(subject)) == [(1,)]

    compared = restored(source.backup.folder, empty_database, tmp_path)

    assert compared.differences == []
    assert compared.erased == erasures.Erased(listed=1, again=1)
    assert run_sql(empty_database, LIVE_KEYS.format(subject)) == [(0,)]
    assert run_sql(
        empty_database,
        f"SELECT name, octet_length(resident_id), resident_id_index FROM institution_child WHERE id = {child}",
    ) == [("—", 0, None)]
    assert run_sql(
        empty_database, f"SELECT count(*) FROM institution_guardianship WHERE child_id = {child}"
    ) == [(0,)]
    kept = {file for (file,) in run_sql(empty_database, "SELECT file FROM core_attachment")}
    pictures = {path.name for path in (tmp_path / "files").rglob("*.jpg")}
    assert "attachments/01/1.jpg" in kept
    assert "attachments/02/2.jpg" not in kept
    assert "1.jpg" in pictures
    assert "2.jpg" not in pictures
    assert (tmp_path / "erasures.jsonl").read_text().count("\n") == 1


def test_drill_erases_again_in_its_scratch_server_and_checks_it(
    source, usual_backups, erased_since, tmp_path
):
    call_command("restore_drill", "--from", source.backup.folder)

    report = UpkeepRun.objects.get(kind="drill").report
    said = next(check for check in report["checks"] if check["name"] == "erasures")
    assert (report["erased_again"], report["differences"]) == (1, 0)
    assert said["ok"]
    assert said["detail"] == "none of 1 erased children can be read"


def test_keys_are_destroyed_even_where_the_rest_has_to_wait_for_migrate(
    source, empty_database, tmp_path, erased_since, monkeypatch
):
    _child, subject = erased_since
    failing = SimpleNamespace(returncode=1, stderr="no such column")
    # of that module only: the restore itself asks programs too
    monkeypatch.setattr(erasures, "subprocess", SimpleNamespace(run=lambda *_, **__: failing))

    with pytest.raises(Trouble, match=r"no such column.*migrate"):
        restored(source.backup.folder, empty_database, tmp_path)
    assert run_sql(empty_database, LIVE_KEYS.format(subject)) == [(0,)]


def test_ledger_that_cannot_be_read_stops_the_restore(
    source, empty_database, tmp_path, erased_since, settings
):
    (tmp_path / "erasures.jsonl").write_text("{half a line")

    with pytest.raises(Trouble, match="ledger"):
        restored(source.backup.folder, empty_database, tmp_path)
    with database.connected(superuser(empty_database)) as connection:
        assert database.is_empty(connection)
