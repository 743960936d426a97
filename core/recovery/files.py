"""Uploaded files in backups: each content is sealed once, however many backups hold it."""

import hashlib
import hmac
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, cast

from django.apps import apps
from django.core.files.base import File
from django.core.files.storage import Storage, default_storage
from django.db.models import FileField

from core.recovery import database, sealing
from core.recovery.errors import Damaged, Trouble

POOL = "pool"
LEFT_OUT = {
    ("core_job", "result"): "an export: gone after a week by itself, and made again by a click"
}


@dataclass(frozen=True)
class Stored:
    path: str
    sha256: str
    bytes: int
    object: str  # its name in the pool


class Pool:
    def __init__(self, folder: Path, keys: sealing.Keys, secret: bytes) -> None:
        self._folder = folder / POOL
        self._keys = keys
        self._secret = secret

    def keep(self, path: str, storage: Storage) -> Stored:
        with storage.open(path) as file:
            digest, size = hashlib.sha256(), 0
            for piece in file.chunks():
                digest.update(piece)
                size += len(piece)
        name = self._name(digest.hexdigest())
        target = self.path(name)
        if not target.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_suffix(".part")
            with storage.open(path) as file, draft.open("wb") as sealed:
                for part in sealing.seal(file.chunks(), name, self._keys):
                    sealed.write(part)
            draft.replace(target)
        return Stored(path, digest.hexdigest(), size, name)

    def give(self, stored: Stored) -> Iterator[bytes]:
        """The content, once it was opened to its end and found to be what was stored."""
        digest = hashlib.sha256()
        try:
            with self.path(stored.object).open("rb") as file:
                for piece in sealing.unseal(file, stored.object, self._keys):
                    digest.update(piece)
                    yield piece
        except FileNotFoundError as error:
            raise Damaged(f"The uploaded file {stored.path} is missing from the backup.") from error
        if digest.hexdigest() != stored.sha256:
            raise Damaged(f"The uploaded file {stored.path} is not the one that was stored.")

    def forget_all_but(self, wanted: set[str]) -> int:
        removed = 0
        for path in sorted(self._folder.glob("*/*")):
            if path.stem not in wanted:
                path.unlink()
                removed += 1
        return removed

    def path(self, name: str) -> Path:
        return self._folder / name[:2] / f"{name}.sealed"

    def _name(self, sha256: str) -> str:
        """Not the hash itself: it would tell whoever reads the folder that a picture they know is in it."""
        return hmac.digest(self._secret, f"pool|{sha256}".encode(), "sha256").hex()


def paths_in_use(connection) -> list[str]:
    found: set[str] = set()
    for model in apps.get_models():
        for field in model._meta.local_fields:
            place = (model._meta.db_table, field.column)
            if isinstance(field, FileField) and place not in LEFT_OUT:
                table, column = place
                found |= {
                    path
                    for (path,) in database.rows(
                        connection,
                        f'SELECT "{column}" FROM "{table}" WHERE "{column}" <> \'\'',  # noqa: S608 -- our own columns
                    )
                }
    return sorted(found)


def keep_all(
    pool: Pool, paths: Iterable[str], known: dict[str, Stored]
) -> tuple[list[Stored], list[str]]:
    """What is kept, and the paths of files that the database names and nobody has.

    Uploads are never overwritten, so one that the last backup holds in the same size is not read again.
    """
    kept, absent = [], []
    for path in paths:
        last = known.get(path)
        try:
            if (
                last
                and last.bytes == default_storage.size(path)
                and pool.path(last.object).is_file()
            ):
                kept.append(last)
            else:
                kept.append(pool.keep(path, default_storage))
        except FileNotFoundError:
            absent.append(path)
    return kept, absent


def lines(stored: Iterable[Stored]) -> Iterator[bytes]:
    for each in stored:
        yield json.dumps(asdict(each), ensure_ascii=False).encode() + b"\n"


def read_lines(pieces: Iterable[bytes]) -> list[Stored]:
    text = b"".join(pieces).decode()
    return [Stored(**json.loads(line)) for line in text.splitlines()]


def give_back(pool: Pool, stored: Iterable[Stored], storage: Storage) -> int:
    count = 0
    for each in stored:
        if storage.exists(each.path):
            _same(each, storage)
        else:
            _write(pool, each, storage)
        count += 1
    return count


def _write(pool: Pool, each: Stored, storage: Storage) -> None:
    """Through a file under another name: a damaged one never stands where an upload is read."""
    name = storage.save(
        f"restoring/{each.object}", File(cast("IO[bytes]", _Pieces(pool.give(each))))
    )
    try:
        with storage.open(name) as whole:
            storage.save(each.path, whole)
    finally:
        storage.delete(name)


def _same(each: Stored, storage: Storage) -> None:
    with storage.open(each.path) as file:
        digest = hashlib.sha256()
        for piece in file.chunks():
            digest.update(piece)
    if digest.hexdigest() != each.sha256:
        raise Trouble(
            f"{each.path} is there already with other content. Restore into an empty DATA_DIR."
        )


class _Pieces(io.RawIOBase):
    """An iterator as a file that is read in order, all that a storage needs of it."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, _size: int = -1) -> bytes:
        return next(self._pieces, b"")
