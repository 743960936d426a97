"""Point-in-time recovery: a base backup, the WAL archived since, and the moment at which to stop."""

import datetime as dt
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from core.recovery import backups, database, erasures, needs, physical, wal
from core.recovery.errors import Trouble
from core.servers.errors import Trouble as NotStarted
from core.servers.postgres import NAME, Postgres

PATIENCE_SECONDS = 12 * 3600  # a day of WAL of a large city takes hours


@dataclass(frozen=True)
class Reached:
    folder: Path
    moment: dt.datetime
    last_change: dt.datetime | None  # of the last transaction that was brought back
    segments: int
    seconds: float
    erased: erasures.Erased


def newest_before(moment: dt.datetime, root: Path | None = None) -> Path:
    """The last base backup that had ended before the moment."""
    found = [
        folder
        for folder in backups.folders(root or settings.BACKUP_DIR)
        if _ended(backups.opened(folder)) < moment
    ]
    bases = [folder for folder in found if backups.opened(folder).manifest["kind"] == "physical"]
    if not bases:
        raise Trouble(f"There is no backup of a data folder from before {moment.isoformat()}.")
    return bases[-1]


def restore(folder: Path, into: Path, moment: dt.datetime, *, archive: Path) -> Reached:
    """A data folder as it was at the moment, stopped and ready to be started. Children erased since are erased again.

    Raises Trouble when the moment lies outside what backup and archive hold, and on any damaged or missing piece.
    """
    began = time.monotonic()
    backup = backups.opened(folder)
    needs.check(backup.manifest)
    if backup.manifest["kind"] != backups.PHYSICAL or "wal" not in backup.manifest:
        raise Trouble("--until goes on from a backup of a whole data folder (backup --physical).")
    if moment <= _ended(backup):
        raise Trouble(f"The backup is younger than {moment.isoformat()}: take an older one.")
    start = backup.manifest["wal"]
    there = wal.whole_from(start["first"], archive, start["segment_bytes"])
    physical.unpack(backup.pieces(backups.DUMP), into)
    physical.verify(into, backup.manifest["server"])
    _stop_at(into, moment)
    with_archive = wal.environment(archive, settings.BACKUP_KEYS)
    server = Postgres(
        into,
        into.with_name(f"{into.name}.log"),
        {"archive_mode": "off", "hot_standby": "off"},
        variables=with_archive,
    )
    try:
        server.start(PATIENCE_SECONDS)
        where = {"host": str(server.socket), "user": "postgres", "dbname": NAME}
        with database.connected(where) as connection:
            ((last,),) = database.rows(connection, "SELECT pg_last_xact_replay_timestamp()")
        erased = erasures.apply(where)
    except NotStarted as error:
        raise Trouble(
            f"{moment.isoformat()} could not be reached with this archive: {error}"
        ) from error
    finally:
        server.stop(60)
    _as_before(into)
    return Reached(into, moment, last, len(there), round(time.monotonic() - began, 1), erased)


def _ended(backup: backups.Backup) -> dt.datetime:
    said = backup.manifest
    return dt.datetime.fromisoformat(said.get("wal", {}).get("ended_at") or said["made_at"])


def _stop_at(folder: Path, moment: dt.datetime) -> None:
    """On this timeline: another restore from the same archive may have left one of its own."""
    lines = {
        "restore_command": wal.command("fetch"),
        "recovery_target_time": moment.astimezone(dt.UTC).isoformat(sep=" "),
        "recovery_target_inclusive": "off",
        "recovery_target_action": "promote",
        "recovery_target_timeline": "current",
    }
    auto = folder / "postgresql.auto.conf"
    kept = auto.read_text() if auto.exists() else ""
    auto.with_suffix(".before").write_text(kept)
    auto.write_text(kept + "".join(f"{name} = '{value}'\n" for name, value in lines.items()))
    (folder / "recovery.signal").touch()


def _as_before(folder: Path) -> None:
    """The server that is started in the folder later has nothing to do with this recovery."""
    (folder / "postgresql.auto.before").replace(folder / "postgresql.auto.conf")
