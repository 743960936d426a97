"""How the nursery's pages say what the domain knows: words, tones and icons."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core import attachments
from core.calendar import now
from core.display import clock, duration
from core.models import Attachment
from core.scoping import Actor
from institution.kind_forms import kind_of
from institution.kinds import AMOUNTS, KINDS, MEALS, minutes_between, summary
from institution.models import DailyEntry, EntryKind
from institution.selectors.day import State

TONES = {"present": "ok", "asleep": "info", "left": "", "absent": "warn", "expected": ""}


@dataclass(frozen=True)
class StateWords:
    text: str
    tone: str


def state_words(state: State) -> StateWords:
    text = {
        "present": lambda: _("Here since %(time)s") % {"time": clock(state.since)},
        "asleep": lambda: (
            _("Asleep for %(time)s") % {"time": duration(minutes_between(state.since, now()))}
        ),
        "left": lambda: _("Went home at %(time)s") % {"time": clock(state.since)},
        "absent": lambda: _("Absent"),
        "expected": lambda: _("Not here yet"),
    }[state.code]()
    return StateWords(text, TONES[state.code])


@dataclass(frozen=True)
class Line:
    """One entry as the timelines and feeds show it."""

    entry: DailyEntry
    title: Any
    icon: str
    tone: str
    mark: str
    mark_tone: str
    text: str
    photos: list[str]


def log_lines(actor: Actor, entries: Iterable[DailyEntry]) -> list[Line]:
    entries = list(entries)
    own = {
        kind.code: kind_of(kind)
        for kind in EntryKind.objects.filter(
            institution__in={entry.institution_id for entry in entries},
            code__in={entry.kind for entry in entries} - KINDS.keys(),
        )
    }
    pictures = _pictures(actor, entries)
    return [
        _line(entry, KINDS.get(entry.kind) or own.get(entry.kind), pictures) for entry in entries
    ]


def _line(entry: DailyEntry, kind, pictures: dict[str, str]) -> Line:
    note, short = entry.detail.get("note", ""), summary(entry.kind, entry.detail)
    meal = entry.kind == "meal"
    return Line(
        entry=entry,
        title=MEALS[entry.detail["meal"]] if meal else kind.label if kind else entry.kind,
        icon=kind.icon if kind else "notebook-pen",
        tone=kind.tone if kind else "",
        mark="" if short == note else short,
        mark_tone=_meal_tone(entry) if meal else "",
        text=" · ".join(part for part in (entry.detail.get("menu", ""), note) if part),
        photos=[pictures[pk] for pk in entry.detail.get("photos", []) if pk in pictures],
    )


def _meal_tone(entry: DailyEntry) -> str:
    amounts = list(AMOUNTS)
    return "good" if entry.detail["amount"] == amounts[0] else "warn"


def _pictures(actor: Actor, entries: list[DailyEntry]) -> dict[str, str]:
    wanted = {pk for entry in entries for pk in entry.detail.get("photos", [])}
    if not wanted:
        return {}
    found = Attachment.objects.visible_to(actor).filter(pk__in=wanted)
    return {str(picture.pk): attachments.signed_url(picture, actor, "thumb") for picture in found}
