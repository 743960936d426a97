"""Backups: the database as one sealed stream, uploads by content, and a signed manifest of what they hold."""

import fcntl
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from core import calendar
from core.models.upkeep import UpkeepKind
from core.recovery import database, files, manifest, needs, physical, programs, record, sealing, wal
from core.recovery.errors import Damaged, Trouble

DUMP = "database.sealed"
FILE_LIST = "files.list.sealed"
LOGICAL, PHYSICAL = "logical", "physical"


@dataclass(frozen=True)
class Backup:
    folder: Path
    manifest: manifest.Manifest

    @property
    def id(self) -> str:
        return self.folder.name

    def pieces(self, name: str) -> Iterator[bytes]:
        with (self.folder / name).open("rb") as file:
            yield from sealing.unseal(file, f"{self.id}/{name}", own_keys())

    def stored(self) -> list[files.Stored]:
        return files.read_lines(self.pieces(FILE_LIST))

    def pool(self) -> files.Pool:
        return own_pool(self.folder.parent)


def own_keys() -> sealing.Keys:
    return sealing.Keys(settings.BACKUP_KEYS)


def own_pool(root: Path) -> files.Pool:
    return files.Pool(root, own_keys(), _signing_secret())


def make(*, to: Path | None = None, kind: str = LOGICAL, keep: int | None = None) -> Backup:
    """A new backup under `to`, and the oldest ones beyond `keep` deleted. Fails rather than leaving half of one."""
    root = to or settings.BACKUP_DIR
    _signing_secret()
    keys = own_keys()
    began = time.monotonic()
    with record.run(UpkeepKind.BACKUP, "backup.made") as row, _alone(root):
        name = f"{calendar.now():%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}"
        with _draft(root, name) as folder:
            _fill(folder, name, kind, keys)
        made = opened(root / name)
        removed = prune(root, keep=settings.BACKUP_KEEP if keep is None else keep)
        row.report = _brief(made, removed, seconds=round(time.monotonic() - began, 1))
    return made


def opened(folder: Path) -> Backup:
    """A backup whose signature and files are right. Anything else raises."""
    _signing_secret()
    found = Backup(folder, manifest.read(folder, settings.BACKUP_SIGNING_KEY))
    if found.manifest["id"] != folder.name:
        raise Damaged(f"The folder {folder.name} holds the backup {found.manifest['id']}.")
    manifest.check_files(folder, found.manifest)
    return found


def folders(root: Path) -> list[Path]:
    """Complete backups, oldest first: the name begins with the moment."""
    found = [path.parent for path in root.glob(f"*/{manifest.NAME}")]
    return sorted(folder for folder in found if folder.suffix != ".part")


def newest(root: Path | None = None) -> Path:
    found = folders(root or settings.BACKUP_DIR)
    if not found:
        raise Trouble(f"There is no backup in {root or settings.BACKUP_DIR}.")
    return found[-1]


def prune(root: Path, *, keep: int) -> int:
    """Delete the oldest backups beyond `keep` of each kind, uploads that none of the others holds, and WAL from before
    the oldest data folder. Answers how many backups."""
    if keep < 1:
        raise Trouble("At least one backup is kept.")
    old, kept = [], []
    for kind in (LOGICAL, PHYSICAL):
        of_kind = [folder for folder in folders(root) if _kind(folder) == kind]
        old += of_kind[:-keep]
        kept += [opened(folder) for folder in of_kind[-keep:]]  # a damaged one stops the deletion
    for folder in old:
        (folder / manifest.NAME).unlink()  # from here on it is no backup any more
        shutil.rmtree(folder)
    own_pool(root).forget_all_but({each.object for backup in kept for each in backup.stored()})
    _forget_wal(kept)
    return len(old)


def _kind(folder: Path) -> str:
    return manifest.read(folder, settings.BACKUP_SIGNING_KEY)["kind"]


def _forget_wal(kept: list[Backup]) -> None:
    """As long as there is no base backup, nothing says which segments are old."""
    bases = [each.manifest["wal"]["first"] for each in kept if "wal" in each.manifest]
    if bases and settings.WAL_ARCHIVE_DIR:
        wal.forget_before(min(bases, key=lambda first: first[8:]), settings.WAL_ARCHIVE_DIR)


