"""The archive of WAL, what point-in-time recovery goes on with from a base backup. PostgreSQL itself runs this:

    archive_command = 'python -m core.recovery.wal archive %p'
    restore_command = 'python -m core.recovery.wal fetch %f %p'

Without Django, because it starts once for every 16 MiB. WAL_ARCHIVE_DIR and BACKUP_KEYS come from the environment. A
segment is packed and sealed like a backup, bound to its name; nothing is kept of it in the clear.
"""

import hashlib
import os
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.recovery import sealing
from core.recovery.errors import Damaged, Trouble

SEGMENT = re.compile(r"[0-9A-F]{24}")
ARCHIVED = re.compile(r"[0-9A-F]{24}(\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history")
SUFFIX = ".sealed"
TIMEOUT_SECONDS = (
    240  # below the five minutes that may be lost, which the time to archive it belongs to
)
USUAL_BYTES = 16 * 1024 * 1024
NOT_THERE = 1
STOP = (
    126  # above 125 PostgreSQL ends the recovery, where 1 only tells it that the archive ends here
)
GZIP = 31


def archive(source: Path, folder: Path, keys: sealing.Keys) -> bool:
    """False where the same content is there already: PostgreSQL asks again after a crash. Other content is refused."""
    name = source.name
    if not ARCHIVED.fullmatch(name):
        raise Trouble(f"{name} is not a file of WAL.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if _place(folder, name).exists():
        kept = hashlib.sha256(b"".join(content(name, folder, keys))).digest()
        if kept != hashlib.sha256(source.read_bytes()).digest():
            raise Trouble(f"{name} is in the archive already, with other content.")
        return False
    draft = folder / f"{name}.{os.getpid()}.part"
    with draft.open("wb") as file:
        for part in sealing.seal(_packed(source), _bound(name), keys):
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(_place(folder, name))
    _written_down(folder)
    return True


def content(name: str, folder: Path, keys: sealing.Keys) -> Iterator[bytes]:
    """What was archived, once it was opened to its end. Raises FileNotFoundError, Damaged."""
    unpack = zlib.decompressobj(GZIP)
    try:
        with _place(folder, name).open("rb") as file:
            for piece in sealing.unseal(file, _bound(name), keys):
                yield unpack.decompress(piece)
    except zlib.error as error:
        raise Damaged(f"{name} of the WAL archive cannot be unpacked: {error}.") from error
    if not unpack.eof:
        raise Damaged(f"{name} of the WAL archive ends too early.")


def fetch(name: str, target: Path, folder: Path, keys: sealing.Keys) -> None:
    draft = target.with_name(f"{target.name}.part")
    with draft.open("wb") as file:
        for piece in content(name, folder, keys):
            file.write(piece)
    draft.replace(target)


def sweep(incoming: Path, folder: Path, keys: sealing.Keys) -> int:
    """Archive what pg_receivewal has closed in `incoming`, and delete it there. Answers how many."""
    closed = sorted(path for path in incoming.iterdir() if ARCHIVED.fullmatch(path.name))
    for path in closed:
        archive(path, folder, keys)
        path.unlink()
    return len(closed)


def segments(folder: Path) -> list[str]:
    names = (path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))
    return sorted(name for name in names if SEGMENT.fullmatch(name))


def whole_from(first: str, folder: Path, segment_bytes: int = USUAL_BYTES) -> list[str]:
    """The segments of this timeline from `first` on. Raises Trouble when one between them is missing."""
    found = [name for name in segments(folder) if name[:8] == first[:8] and name >= first]
    expected = first
    for name in found:
        if name != expected:
            raise Trouble(f"The WAL archive lacks {expected}: what came after it is lost to it.")
        expected = following(name, segment_bytes)
    if not found:
        raise Trouble(f"The WAL archive lacks {first}, with which this backup goes on.")
    return found


def following(name: str, segment_bytes: int = USUAL_BYTES) -> str:
    in_a_log = 0x100000000 // segment_bytes
    number = int(name[8:16], 16) * in_a_log + int(name[16:], 16) + 1
    return f"{name[:8]}{number // in_a_log:08X}{number % in_a_log:08X}"


def forget_before(first: str, folder: Path) -> int:
    """Delete segments that no kept base backup needs, whatever their timeline."""
    old = [name for name in segments(folder) if name[8:] < first[8:]]
    for name in old:
        _place(folder, name).unlink()
    return len(old)


def command(verb: str) -> str:
    """For the server's settings, with this very Python."""
    places = {"archive": "%p", "fetch": "%f %p"}
    return f'"{sys.executable}" -m core.recovery.wal {verb} {places[verb]}'


def server_settings(timeout_seconds: int = TIMEOUT_SECONDS) -> dict[str, str]:
    """Of a server that archives. A segment is closed after the time-out also when it is not full."""
    return {
        "archive_mode": "on",
        "archive_command": command("archive"),
        "archive_timeout": str(timeout_seconds),
    }


def environment(folder: Path, keys: Iterable[str]) -> dict[str, str]:
    """What the server has to be given so that the commands work."""
    return {
        "WAL_ARCHIVE_DIR": str(folder),
        "BACKUP_KEYS": ",".join(keys),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _place(folder: Path, name: str) -> Path:
    return folder / f"{name}{SUFFIX}"


def _bound(name: str) -> str:
    return f"wal/{name}"


def _packed(source: Path) -> Iterator[bytes]:
    packed = zlib.compressobj(1, zlib.DEFLATED, GZIP)
    with source.open("rb") as file:
        while piece := file.read(sealing.PIECE_BYTES):
            yield packed.compress(piece)
    yield packed.flush()


def _written_down(folder: Path) -> None:
    """PostgreSQL deletes its own copy on our word, so the name must be on the disk as well."""
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


def main(verb: str, *names: str) -> int:
    try:
        folder = Path(os.environ["WAL_ARCHIVE_DIR"])
        keys = sealing.Keys(filter(None, os.environ.get("BACKUP_KEYS", "").split(",")))
        if verb == "archive":
            archive(Path(names[0]), folder, keys)
        elif verb == "sweep":
            sweep(Path(names[0]), folder, keys)
        else:
            fetch(names[0], Path(names[1]), folder, keys)
    except FileNotFoundError as missing:
        sys.stderr.write(f"{missing}\n")
        return NOT_THERE
    except (Trouble, KeyError, OSError) as trouble:
        sys.stderr.write(f"WAL archive: {trouble}\n")
        return STOP if verb == "fetch" else 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("archive", "fetch", "sweep"):
        sys.exit("usage: python -m core.recovery.wal archive PATH | fetch NAME PATH | sweep FOLDER")
    sys.exit(main(*sys.argv[1:]))
