"""R8: nothing can be written to the log, and then nothing to the disk of the database."""

import ctypes
import json
import os
import shutil
import signal
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench import stack as servers
from core.servers.processes import end, hand_over
from tests.evidence import delivery
from tests.evidence.chaos.services import Service, Stack, wait_until_answering

TITLE = "Delivery: a full disk"
TITLE_ZH = "送达：磁盘写满"

DISK = 384 * 1024 * 1024
TIGHT = 1024 * 1024  # what is left beside the ballast
NEW_USER, NEW_MOUNTS = 0x10000000, 0x00020000
PRIVATE = 0x00040000 | 0x4000  # and all below
BATCH = 15
MOST_BATCHES = 3000


@dataclass
class Batch:
    ids: list[str]
    body: bytes
    status: int = 0
    code: str = ""
    message: str = ""


@dataclass
class Told:
    """What came of requests while there was no space."""

    stored: list[Batch] = field(default_factory=list)
    refused: list[Batch] = field(default_factory=list)
    other: list[Batch] = field(default_factory=list)
    pages: Counter = field(default_factory=Counter)


def run(proof, *, short: bool) -> None:
    os.environ["TIME_ZONE"] = delivery._zone_where_it_is_noon()
    os.environ["LOG_LEVEL"] = "INFO"  # every request is logged
    disk = _small_disk()
    with servers.running() as (postgres, redis):
        if disk:
            _leave_wal_outside(postgres, disk)
        from bench.daily_log import world

        nurseries = world.build(1)
        logs = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
        stack = Stack(postgres, redis, logs)
        try:
            _start_web(stack, log=Path("/dev/full"))
            _no_log(proof, stack, nurseries[0], times=40 if short else 400)
            stack.stop()
            if disk:
                _start_web(stack, log=logs / "web.log")
                _no_space(proof, stack, postgres, disk, nurseries[0])
        finally:
            stack.stop()
    if disk:
        proof.note(
            f"The tables lay on a file system of {DISK // 2**20} MB in memory that was filled; PostgreSQL's WAL lay elsewhere, "
            "for without space for it the server ends. The log was /dev/full."
        )
    else:
        proof.note(
            "No file system can be mounted here, so the disk of the database was not filled."
        )


def _start_web(stack: Stack, *, log: Path) -> None:
    command = f"gunicorn --config deploy/gunicorn.conf.py config.wsgi:application --bind 127.0.0.1:{stack.web_port}"
    stack.programs["web"] = Service("web", command.split(), log)
    stack.programs["web"].launch()
    wait_until_answering(stack.web_url)


# ---- the log ----


def _no_log(proof, stack: Stack, nursery, *, times: int) -> None:
    answers = Counter(_send(stack, nursery, _batch(nursery)).status for _time in range(times))
    proof.figure(
        *("R8", "care writes while the log cannot be written", times),
        goal=times,
    )
    proof.figure(
        *("R8", "of these not answered 2xx", times - answers[200]),
        at_most=0,
        headline=True,
        zh="日志写不进时未成功的照护记录",
    )


# ---- the database ----


def _small_disk() -> Path | None:
    """A file system of our own in memory, seen by this process and what it starts; nothing where that is not allowed."""
    system = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if system.unshare(NEW_MOUNTS if user == 0 else NEW_USER | NEW_MOUNTS):
        return None
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
    options = f"size={DISK},mode=0755".encode()
    if system.mount(b"none", b"/", None, PRIVATE, None):
        return None
    if system.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, options):
        return None
    tempfile.tempdir = str(folder)  # where the servers are made
    return folder


def _leave_wal_outside(postgres, disk: Path) -> None:
    """On a disk of its own, as where one has the choice: PostgreSQL ends without space for it."""
    end(postgres.process, signal.SIGINT, before=time.monotonic() + 20)
    outside = Path(tempfile.mkdtemp(dir=disk.parent))
    wal = postgres.folder / "pg_wal"
    shutil.move(wal, outside / "pg_wal")
    wal.symlink_to(outside / "pg_wal")
    outside.chmod(0o755)
    hand_over(outside, postgres._account)
    postgres._wait_for_the_last_owner()
    postgres.launch()
    postgres.wait_until_ready()
    from django.db import connection

    connection.close()  # it was to the server before