def _fill(folder: Path, name: str, kind: str, keys: sealing.Keys) -> None:
    where = database.own_address()
    with database.connected(where, snapshot=True) as connection:
        server = database.major(connection)
        said: dict[str, Any] = {
            "id": name,
            "kind": kind,
            "made_at": calendar.now().isoformat(),
            "server": server,
            "migrations": database.migrations(connection),
            "sequences": database.sequences(connection),
            "catalogue": database.catalogue(connection),
            **database.roles(connection),
            "keys": {
                "fields": needs.keys_in_use(connection),
                "backup": sealing.key_id(keys.newest).hex(),
            },
        }
        if kind == PHYSICAL:
            said["wal"] = database.wal_position(connection)
        content = _dump(where, server, kind, database.export_snapshot(connection))
        sealed = {DUMP: _seal(folder, name, DUMP, keys, content)}
        said["tables"] = database.tables(connection)
        wanted = files.paths_in_use(connection)
    if kind == PHYSICAL:
        said["wal"]["ended_at"] = calendar.now().isoformat()
        said["moving"] = _moved_meanwhile(where, said["tables"])
    kept, absent = files.keep_all(own_pool(folder.parent), wanted, _known(folder.parent))
    sealed[FILE_LIST] = _seal(folder, name, FILE_LIST, keys, files.lines(kept))
    said |= {
        "files": sealed,
        "uploads": {
            "count": len(kept),
            "bytes": sum(each.bytes for each in kept),
            "absent": absent[:100],
        },
    }
    manifest.write(folder, said, settings.BACKUP_SIGNING_KEY)


def _dump(where: database.Address, server: int, kind: str, snapshot: str) -> Iterator[bytes]:
    if kind == PHYSICAL:
        return physical.stream(where, server)
    program = programs.tool("pg_dump", server)
    # row_security stays off, pg_dump's own default: a policy that would hide rows ends it with an error.
    command: list[str | Path] = [
        program,
        "--format=custom",
        "--compress=1",
        f"--snapshot={snapshot}",
        "--no-password",
    ]
    return programs.output_of(command, database.environment(where))


def _moved_meanwhile(where: database.Address, before: dict[str, Any]) -> list[str]:
    """A data folder is that of its last moment, a little later than the snapshot: these tables cannot be compared."""
    with database.connected(where, snapshot=True) as connection:
        after = database.tables(connection)
    return sorted(name for name in before.keys() | after if before.get(name) != after.get(name))


def _seal(
    folder: Path, backup: str, name: str, keys: sealing.Keys, content: Iterable[bytes]
) -> dict[str, Any]:
    """Nothing of the content is on the disk in the clear at any moment."""
    digest, size = hashlib.sha256(), 0
    with (folder / name).open("wb") as file:
        for part in sealing.seal(content, f"{backup}/{name}", keys):
            file.write(part)
            digest.update(part)
            size += len(part)
        file.flush()
        os.fsync(file.fileno())
    return {"sha256": digest.hexdigest(), "bytes": size}


def _known(root: Path) -> dict[str, files.Stored]:
    for folder in reversed(folders(root)):
        try:
            return {each.path: each for each in opened(folder).stored()}
        except Trouble:
            continue  # made with a key that is gone, or damaged: read the uploads anew
    return {}


def _brief(made: Backup, removed: int, *, seconds: float) -> dict[str, Any]:
    said = made.manifest
    return {
        "backup": made.id,
        "kind": said["kind"],
        "bytes": sum(each["bytes"] for each in said["files"].values()) + said["uploads"]["bytes"],
        "tables": len(said["tables"]),
        "rows": sum(each["rows"] for each in said["tables"].values()),
        "uploads": said["uploads"]["count"],
        "absent": len(said["uploads"]["absent"]),
        "removed": removed,
        "seconds": seconds,
    }


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (root / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Trouble(f"Another backup is being made in {root}.") from error
        yield


@contextmanager
def _draft(root: Path, name: str) -> Iterator[Path]:
    """A folder that gets its name when it is complete."""
    for left in root.glob("*.part"):
        shutil.rmtree(left)
    draft = root / f"{name}.part"
    draft.mkdir(mode=0o700)
    try:
        yield draft
        draft.rename(root / name)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _signing_secret() -> bytes:
    if not settings.BACKUP_SIGNING_KEY:
        raise Trouble(
            "BACKUP_SIGNING_KEY is empty. Without it nobody can tell a backup from one that was "
            "altered; `python -m core.servers.keys` prints one. Keep it apart from the backups."
        )
    return sealing.read_key(settings.BACKUP_SIGNING_KEY, "BACKUP_SIGNING_KEY")
