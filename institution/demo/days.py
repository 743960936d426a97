"""A day in a nursery, as its carers would log it: who came, ate, slept, played and went home."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import msgspec

from institution.demo.words import WORDS
from institution.enums import ClassType
from institution.kinds import KINDS

ABSENT = 0.065
AWAKE_FROM = 8 * 3600 + 50 * 60  # by then all children have come
AMOUNTS, AMOUNT_WEIGHTS = ("all", "most", "some", "none"), (62, 26, 10, 2)
MOODS, MOOD_WEIGHTS = ("happy", "calm", "tired", "fussy"), (60, 28, 8, 4)
RESULTS, RESULT_WEIGHTS = ("wet", "dirty", "both", "dry"), (58, 16, 12, 14)


class Child(NamedTuple):
    id: int
    since: dt.date
    without_milk: bool


@dataclass(kw_only=True)
class ClassRoom:
    id: int
    class_type: ClassType
    children: list[Child] = field(default_factory=list)
    carers: list[int] = field(default_factory=list)  # user ids


@dataclass(kw_only=True)
class Roster:
    """One nursery: who is cared for by whom."""

    institution_id: int
    name: str
    classes: list[ClassRoom] = field(default_factory=list)
    spare: int = 0  # user id of who writes where a class has no carer


class Event(NamedTuple):
    recorded: int  # second of the day
    at: int
    class_id: int
    child_id: int
    kind: str
    detail: str
    user_id: int


@dataclass(frozen=True, kw_only=True)
class Staging:
    """What must be so on the day that a visitor sees, in the class that the visitor works in."""

    class_id: int
    ill_child: int
    until: int  # second of the day; the log is told to here


def said(kind: str, **fields: Any) -> str:
    """As the service that stores entries writes it: checked by the kind's type, defaults left out."""
    return msgspec.json.encode(msgspec.convert(fields, KINDS[kind].detail)).decode()


# Each is encoded once.


@cache
def meal(name: str, amount: str, menu: str, note: str = "") -> str:
    return said("meal", meal=name, amount=amount, menu=menu, note=note)


@cache
def drink(kind: str, volume: int) -> str:
    return said(kind, volume={"value": volume, "unit": "ml"})


@cache
def temperature(tenths: int) -> str:
    return said("temperature", temperature={"value": tenths / 10, "unit": "Cel"})


@cache
def activity(title: str, domains: tuple[str, ...]) -> str:
    return said("activity", title=title, domains=list(domains))


@cache
def plain(kind: str, **fields: str) -> str:
    return said(kind, **fields)


