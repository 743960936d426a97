"""One proof in a process of its own: a crash, an endless loop or a server left behind is a failed proof, no more."""

import ast
import importlib
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from core.servers.processes import end, spawn
from tests.evidence.runner import programs
from tests.evidence.runner.record import Proof, Record

CHECKOUT = Path(__file__).resolve().parents[3]
PROOFS = Path(__file__).resolve().parents[1]
MADE_BY_US = ("evidence", "README.md", "README.zh-CN.md")  # a run changes them itself
TIME_LIMIT = 20 * 60
NOT_FINISHED = "It ended before its end."
FOREIGN = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "DATA_DIR")


def proofs(folder: Path = PROOFS) -> list[str]:
    """Modules that say TITLE. They are read, not imported: Django is not set up here."""
    return sorted(path.stem for path in folder.glob("*.py") if "TITLE" in _constants(path))


def missing(name: str, folder: Path = PROOFS) -> str:
    """The program that a proof says it NEEDS, where this machine does not have it. It is Debian's package of that name."""
    needed = _constants(folder / f"{name}.py").get("NEEDS", "")
    return needed if needed and not programs.found(needed) else ""


def run(
    name: str, *, short: bool, folder: Path = PROOFS, package: str = "tests.evidence"
) -> Record:
    said = _constants(folder / f"{name}.py")
    command = f"python -m tests.evidence {name}" + (" --short" if short else "")
    record = Record(
        title=said["TITLE"],
        title_zh=said.get("TITLE_ZH", ""),
        command=command,
        commit=_git("rev-parse", "HEAD"),
        dirty=bool(_git("status", "--porcelain", "--", ".", *(f":!{p}" for p in MADE_BY_US))),
        short=short,
        started=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        python=platform.python_version(),
        machine=f"{len(os.sched_getaffinity(0))} cores, {platform.system()} {platform.machine()}",
        failed=NOT_FINISHED,
    )
    with tempfile.TemporaryDirectory(prefix="tuoyu-proof-") as place:
        Path(place).chmod(0o755)  # servers may run as another account
        path = Path(place) / "record.json"
        record.save(path)
        before = time.monotonic()
        ending = _play(name, package, path, short=short, limit=said.get("TIME_LIMIT", TIME_LIMIT))
        record = Record.load(path)
    record.seconds = round(time.monotonic() - before, 1)
    if record.failed == NOT_FINISHED and ending:
        record.failed = ending
    elif not record.failed and not record.figures:
        record.failed = "It showed no figure."
    return record


def inside(name: str, path: Path, *, short: bool) -> None:
    """The child's part: `name` is a module with `run`."""
    record = Record.load(path)
    proof = Proof(record, path)
    try:
        importlib.import_module(name).run(proof, short=short)
    except BaseException as fault:  # noqa: BLE001 -- whatever ended it is what is told
        traceback.print_exc()
        record.failed = f"{type(fault).__name__}: {fault}".replace(f"{CHECKOUT}/", "")
        record.save(path)
        sys.exit(1)
    record.failed = ""
    record.save(path)


def _play(name: str, package: str, path: Path, *, short: bool, limit: float) -> str:
    """Why it ended where it did not say so itself; empty when it ended well."""
    command = [sys.executable, "-m", "tests.evidence", f"{package}.{name}", "--inside", path]
    environment = {key: value for key, value in os.environ.items() if key not in FOREIGN}
    process = spawn(
        [*command, *(["--short"] if short else [])],
        env=environment | {"TMPDIR": str(path.parent)},
        cwd=CHECKOUT,
        when_orphaned=signal.SIGKILL,
    )
    try:
        code = process.wait(limit)
    except subprocess.TimeoutExpired:
        return f"It was ended after {limit:g} seconds."
    finally:
        end(process, signal.SIGTERM, before=time.monotonic() + 5)
    if code < 0:
        return f"It died of {signal.Signals(-code).name}."
    return f"It ended with {code}." if code else ""


def _constants(path: Path) -> dict:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""
