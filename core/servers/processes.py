"""Children that never outlive their parent.

Every child leads a session of its own, so Ctrl-C reaches only the supervisor and a whole group can
be ended at once, and on Linux the kernel signals it when the supervisor dies, even by `kill -9`.
"""

import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from core.servers.errors import Trouble

CHILD = Path(__file__).with_name("child.py")

Command = Sequence[str | Path]


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who runs a server when we are root; PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int
    pass_closed_folders: bool = False


def account_for(*paths: Path) -> Account | None:
    """None means: as ourselves. `paths` are what the server has to reach.

    A checkout in /root is closed to every other account. Opening the folder would be the wrong
    price for a demonstration, so there the server keeps the one capability to pass through.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            closed = any(_closed_to(entry.pw_uid, path) for path in paths)
            return Account(
                name=name, uid=entry.pw_uid, gid=entry.pw_gid, pass_closed_folders=closed
            )
    raise Trouble(
        "PostgreSQL does not run as root and this machine has neither a user postgres nor a user "
        "nobody. Start as an ordinary user."
    )


def hand_over(folder: Path, account: Account | None) -> None:
    """Make `folder` and nothing above it belong to the account."""
    owner = account.uid if account else os.geteuid()
    found = folder.stat().st_uid
    if found == owner:
        return
    if account is None or found != os.geteuid():
        raise Trouble(
            f"{folder} belongs to another user. Start as that user, or choose another DATA_DIR."
        )
    os.chown(folder, account.uid, account.gid)
    for path in folder.rglob("*"):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def spawn(
    command: Command,
    *,
    env: Mapping[str, str],
    output: IO[bytes] | None = None,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    cwd: Path | None = None,
    account: Account | None = None,
    when_orphaned: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Only from the main thread: the kernel watches the thread that forked, not the process."""
    terms = json.dumps(
        {
            "parent": os.getpid(),
            "when_orphaned": int(when_orphaned),
            "account": asdict(account) if account else None,
        }
    )
    return subprocess.Popen(
        [sys.executable, "-I", "-S", CHILD, terms, *map(str, command)],
        env=dict(env),
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        cwd=cwd,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes], ask: signal.Signals | None, *, before: float) -> None:
    """Ask, wait until the monotonic time `before`, then insist; nothing of its group stays."""
    if process.poll() is None:
        if ask:
            with suppress(ProcessLookupError):
                process.send_signal(ask)
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.01, before - time.monotonic()))
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(2)


def last_lines(path: Path, count: int = 15) -> str:
    if not path.is_file():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-count:])


def _closed_to(uid: int, path: Path) -> bool:
    path = path.resolve()
    parents = [parent.stat() for parent in path.parents]
    shut = any(not (info.st_mode & 0o001 or info.st_uid == uid) for info in parents)
    own = path.stat()
    return shut or not (own.st_mode & 0o004 or own.st_uid == uid or path.is_dir())
