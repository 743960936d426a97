"""Reads the audit trail link by link and says what is wrong with it, in plain words.

The hash is computed here, from the text the database makes of a row, and compared with the stored one; the text's
expression stands here too, so that a changed function in the database changes nothing.

Making the text is most of the work and the server's, so two chains are read at a time, each on a connection of its own.
"""

import contextvars
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from django.db import connection, transaction

from core import anchors
from core.anchors import Anchor, BrokenAnchors
from core.models import AuditEvent

PAGE = 20_000
READERS = 2
WINDOW = 1_000  # how far around a bad record its true place is looked for


class Kind(StrEnum):
    EDIT = "edited"
    DELETE = "deleted"
    INSERT = "inserted"
    REORDER = "reordered"
    CUT = "tail cut"
    HEAD = "rewritten"
    RESTORED = "old backup restored"
    ANCHORS = "anchor file damaged"


@dataclass(frozen=True)
class Finding:
    chain: str
    seq: int
    kind: Kind
    words: str


@dataclass
class Report:
    rows: int = 0
    chains: int = 0
    anchors: int = 0
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    seq: int
    prev: bytes
    hash: bytes
    text: str

    @property
    def true(self) -> bool:
        return hashlib.sha256(self.text.encode()).digest() == self.hash

    def would_be(self, seq: int, prev: bytes, digest: bytes) -> bool:
        """Whether this record's content, standing at `seq` behind `prev`, has this hash."""
        version, chain, _seq, _prev, rest = self.text.split(", ", 4)
        text = f'{version}, {chain}, {seq}, "{prev.hex()}", {rest}'
        return hashlib.sha256(text.encode()).digest() == digest


Checked = tuple[int, Finding | None]  # how many records were read, and what is wrong with the chain


@dataclass
class _Anchored:
    """What the anchors say of one chain: its numbers and hashes in order, and the first that the chain does not meet."""

    marks: dict[int, Anchor] = field(default_factory=dict)
    missed: Anchor | None = None


def verify(*, chain: str = "", since: int = 1, file: Path | None = None) -> Report:
    """Every chain, or one; from number `since` on. With `file` also against the anchors in it."""
    report = Report()
    anchored = _anchored(file, report) if file else {}
    names = [chain] if chain else _names(anchored)
    checked = _side_by_side(
        lambda name: _verify_chain(name, since, anchored.get(name) or _Anchored()), names
    )
    for name in names:
        rows, finding = checked[name]
        report.chains += 1
        report.rows += rows
        report.findings += [finding] if finding else []
    report.findings += _against_anchors(anchored, {f.chain for f in report.findings})
    if file:
        report.findings += _shortened(file, report)
    return report


def _side_by_side(work: Callable[[str], Checked], names: list[str]) -> dict[str, Checked]:
    """What an open transaction has not committed, only its own connection can read: then one after the other."""
    if connection.in_atomic_block or len(names) < READERS:
        return {name: work(name) for name in names}
    waiting = iter(names)

    def read() -> dict[str, Checked]:
        try:
            return {name: work(name) for name in waiting}
        finally:
            connection.close()  # this thread's

    with ThreadPoolExecutor(READERS) as readers:
        asked = [readers.submit(contextvars.copy_context().run, read) for _each in range(READERS)]
    return {name: found for each in asked for name, found in each.result().items()}


