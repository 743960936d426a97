"""How the nursery's pages say what the domain knows: words, tones and icons."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.calendar import now
from core.display import clock, duration
from core.scoping import Actor
from institution.kind_forms import kind_of
from institution.kinds import KINDS, Kind
from institution.models import EntryKind
from institution.selectors.day import State

OTHER = "notebook-pen"
TONES = {"present": "ok", "asleep": "info", "left": "", "absent": "warn", "expected": ""}


@dataclass(frozen=True)
class StateWords:
    text: str
    tone: str


def state_words(state: State) -> StateWords:
    text = {
        "present": lambda: _("Here since %(time)s") % {"time": clock(state.since)},
        "asleep": lambda: _("Asleep for %(time)s") % {"time": duration(state.minutes(now()))},
        "left": lambda: _("Went home at %(time)s") % {"time": clock(state.since)},
        "absent": lambda: _("Absent"),
        "expected": lambda: _("Not here yet"),
    }[state.code]()
    return StateWords(text, TONES[state.code])


@dataclass(frozen=True)
class KindCount:
    label: Any
    icon: str
    count: int
    share: float  # of the most frequent kind, in per cent


def kind_counts(actor: Actor, by_kind: dict[str, int]) -> list[KindCount]:
    own = _own_kinds({actor.institution_id}, by_kind)
    most = max(by_kind.values(), default=1)
    kinds = [(KINDS.get(code) or own.get(code), code, n) for code, n in by_kind.items()]
    return [
        KindCount(kind.label if kind else code, kind.icon if kind else OTHER, n, 100 * n / most)
        for kind, code, n in kinds
    ]


def _own_kinds(institutions: Iterable[int | None], codes: Iterable[str]) -> dict[str, Kind]:
    wanted = set(codes) - KINDS.keys()
    if not wanted:
        return {}
    found = EntryKind.objects.filter(institution__in=institutions, code__in=wanted)
    return {kind.code: kind_of(kind) for kind in found}
