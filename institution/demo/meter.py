"""What a simulated day measured: how long each entry took, and whether any was lost or came twice."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

SHOWN_ERRORS = 5


@dataclass(kw_only=True)
class Sent:
    child_id: int
    tapped: float
    stored: float = 0.0
    answer: str = ""  # created, duplicate, or the code of a refusal
    seen: float = 0.0
    hinted: bool = False  # seen because of a hint, not by opening the page anew


@dataclass(kw_only=True)
class Meter:
    entries: dict[str, Sent] = field(default_factory=dict)
    seen_twice: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    batches: int = 0
    reconnects: int = 0
    in_database: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.perf_counter)
    ended: float = 0.0

    def tapped(self, entry_id: str, child_id: int, at: float) -> None:
        self.entries[entry_id] = Sent(child_id=child_id, tapped=at)

    def answered(self, results: Iterable[dict]) -> None:
        moment = time.perf_counter()
        for result in results:
            sent = self.entries[result["id"]]
            sent.answer = result["status"] if result["status"] != "refused" else result["code"]
            if result["status"] == "refused":
                self.errors[f"refused: {result['code']} {result['message']}"] += 1
            elif not sent.stored:
                sent.stored = moment

    def read(self, entry_ids: Iterable[str], *, hinted: bool) -> None:
        """A parent read these: every entry must come to the parent once."""
        moment = time.perf_counter()
        for entry_id in entry_ids:
            sent = self.entries.get(entry_id)
            if sent is not None and not sent.seen:
                sent.seen, sent.hinted = moment, hinted

    @property
    def stored(self) -> list[str]:
        return [pk for pk, sent in self.entries.items() if sent.stored]

    def lost(self, watched: set[int]) -> list[str]:
        """Acknowledged, but not in the database, or never shown to a parent who was watching."""
        return [
            pk
            for pk in self.stored
            if not self.in_database[pk]
            or (self.entries[pk].child_id in watched and not self.entries[pk].seen)
        ]

    def doubled(self) -> list[str]:
        return [pk for pk in self.entries if self.in_database[pk] > 1 or self.seen_twice[pk]]

    def report(self, watched: set[int]) -> list[tuple[str, str]]:
        sent, stored = self.entries.values(), self.stored
        seconds = max(self.ended - self.began, 0.001)
        late = sum(1 for s in sent if s.seen and not s.hinted)
        rows = [
            ("entries sent", f"{len(self.entries):,} in {self.batches:,} batches"),
            ("entries stored", f"{len(stored):,} ({len(stored) / seconds:,.0f}/s)"),
            ("entries seen by parents", f"{sum(1 for s in sent if s.seen):,}"),
            ("tap → stored, ms", _percentiles([s.stored - s.tapped for s in sent if s.stored])),
            (
                "tap → parent sees, ms",
                _percentiles([s.seen - s.tapped for s in sent if s.seen and s.hinted]),
            ),
            ("seen without a hint", f"{late:,}"),
            ("connections opened again", f"{self.reconnects:,}"),
            ("errors", f"{self.errors.total():,}"),
            ("lost", f"{len(self.lost(watched)):,}"),
            ("doubled", f"{len(self.doubled()):,}"),
        ]
        return rows + [("", f"{n} × {text}") for text, n in self.errors.most_common(SHOWN_ERRORS)]

    def is_clean(self, watched: set[int]) -> bool:
        return not (self.errors or self.lost(watched) or self.doubled())


def percentile(values: list[float], share: float) -> float:
    """Of the values in order, the one below which `share` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _percentiles(seconds: list[float]) -> str:
    if not seconds:
        return "–"
    shown = [f"{name} {percentile(seconds, share) * 1000:,.0f}" for name, share in SHARES]
    return " · ".join(shown)


SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