def _names(anchored: Iterable[str]) -> list[str]:
    """By leaps through the index, for the table is long and the chains are few."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE found AS ("
            " (SELECT chain FROM core_auditevent ORDER BY chain LIMIT 1) UNION ALL"
            " SELECT (SELECT e.chain FROM core_auditevent e WHERE e.chain > found.chain ORDER BY e.chain LIMIT 1)"
            " FROM found WHERE found.chain IS NOT NULL)"
            " SELECT chain FROM found WHERE chain IS NOT NULL UNION SELECT chain FROM core_auditchain"
        )
        return sorted({name for (name,) in cursor.fetchall()} | set(anchored))


# The layout of core_audit_text, version 1.
_TEXT = (
    "jsonb_build_array(1, chain, seq, encode(prev_hash, 'hex'), id, (extract(epoch FROM at) * 1000000)::bigint,"
    " actor_user_id, actor_name, actor_role, action, subject_type, subject_id, child_ids, institution_id,"
    " region_path, request_id, outcome, data, tx)::text"
)
_ROWS = (
    f"SELECT seq, id, encode(prev_hash, 'hex'), encode(hash, 'hex'), {_TEXT} FROM core_auditevent"  # noqa: S608 -- a constant
    " WHERE chain = %s AND (seq, id) > (%s, %s) AND seq <= %s ORDER BY seq, id LIMIT %s"
)
_START = 2**63 - 1  # behind every id


class _Walk:
    """Goes along one chain in the order of its numbers, and stops at the first record that does not fit.

    It is the file that COPY writes to, a record at a time. Two records of one number, which only a tamperer can make,
    both come.
    """

    def __init__(self, seq: int, digest: bytes, anchored: _Anchored) -> None:
        self.seq, self.digest, self.anchored = seq, digest, anchored
        self.rows, self.page, self.last_id = 0, 0, _START
        self.bad: Row | None = None

    def write(self, line: bytes) -> None:
        self.page += 1
        if self.bad is not None:
            return
        number, pk, prev, digest, text = line[:-1].split(b"\t")
        if b"\\" in text:
            text = text.replace(
                b"\\\\", b"\\"
            )  # JSON keeps tabs and line ends in escapes of its own
        seq = int(number)
        self.rows += 1
        fits = seq == self.seq + 1 and (prev == self.digest or not self.digest)
        if not fits or hashlib.sha256(text).hexdigest().encode() != digest:
            self.bad = _row(seq, prev, digest, text)
            return
        self.seq, self.digest, self.last_id = seq, digest, int(pk)
        mark = self.anchored.marks.get(seq)
        if mark is not None and mark.hash.encode() != digest:
            self.anchored.missed = self.anchored.missed or mark

    def along(self, chain: str, last: int) -> None:
        while self.bad is None:
            self.page = 0
            with transaction.atomic(), connection.cursor() as cursor:
                asked = cursor.mogrify(_ROWS, [chain, self.seq, self.last_id, last, PAGE])
                cursor.copy_expert(f"COPY ({asked.decode()}) TO STDOUT", self)
            if self.page < PAGE:
                return


def _row(seq: int, prev: bytes, digest: bytes, text: bytes) -> Row:
    """From what COPY writes, where NULL is a mark of its own."""
    prev, digest = (b"" if each == b"\\N" else each for each in (prev, digest))
    return Row(seq, bytes.fromhex(prev.decode()), bytes.fromhex(digest.decode()), text.decode())


def _rows(chain: str, first: int, last: int) -> list[Row]:
    """Not more than a window of them, for looking closely."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [chain, first - 1, _START, last, 2 * WINDOW])
        return [
            Row(seq, bytes.fromhex(prev or ""), bytes.fromhex(digest or ""), text)
            for seq, _pk, prev, digest, text in cursor.fetchall()
        ]


def _verify_chain(name: str, since: int, anchored: _Anchored) -> Checked:
    head_seq, head_hash, most, loose = _ends(name)
    if loose or not name:
        words = f"{loose} records stand in no chain: they were inserted with the trigger disabled."
        return 0, Finding(name, 0, Kind.INSERT, words)
    before = hashlib.sha256(name.encode()).hexdigest().encode() if since == 1 else b""
    walk = _Walk(since - 1, before, anchored)
    walk.along(name, most)
    if walk.bad is not None:
        return walk.rows, _explain(name, walk.bad, walk.seq, most)
    later = next((mark for number, mark in sorted(anchored.marks.items()) if number > most), None)
    anchored.missed = anchored.missed or later
    digest = bytes.fromhex(walk.digest.decode())
    return walk.rows, _compare_head(name, max(most, since - 1), digest, head_seq, head_hash)


