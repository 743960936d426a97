import base64
import json

import pytest

from core import tasks
from core.models import AuditEvent, UpkeepRun
from core.recovery import backups, database, files, physical, programs
from core.recovery.errors import Damaged, Trouble
from tests.recovery.conftest import run_sql

pytestmark = pytest.mark.django_db


def test_backup_says_what_it_holds_and_is_recorded(usual_backups, source):
    made = backups.make()

    row = UpkeepRun.objects.get()
    event = AuditEvent.objects.get(action="backup.made")
    with database.connected(source.address, snapshot=True) as connection:
        assert made.manifest["tables"] == database.tables(connection)
    assert (row.state, row.report["backup"]) == ("done", made.id)
    assert (event.outcome, event.data["rows"]) == ("done", row.report["rows"])
    assert row.report["rows"] > 5_000
    assert "core.0001_initial" in made.manifest["migrations"]


def test_nothing_of_a_backup_can_be_read_without_its_key(usual_backups, source):
    made = backups.make()
    names = [name.encode() for (name,) in run_sql(
        source.address["dbname"], "SELECT name FROM institution_child LIMIT 200")]  # fmt: skip
    schema = [b"CREATE TABLE", b"institution_child", b"PGDMP"]
    written = b"".join(
        path.read_bytes() for path in usual_backups.rglob("*.sealed") if path.is_file()
    )

    assert len(names) == 200
    assert [secret for secret in (*names, *schema) if secret in written] == []
    assert made.manifest["keys"]["fields"]


def test_keys_are_not_in_a_backup(usual_backups, settings):
    backups.make()
    secrets = [*settings.FIELD_KEYS, settings.BLIND_INDEX_KEY, *settings.BACKUP_KEYS]
    forms = [s.encode() for s in secrets] + [base64.urlsafe_b64decode(s) for s in secrets]
    for path in usual_backups.rglob("*"):
        if path.is_file():
            assert not [form for form in forms if form in path.read_bytes()], path


def test_oldest_backups_go_and_their_uploads_with_them(usual_backups, source, settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(source.folder / "files")},
        }
    }
    first = backups.make()
    stray = usual_backups / files.POOL / "00" / f"{'0' * 64}.sealed"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"of a backup that is gone")
    second, third = backups.make(keep=2), backups.make(keep=2)

    assert [folder.name for folder in backups.folders(usual_backups)] == [second.id, third.id]
    assert not first.folder.exists()
    assert not stray.exists()
    assert third.stored() == second.stored() != []
    assert all(third.pool().path(each.object).is_file() for each in third.stored())


def test_damaged_backup_stops_the_deletion_of_older_ones(usual_backups):
    first, second = backups.make(), backups.make()
    (second.folder / backups.DUMP).write_bytes(b"")

    with pytest.raises(Damaged):
        backups.make(keep=2)
    assert first.folder.exists()


def test_failed_dump_leaves_no_backup(usual_backups, monkeypatch):
    monkeypatch.setattr(programs, "tool", lambda name, server: "/bin/false")

    with pytest.raises(Trouble, match="false failed"):
        backups.make()
    assert backups.folders(usual_backups) == []
    assert not list(usual_backups.glob("*.part"))
    assert UpkeepRun.objects.get().state == "failed"


@pytest.mark.parametrize("missing", ["BACKUP_KEYS", "BACKUP_SIGNING_KEY"])
def test_without_its_keys_no_backup_is_made(usual_backups, settings, missing):
    setattr(settings, missing, [] if missing == "BACKUP_KEYS" else "")

    with pytest.raises(Trouble, match=missing):
        backups.make()
    assert not usual_backups.exists()


