"""A backup restored into a scratch server, compared and tried out. A backup that was never restored is a hope."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from core import calendar
from core.models.upkeep import UpkeepKind, UpkeepState
from core.recovery import backups, checks, database, erasures, physical, record, restoring
from core.recovery.errors import Trouble
from core.servers.errors import Trouble as NotStarted
from core.servers.postgres import FAST, NAME, Postgres

MOST_SENTENCES = 200  # in a report; more than these tell nothing more


def drill(folder: Path | None = None) -> dict[str, Any]:
    """The report; `ok` in it is false on any difference. Raises when the backup is refused."""
    began = time.monotonic()
    with record.run(UpkeepKind.DRILL, "restore.drilled") as row:
        source = folder or backups.newest()
        row.report = {"backup": source.name}
        backup = backups.opened(source)
        row.report = _report(backup, began)
        if not row.report["ok"]:
            row.state = UpkeepState.FAILED
        write(row.report)
    return row.report


def write(report: dict[str, Any]) -> Path:
    folder = settings.BACKUP_DIR / "drills"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{report['finished_at'][:19].replace(':', '')}-{report['backup']}.json"
    path.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def _report(backup: backups.Backup, began: float) -> dict[str, Any]:
    with scratch(backup) as (server, where, folder):
        compared = _restored(backup, where, folder)
        restored_in = time.monotonic() - began
        done = [
            _count("rows equal", compared.rows_differ, f"{compared.tables} tables"),
            _count(
                "catalogue equal",
                compared.catalogue_differs,
                "triggers, policies, constraints, grants",
            ),
            *_checked(server, backup, folder),
        ]
    return {
        "backup": backup.id,
        "kind": backup.manifest["kind"],
        "made_at": backup.manifest["made_at"],
        "finished_at": calendar.now().isoformat(),
        "seconds": round(time.monotonic() - began, 1),
        "restored_in": round(restored_in, 1),
        "tables": compared.tables,
        "rows": compared.rows,
        "uploads": backup.manifest["uploads"]["count"],
        "erased_again": compared.erased.again,
        "differences": len(compared.differences),
        "sentences": compared.differences[:MOST_SENTENCES],
        "checks": [check.as_dict() for check in done],
        "ok": all(check.ok for check in done),
    }


def _restored(backup: backups.Backup, where: database.Address, folder: Path) -> restoring.Compared:
    if backup.manifest["kind"] == backups.PHYSICAL:
        compared = restoring.compare(backup, where)
        compared.erased = erasures.apply(where)
        return compared
    storage = restoring.folder_storage(folder / "files")
    return restoring.restore(backup.folder, where, storage=storage, make_roles=True)


@contextmanager
def scratch(
    backup: backups.Backup,
) -> Iterator[tuple[Postgres, dict[str, str], Path]]:
    """A server of its own in a folder that is deleted afterwards, and how to reach it as its superuser."""
    settings.BACKUP_DIR.mkdir(parents=True, exist_ok=True)
    for left in settings.BACKUP_DIR.glob("scratch-*"):  # of a drill that was killed
        shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix="scratch-", dir=settings.BACKUP_DIR))
    folder.chmod(0o755)
    alone = {**FAST, "archive_mode": "off"}  # whatever the data folder's own settings say
    server = Postgres(folder / "postgres", folder / "postgres.log", alone)
    try:
        if backup.manifest["kind"] == backups.PHYSICAL:
            physical.unpack(backup.pieces(backups.DUMP), server.folder)
            physical.verify(server.folder, backup.manifest["server"])
        server.start()
        yield server, {"host": str(server.socket), "user": "postgres", "dbname": NAME}, folder
    except NotStarted as error:
        raise Trouble(str(error)) from error
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _checked(server: Postgres, backup: backups.Backup, folder: Path) -> list[checks.Check]:
    """In a process of its own, because settings and connections belong to one database."""
    environment = os.environ | {
        "DATABASE_URL": server.url,
        "MIGRATE_DATABASE_URL": server.owner_url,
        "BACKUP_DATABASE_URL": server.superuser_url,
        "ERASURE_LEDGER": str(settings.ERASURE_LEDGER),
        "AUDIT_ANCHOR_FILE": str(_anchors_until(backup, folder / "anchors.jsonl")),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    answer = subprocess.run(
        [sys.executable, settings.BASE_DIR / "manage.py", "check_restored", "--json"],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=3600,
    )
    try:
        return [checks.Check(**check) for check in json.loads(answer.stdout.splitlines()[-1])]
    except (ValueError, IndexError):
        return [checks.Check("check_restored", ok=False, detail=answer.stderr[-500:])]


def _anchors_until(backup: backups.Backup, path: Path) -> Path:
    """The audit anchors of the time of the backup: later ones tell, and rightly, that what came after is not there."""
    if settings.AUDIT_ANCHOR_FILE.exists():
        lines = settings.AUDIT_ANCHOR_FILE.read_text().splitlines(keepends=True)
        made_at = dt.datetime.fromisoformat(backup.manifest["made_at"])
        earlier = (
            line for line in lines if dt.datetime.fromisoformat(json.loads(line)["at"]) < made_at
        )
        path.write_text("".join(earlier))
    return path


def _count(name: str, wrong: list[str], what: str) -> checks.Check:
    detail = (
        f"{len(wrong)} differences, the first: {wrong[0]}" if wrong else f"{what}, 0 differences"
    )
    return checks.Check(name, ok=not wrong, detail=detail[:500])