def _no_space(proof, stack: Stack, postgres, disk: Path, nursery) -> None:
    ballast = _fill(disk)
    told = Told()
    for _number in range(MOST_BATCHES):
        _take(told, _send(stack, nursery, _batch(nursery)))
        if len(told.refused) >= 5:
            break
    told.pages.update(_get(stack, nursery) for _time in range(5))
    rows = _stored(postgres)
    half = sum(0 < len(rows & set(b.ids)) < len(b.ids) for b in [*told.stored, *told.refused])
    lost = sum(not set(each.ids) <= rows for each in told.stored)
    ghosts = sum(bool(rows & set(each.ids)) for each in told.refused)
    ballast.unlink()
    again = [_send(stack, nursery, each) for each in told.refused]
    after = _stored(postgres)
    _tell(proof, told, half=half, lost=lost, ghosts=ghosts)
    stored_now = sum(b.status == 200 and set(b.ids) <= after for b in again)
    proof.figure(
        *("R8", "of the refused batches stored by the same request when there was space again"),
        stored_now,
        goal=len(told.refused),
    )


def _fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    room = os.statvfs(disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - TIGHT)
    return ballast


def _take(told: Told, batch: Batch) -> None:
    if batch.status == 200:
        told.stored.append(batch)
    elif (batch.status, batch.code) == (503, "disk_full") and batch.message:
        told.refused.append(batch)
    else:
        told.other.append(batch)


def _tell(proof, told: Told, *, half: int, lost: int, ghosts: int) -> None:
    proof.figure(
        *("R8", "batches refused with a sentence and the code disk_full", len(told.refused)),
        goal=5,
        headline=True,
        zh="磁盘写满时以明确提示拒绝的批次",
    )
    proof.figure("R8", "batches answered otherwise", len(told.other), at_most=0)
    for each in told.other[:3]:
        proof.note(f"Answered {each.status} {each.code}: {each.message}"[:300])
    proof.figure("R8", "batches accepted before, on the last free pages", len(told.stored))
    proof.figure("R8", "accepted batches missing", lost, at_most=0)
    proof.figure(
        *("R8", "batches half stored", half), at_most=0, headline=True, zh="只存入一半的批次"
    )
    proof.figure("R8", "refused batches stored nevertheless", ghosts, at_most=0)
    odd = sum(times for status, times in told.pages.items() if status not in (200, 503))
    proof.figure("R8", "reads answered neither 200 nor 503", odd, at_most=0)


def _stored(postgres) -> set[str]:
    with delivery._connect(postgres) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM institution_dailyentry")
        return {pk for (pk,) in cursor}


# ---- requests ----


def _batch(nursery) -> Batch:
    at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    ids = [str(uuid.uuid4()) for _child in range(BATCH)]
    entries = [
        {"id": pk, "child": child, "kind": "note", "at": at, "detail": {"note": "睡得很好" * 60}}
        for pk, child in zip(ids, nursery.child_ids, strict=True)
    ]
    return Batch(ids, json.dumps({"entries": entries}).encode())


def _send(stack: Stack, nursery, batch: Batch) -> Batch:
    headers = {"Authorization": f"Token {nursery.token}", "Content-Type": "application/json"}
    status, body = _answer(stack, "/api/v1/daily-log/", headers, batch.body)
    said = json.loads(body) if body.startswith(b"{") else {}
    made = Batch(batch.ids, batch.body, status, said.get("code", ""), said.get("message", ""))
    if status == 200 and any(r["status"] not in ("created", "duplicate") for r in said["results"]):
        made.status = 0
    return made


def _get(stack: Stack, nursery) -> int:
    headers = {"Authorization": f"Token {nursery.token}"}
    return _answer(stack, f"/api/v1/children/{nursery.child_ids[0]}/timeline/", headers)[0]


def _answer(stack: Stack, path: str, headers: dict, body: bytes | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(stack.web_url + path, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
