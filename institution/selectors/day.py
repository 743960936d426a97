"""A child's day, as the family and the nursery read it: the entries, the state now, the figures, the 24-hour strip."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from core.calendar import day_bounds, now, today
from core.errors import Refused
from core.scoping import Actor
from institution.enums import Presence
from institution.kinds import MOODS, minutes_between
from institution.models import Attendance, Child, DailyEntry

CATCH_UP_MOST = 500
CATCH_UP_DAYS = 7
CURSOR = re.compile(r"(\d{1,19})\.(\d{1,19})(?:\.(\d{8}))?", re.ASCII)


@dataclass(frozen=True)
class Nap:
    start: dt.datetime
    end: dt.datetime | None  # None: still asleep

    def minutes(self, moment: dt.datetime) -> int:
        return minutes_between(self.start, self.end or moment)


@dataclass(frozen=True)
class State:
    code: str  # expected, present, asleep, left, absent
    since: dt.datetime | None = None

    def minutes(self, moment: dt.datetime) -> int:
        return minutes_between(self.since, moment) if self.since else 0


@dataclass(frozen=True)
class Span:
    """A stretch or, with no length, a moment on the 24-hour strip, in minutes of the local day."""

    what: str
    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first


@dataclass(frozen=True)
class Day:
    child: Child
    day: dt.date
    entries: list[DailyEntry]  # latest first
    attendance: Attendance | None
    naps: list[Nap]
    state: State
    cursor: str
    asleep_minutes: int = 0
    meals: int = 0
    drinks_ml: int = 0
    mood: str = ""
    strip: list[Span] = field(default_factory=list)

    @property
    def mood_label(self) -> str:
        return str(MOODS.get(self.mood, ""))


@dataclass(frozen=True)
class Cursor:
    """How far a reader has seen the stream of an institution, and the day on which it was told so."""

    institution: int
    seq: int
    told: dt.date | None = None  # None: a page says so that was open before cursors had a day

    def __str__(self) -> str:
        return f"{self.institution}.{self.seq}.{today():%Y%m%d}"

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Raises Refused `bad_cursor`."""
        parts = CURSOR.fullmatch(text)
        try:
            institution, seq, day = parts.groups() if parts else ()
            return cls(int(institution), int(seq), dt.date.fromisoformat(day) if day else None)
        except ValueError:
            message = _("The cursor is not one of ours.")
            raise Refused(message, "bad_cursor", status=400) from None

    @property
    def is_too_old(self) -> bool:
        return self.told is None or (today() - self.told).days > CATCH_UP_DAYS


@dataclass(frozen=True)
class Changes:
    """What a reader who has seen everything up to a cursor has missed. After `reset` everything shown is to be read
    anew, the day first, without a cursor.
    """

    cursor: str
    reset: bool
    entries: list[DailyEntry]


def child_day(*, actor: Actor, child: Child, day: dt.date) -> Day:
    entries = list(
        DailyEntry.objects.visible_to(actor)
        .filter(child=child)
        .on(day)
        .select_related("recorded_by")
        .order_by("-at", "-seq")
    )
    # Families keep the whole day of their child, also where it began in another class or nursery.
    attendance = Attendance.objects.visible_to(actor).filter(child=child, day=day).first()
    shown = [entry for entry in entries if entry.replaced_by is None and not entry.void]
    naps = naps_of(shown)
    moment = min(now(), day_bounds(day)[1])
    return Day(
        child=child,
        day=day,
        entries=shown,
        attendance=attendance,
        naps=naps,
        state=state_of(attendance, naps),
        cursor=_cursor(max(entries, key=lambda entry: entry.seq, default=None)),
        asleep_minutes=sum(nap.minutes(moment) for nap in naps),
        meals=sum(entry.kind == "meal" for entry in shown),
        drinks_ml=sum(
            entry.detail["volume"]["value"] for entry in shown if entry.kind in ("water", "milk")
        ),
        mood=next((entry.detail["mood"] for entry in shown if entry.kind == "mood"), ""),
        strip=_strip(shown, naps, attendance, day, moment),
    )


def changes_after(
    *, actor: Actor, child: Child, cursor: str, day: dt.date | None = None
) -> Changes:
    """Entries of the day, also replaced and withdrawn ones, that were stored after the cursor, oldest first.

    Without a cursor everything counts as new. A cursor told more than a week ago or of another nursery's stream, or
    too many changes, asks for a reset. Raises Refused `bad_cursor`.
    """
    day = day or today()
    entries = (
        DailyEntry.objects.visible_to(actor)
        .filter(child=child)
        .on(day)
        .select_related("recorded_by")
    )
    if not cursor:
        found = list(entries.order_by("seq", "at")[: CATCH_UP_MOST + 1])
        return _changes(found, seen="", reset=len(found) > CATCH_UP_MOST)
    seen = Cursor.read(cursor)
    if seen.is_too_old or entries.exclude(institution=seen.institution).exists():
        return _changes([], seen="", reset=True)
    found = list(
        entries.filter(institution=seen.institution)
        .after(seen.seq)
        .order_by("seq", "at")[: CATCH_UP_MOST + 1]
    )
    return _changes(found, seen=str(seen), reset=len(found) > CATCH_UP_MOST)


def _changes(found: list[DailyEntry], *, seen: str, reset: bool) -> Changes:
    if reset:
        return Changes(cursor="", reset=True, entries=[])
    return Changes(cursor=_cursor(found[-1]) if found else seen, reset=False, entries=found)


def _cursor(entry: DailyEntry | None) -> str:
    return str(Cursor(entry.institution_id, entry.seq)) if entry else ""


def naps_of(entries: Iterable[DailyEntry]) -> list[Nap]:
    """Starts paired with the next end; a second start without an end between counts as the same nap."""
    naps, start = [], None
    for entry in sorted((e for e in entries if e.kind == "nap"), key=lambda e: (e.at, e.seq)):
        if entry.detail["phase"] == "start":
            start = start or entry.at
        elif start:
            naps.append(Nap(start, entry.at))
            start = None
    if start:
        naps.append(Nap(start, None))
    return naps


def state_of(attendance: Attendance | None, naps: list[Nap]) -> State:
    if attendance is None:
        return State(Presence.EXPECTED.value)
    presence = attendance.presence
    if presence == Presence.PRESENT:
        if naps and naps[-1].end is None:
            return State("asleep", naps[-1].start)
        return State("present", attendance.arrived_at)
    if presence == Presence.LEFT:
        return State("left", attendance.left_at)
    return State(presence.value)


def _strip(entries, naps, attendance, day, moment) -> list[Span]:
    start = day_bounds(day)[0]
    spans = []
    if attendance and attendance.arrived_at:
        spans.append(_span("present", start, attendance.arrived_at, attendance.left_at or moment))
    spans += [_span("asleep", start, nap.start, nap.end or moment) for nap in naps]
    spans += [_span("meal", start, e.at, e.at) for e in entries if e.kind in ("meal", "milk")]
    return spans


def _span(what: str, start: dt.datetime, first: dt.datetime, last: dt.datetime) -> Span:
    minutes = [min(1440, max(0, minutes_between(start, moment))) for moment in (first, last)]
    return Span(what, minutes[0], max(minutes))
