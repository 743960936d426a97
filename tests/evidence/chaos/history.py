"""What clients asked for, what they were told and what they saw; and the verdict over it, in the spirit of Jepsen.

Told "stored" means in the database for ever and shown to everybody who watches. Told "refused" means never shown. Told
nothing (a time-out, a broken connection) means either, but the same for all: ok is a subset of the database, which is
a subset of ok and unknown.
"""

from collections import Counter
from dataclasses import dataclass, field

OK, UNKNOWN, FAIL = "ok", "unknown", "fail"


@dataclass
class Sent:
    id: str
    child: int
    invoked: float
    outcome: str = FAIL  # until a request with it has left
    acknowledged: float = 0.0
    settled: bool = False  # the sender was told, or asks no more


@dataclass(frozen=True)
class Stored:
    id: str
    stream: int
    child: int
    seq: int


@dataclass
class Screen:
    """What one client shows. It drops what it has already, by stream and number, as the page does."""

    stream: int
    child: int
    shown: list[tuple[str, int]] = field(default_factory=list)  # id, seq
    seen_at: dict[str, float] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=set)
    raw_doubles: int = 0
    hinted: set[int] = field(default_factory=set)

    def show(self, entry: str, seq: int, at: float) -> None:
        if seq in self.numbers:
            self.raw_doubles += 1
            return
        self.numbers.add(seq)
        self.shown.append((entry, seq))
        self.seen_at.setdefault(entry, at)


@dataclass
class Verdict:
    lost: set[str] = field(default_factory=set)  # acknowledged and not in the database
    unseen: set[str] = field(default_factory=set)  # acknowledged and not on a screen that watches
    doubled: set[str] = field(default_factory=set)  # in the database or on a screen twice
    ghosts: set[str] = field(default_factory=set)  # stored or shown though refused or never sent
    disorder: int = 0  # shown after something of a later number
    gaps: set[str] = field(default_factory=set)  # streams with a number missing, doubled or beyond
    empty_hints: int = 0  # hints of a number that was never stored


def judge(
    sent: dict[str, Sent], stored: list[Stored], heads: dict[int, int], screens: list[Screen]
) -> Verdict:
    """`heads` is the last number each stream gave out."""
    verdict = Verdict()
    times_stored = Counter(row.id for row in stored)
    may_be = {pk for pk, each in sent.items() if each.outcome in (OK, UNKNOWN)}
    told = {pk for pk, each in sent.items() if each.outcome == OK}
    verdict.lost = told - times_stored.keys()
    verdict.doubled = {pk for pk, times in times_stored.items() if times > 1}
    verdict.ghosts = times_stored.keys() - may_be
    _judge_streams(stored, heads, verdict)
    numbers = {(row.stream, row.seq) for row in stored}
    for screen in screens:
        _judge_screen(screen, sent, told, times_stored.keys(), verdict)
        verdict.empty_hints += sum((screen.stream, seq) not in numbers for seq in screen.hinted)
    return verdict


def _judge_streams(stored: list[Stored], heads: dict[int, int], verdict: Verdict) -> None:
    numbers: dict[int, list[int]] = {}
    for row in stored:
        numbers.setdefault(row.stream, []).append(row.seq)
    for stream in numbers.keys() | heads.keys():
        if sorted(numbers.get(stream, [])) != list(range(1, heads.get(stream, 0) + 1)):
            verdict.gaps.add(str(stream))


def _judge_screen(screen: Screen, sent, told: set[str], in_database, verdict: Verdict) -> None:
    shown = [entry for entry, _seq in screen.shown]
    watched = {pk for pk in told if sent[pk].child == screen.child}
    verdict.unseen |= watched - set(shown)
    verdict.doubled |= {entry for entry, times in Counter(shown).items() if times > 1}
    verdict.ghosts |= set(shown) - in_database
    last = 0
    for _entry, seq in screen.shown:
        verdict.disorder += seq < last
        last = max(last, seq)