def test_policy_that_hides_rows_makes_the_backup_fail(usual_backups, source, settings):
    """A login that row-level security binds would dump nothing and call it a success."""
    name = source.address["dbname"]
    login = f"bound_{name}"
    settings.BACKUP_DATABASE = settings.BACKUP_DATABASE | {"USER": login}
    run_sql(
        name,
        f"CREATE ROLE {login} LOGIN",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {login}",
        f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {login}",
        "CREATE TABLE guarded AS SELECT 1 AS one",
        f"GRANT SELECT ON guarded TO {login}",
        "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    )
    try:
        with pytest.raises(Trouble, match="row-level security"):
            backups.make()
    finally:
        run_sql(name, "DROP TABLE guarded", f"DROP OWNED BY {login}", f"DROP ROLE {login}")
    assert backups.folders(usual_backups) == []


def test_data_folder_is_verified_and_damage_in_it_found(usual_backups, tmp_path):
    made = backups.make(kind=backups.PHYSICAL)
    server, folder = made.manifest["server"], tmp_path / "data"
    physical.unpack(made.pieces(backups.DUMP), folder)
    physical.verify(folder, server)

    wal = min((folder / "pg_wal").glob("0*"))
    kept = wal.read_bytes()
    for broken in (kept[:100], None, b"\0" * len(kept)):
        wal.unlink(missing_ok=True)
        if broken is not None:
            wal.write_bytes(broken)
        with pytest.raises(Damaged, match=r"WAL|wal"):
            physical.verify(folder, server)
    wal.write_bytes(kept)
    table = max((folder / "base").rglob("*"), key=lambda path: path.stat().st_size)
    data = bytearray(table.read_bytes())
    data[len(data) // 2] ^= 4
    table.write_bytes(bytes(data))

    with pytest.raises(Damaged, match=r"altered|mismatch"):
        physical.verify(folder, server)


def test_program_that_fails_late_fails_the_whole(tmp_path):
    command = ["/bin/sh", "-c", "echo half; echo broken >&2; exit 3"]

    with pytest.raises(Trouble, match="broken"):
        list(programs.output_of(command, {}))


def test_manifest_names_keys_and_nothing_secret(source, settings):
    text = json.dumps(source.backup.manifest)

    assert source.backup.manifest["keys"]["fields"][0] in text
    assert settings.BACKUP_SIGNING_KEY not in text


def test_nightly_task_makes_a_backup_only_where_there_are_keys(settings, monkeypatch):
    ran = []
    monkeypatch.setattr(
        "core.tasks.subprocess.run", lambda command, check: ran.append((command[-1], check))
    )

    tasks.make_backup()
    tasks.make_base_backup()  # nothing to go on from is needed where no WAL is archived
    tasks.drill_restore()
    settings.WAL_ARCHIVE_DIR = "/srv/wal"
    tasks.make_base_backup()
    settings.BACKUP_KEYS = []
    tasks.make_base_backup()
    tasks.make_backup()

    assert ran == [("backup", True), ("restore_drill", True), ("--physical", True)]


def test_login_of_the_containers_may_make_a_backup(usual_backups, source, settings):
    """deploy/backup_login.sh: BYPASSRLS and pg_read_all_data are enough, and it may write nothing."""
    name = source.address["dbname"]
    login = f"backup_{name}"
    settings.BACKUP_DATABASE = settings.BACKUP_DATABASE | {"USER": login}
    run_sql(name, f"CREATE ROLE {login} LOGIN BYPASSRLS", f"GRANT pg_read_all_data TO {login}")
    try:
        made = backups.make()
    finally:
        run_sql(name, f"DROP ROLE {login}")

    found, expected = made.manifest["tables"], source.backup.manifest["tables"]
    nurseries = {each for each in expected if each.startswith("public.institution_")}
    assert {each: found[each] for each in nurseries} == {each: expected[each] for each in nurseries}
    assert expected["public.institution_child"]["rows"] > 0


def test_each_kind_is_kept_by_itself_and_wal_as_long_as_a_base_needs_it(
    usual_backups, settings, tmp_path
):
    settings.WAL_ARCHIVE_DIR = tmp_path / "wal"
    first = backups.make(kind=backups.PHYSICAL, keep=1)
    start = first.manifest["wal"]["first"]
    (tmp_path / "wal").mkdir()
    for name in ("000000010000000000000000", start):
        (tmp_path / "wal" / f"{name}.sealed").write_bytes(b"")

    logical = backups.make(keep=1)

    assert [folder.name for folder in backups.folders(usual_backups)] == [first.id, logical.id]
    assert [path.name for path in (tmp_path / "wal").iterdir()] == [f"{start}.sealed"]
