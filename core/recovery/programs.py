"""The programs of PostgreSQL, with the server's version, their output read and their input written as streams."""

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from core.recovery.errors import Trouble
from core.servers import binaries
from core.servers.errors import Trouble as NotInstalled

READ_BYTES = 1024 * 1024

Command = Sequence[str | Path]


def tool(name: str, server: int) -> Path:
    try:
        return binaries.postgres_tool(name, server)
    except NotInstalled as missing:
        raise Trouble(str(missing)) from missing


def output_of(command: Command, environment: Mapping[str, str]) -> Iterator[bytes]:
    """What a program writes, piece by piece. It raises at the end if the program failed: half a dump is none."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=complaints
        )
        try:
            while process.stdout and (piece := process.stdout.read(READ_BYTES)):
                yield piece
            process.wait()
        finally:
            process.kill()
            process.communicate()
        _check(command, process.returncode, complaints)


def feed(command: Command, environment: Mapping[str, str], pieces: Iterable[bytes]) -> None:
    """Write the pieces to a program. When they end early by an exception, the program is killed before it sees an end."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=complaints, stderr=complaints
        )
        try:
            _write(process.stdin, pieces)
            process.wait()
        finally:
            process.kill()
            _close(process)
        _check(command, process.returncode, complaints)


def run(command: Command, environment: Mapping[str, str]) -> None:
    feed(command, environment, ())


def _close(process: subprocess.Popen[bytes]) -> None:
    """After a kill nobody reads what is still in the pipe's buffer."""
    process.wait()
    with suppress(BrokenPipeError):
        if process.stdin:
            process.stdin.close()


def _write(target: IO[bytes] | None, pieces: Iterable[bytes]) -> None:
    if target is None:
        return
    try:
        for piece in pieces:
            target.write(piece)
        target.close()
    except BrokenPipeError:
        return  # its exit code says why it went


def _check(command: Command, code: int, complaints: IO[bytes]) -> None:
    if code:
        complaints.seek(0)
        said = complaints.read()[-1500:].decode(errors="replace").strip()
        raise Trouble(f"{Path(command[0]).name} failed: {said or f'exit code {code}'}")