def _ends(name: str) -> tuple[int | None, bytes, int, int]:
    """Head and last number in one statement, so that records written meanwhile do not look like a forgery."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT seq FROM core_auditchain WHERE chain = %(c)s),"
            " (SELECT hash FROM core_auditchain WHERE chain = %(c)s),"
            " (SELECT coalesce(max(seq), 0) FROM core_auditevent WHERE chain = %(c)s),"
            " (SELECT count(*) FROM core_auditevent WHERE chain = %(c)s AND seq IS NULL)"
            " + (SELECT count(*) FROM core_auditevent WHERE chain = %(c)s AND seq < 1)",
            {"c": name},
        )
        seq, digest, most, loose = cursor.fetchone()
    return seq, bytes(digest or b""), most, loose


def _compare_head(name, most: int, digest: bytes, head_seq, head_hash: bytes) -> Finding | None:
    if head_seq is None:
        if not most:
            return None  # an anchored chain of which nothing is left; the anchors say so
        return Finding(name, most, Kind.HEAD, "The chain's head is gone.")
    if head_seq > most:
        words = f"The head says {head_seq}, but the records end with {most}: the last {head_seq - most} were cut off."
        return Finding(name, most + 1, Kind.CUT, words)
    if head_seq < most:
        words = (
            f"The head says {head_seq}, but the records go on to {most}: the head was rewritten."
        )
        return Finding(name, head_seq, Kind.HEAD, words)
    if digest and digest != head_hash:
        return Finding(name, most, Kind.HEAD, "The head does not hold the hash of the last record.")
    return None


def _explain(name: str, row: Row, seq: int, most: int) -> Finding:
    """Name what was done to the first record that does not fit."""
    if row.seq <= seq:
        words = f"There are two records with the number {row.seq}: one was inserted."
        return Finding(name, row.seq, Kind.INSERT, words)
    if row.seq > seq + 1:
        words = f"The records {seq + 1} to {row.seq - 1} are missing: they were deleted."
        return Finding(name, seq + 1, Kind.DELETE, words)
    near = _rows(name, row.seq, min(most, row.seq + WINDOW))
    place = _true_place(row)
    if place is not None and place != row.seq:
        return _explain_moved(name, row, place, near)
    if any(other.would_be(row.seq, row.prev, row.hash) for other in near[1:]):
        return Finding(name, row.seq, Kind.REORDER, "Another record stands in its place.")
    if row.true:
        words = "It does not continue the record before: a record was inserted or replaced here."
        return Finding(name, row.seq, Kind.INSERT, words)
    return Finding(name, row.seq, Kind.EDIT, "Its content is not what was written: it was edited.")


def _explain_moved(name: str, row: Row, place: int, near: list[Row]) -> Finding:
    if place < row.seq:
        words = f"It was written as {place}: {row.seq - place} inserted before it."
        return Finding(name, row.seq - 1, Kind.INSERT, words)
    shift = place - row.seq
    follows = all(_true_place(other) == other.seq + shift for other in near[1:3])
    if follows:
        words = f"It was written as {place}: {shift} before it deleted, and the rest numbered anew."
        return Finding(name, row.seq, Kind.DELETE, words)
    return Finding(
        name, row.seq, Kind.REORDER, f"It was written as {place}: records changed places."
    )


def _true_place(row: Row) -> int | None:
    numbers = range(max(1, row.seq - WINDOW), row.seq + WINDOW)
    return next((seq for seq in numbers if row.would_be(seq, row.prev, row.hash)), None)


def _anchored(file: Path, report: Report) -> dict[str, _Anchored]:
    found: dict[str, _Anchored] = defaultdict(_Anchored)
    try:
        for mark in anchors.read(file):
            found[mark.chain].marks[mark.seq] = mark
            report.anchors += 1
    except BrokenAnchors as broken:
        words = f"{file.name}, {broken}. What was anchored from there on proves nothing."
        report.findings.append(Finding("", broken.line, Kind.ANCHORS, words))
    except FileNotFoundError:
        report.findings.append(Finding("", 0, Kind.ANCHORS, f"{file} is not there."))
    return dict(found)


def _against_anchors(anchored: dict[str, _Anchored], broken: set[str]) -> list[Finding]:
    missed = {
        name: each.missed for name, each in anchored.items() if each.missed and name not in broken
    }
    restored = _is_old_backup(anchored, missed)
    return [_missed(name, mark, restored=restored) for name, mark in sorted(missed.items())]


def _is_old_backup(anchored: dict[str, _Anchored], missed: Mapping[str, Anchor | None]) -> bool:
    """A backup takes every chain back to one moment; a forger cuts or rewrites one.

    Each round of anchors writes a record to the system chain. So after a restore it has lost its end too, and with it
    every chain that grew after the moment of the backup.
    """
    first = missed.get("system")
    if first is None or len(missed) < 2:
        return False
    grown = {
        name
        for name, each in anchored.items()
        if any(before.n < first.n <= mark.n for before, mark in pairwise(each.marks.values()))
        or all(mark.n >= first.n for mark in each.marks.values())
    }
    return grown <= set(missed) | {"system"}


def _missed(name: str, mark: Anchor, *, restored: bool) -> Finding:
    at = f"On {mark.at} this chain stood at {mark.seq}"
    if restored:
        words = f"{at}. All chains are back at an earlier moment: an old backup was restored."
        return Finding(name, mark.seq, Kind.RESTORED, words)
    there = AuditEvent.objects.filter(chain=name, seq=mark.seq).exists()
    if there:
        words = f"{at} with another hash: it was written anew from here or before."
        return Finding(name, mark.seq, Kind.HEAD, words)
    return Finding(name, mark.seq, Kind.CUT, f"{at}, and its end is gone: the tail was cut off.")


def _shortened(file: Path, report: Report) -> list[Finding]:
    """The trail itself says how many anchors there are."""
    latest = AuditEvent.objects.filter(action=anchors.ANCHORED).order_by("-pk").first()
    if latest is None or report.findings or report.anchors > latest.data["last"]:
        return []
    words = (
        f"{file.name} holds {report.anchors} anchors, the trail knows of {latest.data['last'] + 1}."
    )
    return [Finding("", report.anchors + 1, Kind.ANCHORS, words)]


def as_json(report: Report) -> str:
    return json.dumps(
        {
            "rows": report.rows,
            "chains": report.chains,
            "anchors": report.anchors,
            "findings": [vars(finding) for finding in report.findings],
        }
    )
