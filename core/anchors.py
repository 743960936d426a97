"""Signed anchors: where each audit chain stood, kept outside the database.

A file of JSON lines, only ever appended to. Each line is signed with AUDIT_ANCHOR_KEY and carries the signature of the line
before, so that none can be changed, taken out or put between. Whoever owns the database can forge a whole chain, but
not what was already written here; keep the file on another disk or machine (docs/runbook.md).
"""

import datetime as dt
import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection, transaction

from core import audit, rls
from core.calendar import now
from core.models import AuditChain, AuditEvent

ANCHORED, SYSTEM = "audit.anchored", "system"
LATE = dt.timedelta(hours=2)
OVERLAP = dt.timedelta(minutes=5)  # longer than any transaction lasts
TAIL_BYTES = 4096  # more than the longest line


class BrokenAnchors(Exception):
    """The file does not hold what was written to it. `line` counts from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line


@dataclass(frozen=True, kw_only=True)
class Anchor:
    n: int
    at: str
    chain: str
    seq: int
    hash: str
    prev: str
    signature: str = ""

    def signed(self, key: bytes) -> "Anchor":
        return Anchor(**(vars(self) | {"signature": _sign(self, key)}))

    def line(self) -> str:
        return json.dumps(vars(self), separators=(",", ":")) + "\n"


def _sign(anchor: Anchor, key: bytes) -> str:
    said = {name: value for name, value in vars(anchor).items() if name != "signature"}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def key_of_settings() -> bytes:
    return settings.AUDIT_ANCHOR_KEY.encode()


def anchor(path: Path | None = None) -> int:
    """Append where every chain stands that has grown since the last time; answers the number of lines.

    Raises BrokenAnchors when the last line is not ours: nothing is written behind a forgery.
    """
    path = path or settings.AUDIT_ANCHOR_FILE
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    with os.fdopen(os.open(path, flags, 0o600), "ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        lines = _round(_last_of(file))
        file.write("".join(line.line() for line in lines).encode())
        file.flush()
        os.fsync(file.fileno())
    return len(lines)


@transaction.atomic
def _round(last: Anchor | None) -> list[Anchor]:
    """The lines of one round. The trail records how long the file is, and the last line anchors that record: so after a
    restore the system chain has always lost its end. A crash before the lines are written shows until the next round.
    """
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_auditread WHERE at < now() - interval '1 day'")
    lines = list(_signed(_grown(), last))
    last = lines[-1] if lines else last
    audit.record(
        actor=None,
        action="audit.anchored",
        data={
            "lines": len(lines) + 1,
            "last": last.n if last else 0,
            "signature": last.signature if last else "",
        },
    )
    head = AuditChain.objects.get(chain=SYSTEM)
    return lines + list(_signed([(SYSTEM, head.seq, bytes(head.hash).hex())], last))


def _grown() -> list[tuple[str, int, str]]:
    latest = AuditEvent.objects.filter(action=ANCHORED).order_by("-pk").first()
    since = latest.at - OVERLAP if latest else None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT chain, seq, encode(hash, 'hex') FROM core_auditchain WHERE chain <> %(system)s AND "
            "(%(since)s::timestamptz IS NULL OR chain IN (SELECT chain FROM core_auditevent WHERE at >= %(since)s)) "
            "ORDER BY chain",
            {"since": since, "system": SYSTEM},
        )
        return cursor.fetchall()


def _signed(heads: Iterable[tuple[str, int, str]], last: Anchor | None) -> Iterator[Anchor]:
    key, moment = key_of_settings(), now().isoformat(timespec="seconds")
    for chain, seq, digest in heads:
        number, before = (last.n, last.signature) if last else (0, "")
        last = Anchor(
            n=number + 1, at=moment, chain=chain, seq=seq, hash=digest, prev=before
        ).signed(key)
        yield last


def read(path: Path, key: bytes | None = None) -> Iterator[Anchor]:
    """Every anchor of the file, each checked against the one before. Raises BrokenAnchors."""
    key = key or key_of_settings()
    number, before = 0, ""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            found = _parsed(line, number, key)
            if found.n != number or found.prev != before:
                raise BrokenAnchors(number, "it does not follow the line before")
            before = found.signature
            yield found


def _parsed(line: bytes, number: int, key: bytes) -> Anchor:
    try:
        found = Anchor(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise BrokenAnchors(number, "it cannot be read") from error
    if not hmac.compare_digest(_sign(found, key), str(found.signature)):
        raise BrokenAnchors(number, "its signature is not ours")
    return found


def _last_of(file: IO[bytes]) -> Anchor | None:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - TAIL_BYTES))
    lines = file.read().splitlines()
    if not lines:
        return None
    try:
        number = json.loads(lines[-1])["n"]
    except (ValueError, TypeError, KeyError):
        number = 0
    return _parsed(lines[-1], number, key_of_settings())


@dataclass(frozen=True)
class State:
    """`code` is never, late, broken, away (the file is not on this machine) or ok."""

    code: str
    at: dt.datetime | None = None
    number: int = 0


@rls.system("state of the anchors")  # every auditor sees it; the records of no place are the city's
def state() -> State:
    """What the auditor sees of the last anchor, without reading the whole file."""
    latest = AuditEvent.objects.filter(action=ANCHORED).order_by("-pk").first()
    if latest is None:
        return State("never")
    return State(_code(latest), latest.at, latest.data["last"] + 1)


def _code(latest: AuditEvent) -> str:
    try:
        with settings.AUDIT_ANCHOR_FILE.open("rb") as file:
            last = _last_of(file)
    except FileNotFoundError:
        return "away"
    except BrokenAnchors:
        return "broken"
    if last is None or not _holds(last, latest):
        return "broken"
    return "late" if now() - latest.at > LATE else "ok"


def _holds(last: Anchor, latest: AuditEvent) -> bool:
    """The file ends with the line that anchors the trail's own record of it."""
    stands = (last.n - 1, last.prev) == (latest.data["last"], latest.data["signature"])
    digest = bytes(latest.hash).hex() if latest.hash is not None else ""
    return stands and (last.chain, last.seq, last.hash) == (latest.chain, latest.seq, digest)
