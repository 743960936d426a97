"""What a proof found: the file evidence/<name>.json, and the object a proof writes it through."""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

PLACES = 3


@dataclass
class Figure:
    id: str  # of the requirement, such as A4
    what: str  # with its unit
    value: float | None  # None: not a number that could be measured
    goal: float | None
    at: str | None  # least, most, or None for a figure without a goal
    met: bool | None
    headline: bool = False  # also shown in the README
    zh: str = ""  # `what` in Chinese, for the Chinese README


@dataclass
class Record:
    title: str
    command: str
    commit: str = ""
    dirty: bool = False
    short: bool = False
    started: str = ""
    seconds: float = 0
    python: str = ""
    machine: str = ""
    title_zh: str = ""
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: str = ""  # why the proof did not come to its end; empty when it did

    @property
    def missed(self) -> list[Figure]:
        return [figure for figure in self.figures if figure.met is False]

    @property
    def met(self) -> bool:
        """A proof that broke off, or that showed nothing, has not met its goals."""
        return bool(self.figures) and not self.failed and not self.missed

    @classmethod
    def load(cls, path: Path) -> Self:
        said = json.loads(path.read_text(encoding="utf-8"))
        said["figures"] = [Figure(**figure) for figure in said["figures"]]
        return cls(**said)

    def save(self, path: Path) -> None:
        """At once or not at all, so that a proof killed while writing leaves what it had written before."""
        whole = json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"
        beside = path.with_suffix(".new")
        beside.write_text(whole, encoding="utf-8")
        beside.replace(path)


class Proof:
    """Given to `run`. Every figure is on disk when the call returns: what was shown before a crash is kept."""

    def __init__(self, record: Record, path: Path) -> None:
        self._record = record
        self._path = path
        record.save(path)

    def figure(
        self,
        id: str,  # noqa: A002 -- the requirement's own word
        what: str,
        value: float,
        *,
        goal: float | None = None,
        at_most: float | None = None,
        headline: bool = False,
        zh: str = "",
    ) -> bool:
        """One measured number and whether it reaches its `goal`, or stays within `at_most`. Without either: no verdict."""
        if goal is not None and at_most is not None:
            raise ValueError(f"{id}: either goal or at_most")
        kept = _plain(value)
        bound = at_most if goal is None else goal
        at = None if bound is None else "most" if goal is None else "least"
        met = None if bound is None else _reaches(kept, bound, at)
        self._record.figures.append(
            Figure(id, what, kept, _plain(bound), at, met, headline=headline, zh=zh)
        )
        self._record.save(self._path)
        return met is not False

    def note(self, sentence: str) -> None:
        """What was not done, or how a figure is to be read. For people, in plain words."""
        self._record.notes.append(sentence)
        self._record.save(self._path)


def _plain(value: float | None) -> float | None:
    """Whole numbers as integers, others to three places; what is no number is None and meets no goal."""
    if value is None or not math.isfinite(value):
        return None
    rounded = round(float(value), PLACES)
    return int(rounded) if rounded == int(rounded) else rounded


def _reaches(value: float | None, bound: float, at: str) -> bool:
    if value is None:
        return False
    return value >= bound if at == "least" else value <= bound
