"""The whole server as one stream of its data folder: what point-in-time recovery starts from.

pg_basebackup needs a login with REPLICATION. The stream is a tar with the WAL that makes it consistent and with
PostgreSQL's own manifest, which pg_verifybackup reads when the stream is unpacked.
"""

import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from core.recovery import database, manifest, programs
from core.recovery.errors import Damaged, Trouble

MANIFEST = "backup_manifest"
GZIP = 31  # zlib's number for a gzip header and 32 kB of window


def stream(where: database.Address, server: int) -> Iterator[bytes]:
    command: list[str | Path] = [
        programs.tool("pg_basebackup", server),
        "--pgdata=-",
        "--format=tar",
    ]
    command += ["--wal-method=fetch", "--checkpoint=fast", "--no-password"]
    command += ["--manifest-checksums=SHA256"]
    packed = zlib.compressobj(1, zlib.DEFLATED, GZIP)
    for piece in programs.output_of(command, database.environment(where)):
        yield packed.compress(piece)
    yield packed.flush()


def unpack(pieces: Iterable[bytes], folder: Path) -> None:
    """The data folder, in a folder that is empty."""
    if folder.exists() and any(folder.iterdir()):
        raise Trouble(f"{folder} is not empty.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with tarfile.open(
            fileobj=io.BufferedReader(_Unpacked(pieces), 1024 * 1024), mode="r|"
        ) as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, zlib.error) as error:
        raise Damaged(f"The stream of the data folder cannot be unpacked: {error}.") from error
    folder.chmod(0o700)


def verify(folder: Path, server: int) -> None:
    """Every file against PostgreSQL's own manifest, and all WAL from its start to its end.

    By pg_verifybackup where it runs; the one in the wheel of PostgreSQL 18 crashes as it starts, so the same is looked
    at here then.
    """
    try:
        program = programs.tool("pg_verifybackup", server)
    except Trouble:
        _verify_here(folder, server)
        return
    try:
        programs.run([program, "--exit-on-error", folder], _quiet(program))
    except Trouble as error:
        raise Damaged(str(error)) from error


def _verify_here(folder: Path, server: int) -> None:
    said = _own_manifest(folder)
    listed = {each["Path"]: each for each in said["Files"]}
    for path in sorted(_files(folder) - listed.keys()):
        raise Damaged(f"{path} of the data folder is not in PostgreSQL's manifest.")
    for path, each in listed.items():
        file = folder / path
        if not file.is_file() or file.stat().st_size != each["Size"]:
            raise Damaged(f"{path} of the data folder is missing or has another length.")
        if manifest.sha256(file) != each["Checksum"]:
            raise Damaged(f"{path} of the data folder was altered.")
    for wal in said["WAL-Ranges"]:
        _read_wal(folder, server, wal)


def _own_manifest(folder: Path) -> dict[str, Any]:
    """The last line of PostgreSQL's manifest is the checksum of all before it."""
    try:
        text = (folder / MANIFEST).read_bytes()
        said = json.loads(text)
    except (OSError, ValueError) as error:
        raise Damaged(f"The data folder has no readable {MANIFEST}.") from error
    whole = text[: text.rindex(b'"Manifest-Checksum"')]
    if hashlib.sha256(whole).hexdigest() != said["Manifest-Checksum"]:
        raise Damaged(f"{MANIFEST} of the data folder was altered.")
    return said


def _files(folder: Path) -> set[str]:
    """Beside WAL, which pg_waldump reads, and what PostgreSQL itself leaves out of its manifest."""
    found = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix() for path in found}
    return {name for name in names if name != MANIFEST and not name.startswith("pg_wal/")}


def _read_wal(folder: Path, server: int, wal: dict[str, Any]) -> None:
    program = programs.tool("pg_waldump", server)
    command: list[str | Path] = [
        program,
        "--quiet",
        f"--path={folder / 'pg_wal'}",
        f"--timeline={wal['Timeline']}",
    ]
    command += [f"--start={wal['Start-LSN']}", f"--end={wal['End-LSN']}"]
    try:
        programs.run(command, _quiet(program))
    except Trouble as error:
        raise Damaged(f"WAL of the data folder is missing or damaged: {error}") from error


def _quiet(program: Path) -> dict[str, str]:
    return {"PATH": str(program.parent), "LC_ALL": "C"}


class _Unpacked(io.RawIOBase):
    """gunzip of an iterator as a file that is read in order."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._unpack = zlib.decompressobj(GZIP)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = self._unpack.decompress(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count