class Day:
    """One class on one day. The events come unordered."""

    def __init__(
        self, rng: random.Random, room: ClassRoom, *, menu: int, writers: Sequence[int]
    ) -> None:
        self.rng = rng
        self.random = rng.random
        self.room = room
        self.menu = menu
        self.writers = writers
        self.place = (
            "diaper" if room.class_type in (ClassType.INFANT, ClassType.TODDLER_SMALL) else "potty"
        )
        self.events: list[Event] = []

    def log(self, at: int, child: Child, kind: str, detail: str) -> None:
        self.together(at, [child], kind, detail)

    def together(self, at: int, children: Sequence[Child], kind: str, detail: str) -> None:
        """One tap for all: one time, one writer, one batch."""
        recorded = at + 4 + int(self.random() * 36)
        user = self.writers[int(self.random() * len(self.writers))]
        room = self.room.id
        self.events += [
            Event(recorded, at, room, child.id, kind, detail, user) for child in children
        ]

    def minute(self, hour: float, spread: int) -> int:
        """A second of the day, at most `spread` minutes after the hour."""
        return int(hour * 3600) + int(self.random() * spread * 60)

    def tell(self, day: dt.date, ill_child: int) -> list[Event]:
        present = []
        for child in self.room.children:
            if child.since > day:
                continue
            if child.id == ill_child:
                self.log(
                    self.minute(8.2, 20),
                    child,
                    "absence",
                    plain("absence", reason="ill", note=WORDS["illnesses"][0]),
                )
            elif not ill_child and self.random() < ABSENT:
                self._absent(child)
            else:
                present.append(child)
                self._come(child)
        if present:
            if self.room.class_type == ClassType.INFANT:
                self._infants(present)
            else:
                self._toddlers(present)
            for child in present:
                by = WORDS["relations"][int(self.random() ** 2 * 6)]
                self.log(self.minute(16.6, 55), child, "leave", plain("leave", by=by))
        return self.events

    def _absent(self, child: Child) -> None:
        reason = self.rng.choices(("ill", "private", "other"), (55, 38, 7))[0]
        words = {"ill": WORDS["illnesses"], "private": WORDS["errands"]}.get(reason)
        text = self.rng.choice(words) if words else ""
        self.log(self.minute(8.2, 40), child, "absence", plain("absence", reason=reason, note=text))

    def _come(self, child: Child) -> None:
        at = self.minute(7.5, 55)
        by = WORDS["relations"][int(self.random() ** 2 * 6)]
        self.log(at, child, "arrive", plain("arrive", by=by))
        tenths = min(374, max(360, round(self.rng.gauss(366, 2.2))))
        self.log(at + 60 + int(self.random() * 120), child, "temperature", temperature(tenths))

    def eaten(
        self, hour: float, spread: int, children: Sequence[Child], name: str, menu: str
    ) -> None:
        """Most children in one tap; those who ate otherwise a little later, one by one."""
        spare = WORDS["milk_free"] if name in ("morning_snack", "afternoon_snack") else ""
        alike, others = [], []
        for child in children:
            amount = self.rng.choices(AMOUNTS, AMOUNT_WEIGHTS)[0]
            if amount == "all" and not (spare and child.without_milk):
                alike.append(child)
            else:
                others.append((child, amount))
        at = self.minute(hour, spread)
        self.together(at, alike, "meal", meal(name, "all", menu))
        for child, amount in others:
            detail = meal(name, amount, menu, spare if child.without_milk else "")
            self.log(at + 30 + int(self.random() * 300), child, "meal", detail)

    def slept(self, hour: float, spread: int, minutes: int, children: Sequence[Child]) -> None:
        for child in children:
            start = self.minute(hour, spread)
            position = ("back", "side", "")[int(self.random() * 3)]
            self.log(start, child, "nap", plain("nap", phase="start", position=position))
            length = minutes + int(self.random() * 30)
            self.log(start + length * 60, child, "nap", plain("nap", phase="end"))

    def _toddlers(self, children: list[Child]) -> None:
        rng = self.rng
        dishes = {name: WORDS[name][self.menu % len(WORDS[name])] for name in MENUS}
        play, outside = rng.choice(WORDS["activities"]), rng.choice(WORDS["outdoors"])
        self.eaten(8.45, 10, children, "breakfast", dishes["breakfasts"])
        self.together(self.minute(9.4, 20), children, "activity", activity(play[0], tuple(play[1])))
        self.together(
            self.minute(10.3, 20), children, "activity", activity(outside[0], tuple(outside[1]))
        )
        if rng.random() < 0.5:
            self.together(
                self.minute(10.05, 10),
                children,
                "water",
                drink("water", rng.choice((80, 100, 120))),
            )
        else:
            self.eaten(9.95, 10, children, "morning_snack", dishes["morning_snacks"])
        self.eaten(11.45, 12, children, "lunch", dishes["lunches"])
        self.slept(12.2, 30, 85, children)
        self.eaten(15.0, 15, children, "afternoon_snack", dishes["afternoon_snacks"])
        for child in children:
            self._toilet(11.0, 20, child)
            if self.random() < 0.8:
                self._toilet(14.5, 25, child)
            self._extra(child)

    def _infants(self, children: list[Child]) -> None:
        play = self.rng.choice(WORDS["infant_plays"])
        self.together(
            self.minute(10.85, 15), children, "activity", activity(play[0], tuple(play[1]))
        )
        for child in children:
            for hour in (9.0, 14.7):
                self.log(
                    self.minute(hour, 25),
                    child,
                    "milk",
                    drink("milk", 10 * (12 + int(self.random() * 9))),
                )
            for hour in (9.3, 14.4):
                self._toilet(hour, 25, child)
            self._extra(child)
        self.slept(9.6, 20, 35, children)
        self.eaten(11.3, 15, children, "lunch", "")
        self.slept(12.4, 25, 75, children)

    def _toilet(self, hour: float, spread: int, child: Child) -> None:
        result = self.rng.choices(RESULTS, RESULT_WEIGHTS)[0]
        if self.place == "potty" and result == "dry":
            result = "wet"
        self.log(
            self.minute(hour, spread),
            child,
            "toilet",
            plain("toilet", result=result, place=self.place),
        )

    def _extra(self, child: Child) -> None:
        """Moods for most, and for some one thing more."""
        if self.random() < 0.6:
            chosen = self.rng.choices(MOODS, MOOD_WEIGHTS)[0]
            self.log(self.minute(15.5, 40), child, "mood", plain("mood", mood=chosen))
        what = self.random()
        if what < 0.22:
            tenths = min(374, max(361, round(self.rng.gauss(367, 2))))
            self.log(self.minute(14.3, 15), child, "temperature", temperature(tenths))
        elif what < 0.36:
            self.log(
                self.minute(15.8, 30),
                child,
                "note",
                plain("note", note=self.rng.choice(WORDS["notes"])),
            )
        elif what < 0.42:
            reason = self.rng.choice(("wet", "sweat", "dirty"))
            self.log(self.minute(11.1, 20), child, "clothes", plain("clothes", reason=reason))


MENUS = ("breakfasts", "lunches", "morning_snacks", "afternoon_snacks")


def nursery_day(
    seed: int, roster: Roster, day: dt.date, staging: Staging | None = None
) -> Iterator[Event]:
    """The nursery's events of a day in the order of their recording. The same seed tells the same day."""
    rng = random.Random(f"{seed}:{roster.name}:{day}")  # noqa: S311 -- made-up data
    menu = day.toordinal() + len(roster.name)
    events: list[Event] = []
    for room in roster.classes:
        ill = staging.ill_child if staging is not None and room.id == staging.class_id else 0
        writers = room.carers or [roster.spare]
        events += Day(rng, room, menu=menu, writers=writers).tell(day, ill)
    if staging is not None:
        showcase = any(room.id == staging.class_id for room in roster.classes)
        events = list(_staged(events, staging, showcase=showcase))
    events.sort()
    return iter(events)


def _staged(events: list[Event], staging: Staging, *, showcase: bool) -> Iterator[Event]:
    """Told to the present moment. In the showcase nobody has had lunch or gone home, and everybody is awake early."""
    early = max(0, AWAKE_FROM - staging.until) if showcase else 0
    for event in events:
        moved = event
        if early:
            moved = event._replace(
                at=max(0, event.at - early), recorded=max(0, event.recorded - early)
            )
        if moved.recorded > staging.until:
            continue
        if event.class_id == staging.class_id and (
            event.kind == "leave" or '"lunch"' in event.detail
        ):
            continue
        yield moved
