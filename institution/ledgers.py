"""The health-and-safety ledgers: what an entry of each carries, and when something that is done again and again is due.

A detail is checked by its type, as those of the daily log are.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from msgspec import Meta, Struct

from core.errors import Refused
from institution.enums import LedgerKind, LedgerRepeat

if TYPE_CHECKING:
    from institution.models import LedgerRhythm

KEPT = r"^[^\x00]*$"  # the database keeps no NUL
ShortText = Annotated[str, Meta(min_length=1, max_length=60, pattern=KEPT)]
MaybeText = Annotated[str, Meta(max_length=300, pattern=KEPT)]
Minutes = Annotated[int, Meta(ge=1, le=600)]


class Detail(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True, kw_only=True):
    pass


class DisinfectionDetail(Detail, frozen=True):
    method: Literal["chlorine", "alcohol", "steam", "boiling", "uv", "sun", "other"]
    strength: Annotated[int, Meta(ge=1, le=10_000)] | None = None  # mg of chlorine in a litre
    minutes: Minutes | None = None


class CheckDetail(Detail, frozen=True):
    state: Literal["good", "fault"]


class DrillDetail(Detail, frozen=True):
    drill: Literal["fire", "earthquake", "intruder", "choking", "other"]
    people: Annotated[int, Meta(ge=1, le=2000)]
    minutes: Minutes
    findings: MaybeText = ""


class VisitorDetail(Detail, frozen=True):
    reason: ShortText


class LeftDetail(Detail, frozen=True):
    pass


class HazardDetail(Detail, frozen=True):
    place: ShortText
    severity: Literal["minor", "serious"]
    mender: Annotated[str, Meta(max_length=60, pattern=KEPT)] = ""


class MendedDetail(Detail, frozen=True):
    measure: ShortText


@dataclass(frozen=True, kw_only=True)
class Ledger:
    kind: LedgerKind
    title: str | Promise
    icon: str
    detail: type
    what: str | Promise = ""  # the name of an entry's `what`; without one it has none
    labels: dict[str, Any] = field(default_factory=dict)  # of the fields, in their order
    choices: dict[str, dict[str, Any]] = field(default_factory=dict)  # field -> value -> label
    repeated: bool = True  # can be due by a schedule

    @property
    def numbers(self) -> set[str]:
        return {"strength", "people", "minutes"} & self.labels.keys()


STATES = {"good": _("In order"), "fault": _("Fault")}
LEDGERS: dict[str, Ledger] = {
    ledger.kind: ledger
    for ledger in [
        Ledger(
            kind=LedgerKind.DISINFECTION,
            title=LedgerKind.DISINFECTION.label,
            icon="spray-can",
            detail=DisinfectionDetail,
            what=_("What was disinfected"),
            labels={
                "method": _("Method"),
                "strength": _("Chlorine, mg/L"),
                "minutes": _("Minutes"),
            },
            choices={
                "method": {
                    "chlorine": _("Chlorine solution"),
                    "alcohol": _("Alcohol"),
                    "steam": _("Steam"),
                    "boiling": _("Boiling"),
                    "uv": _("Ultraviolet lamp"),
                    "sun": _("Sunlight"),
                    "other": _("Other"),
                }
            },
        ),
        Ledger(
            kind=LedgerKind.EQUIPMENT,
            title=LedgerKind.EQUIPMENT.label,
            icon="wrench",
            detail=CheckDetail,
            what=_("What was checked"),
            labels={"state": _("State")},
            choices={"state": STATES},
        ),
        Ledger(
            kind=LedgerKind.FIRE,
            title=LedgerKind.FIRE.label,
            icon="fire-extinguisher",
            detail=CheckDetail,
            what=_("What was checked"),
            labels={"state": _("State")},
            choices={"state": STATES},
        ),
        Ledger(
            kind=LedgerKind.DRILL,
            title=LedgerKind.DRILL.label,
            icon="megaphone",
            detail=DrillDetail,
            labels={
                "drill": _("What was drilled"),
                "people": _("How many took part"),
                "minutes": _("Minutes"),
                "findings": _("What came to light"),
            },
            choices={
                "drill": {
                    "fire": _("Fire and evacuation"),
                    "earthquake": _("Earthquake"),
                    "intruder": _("Intruder"),
                    "choking": _("Choking and first aid"),
                    "other": _("Other"),
                }
            },
        ),
        Ledger(
            kind=LedgerKind.VISITOR,
            title=LedgerKind.VISITOR.label,
            icon="contact-round",
            detail=VisitorDetail,
            what=_("Visitor"),
            labels={"reason": pgettext_lazy("visitor", "Comes for")},
            repeated=False,
        ),
        Ledger(
            kind=LedgerKind.HAZARD,
            title=LedgerKind.HAZARD.label,
            icon="triangle-alert",
            detail=HazardDetail,
            what=_("What was found"),
            labels={
                "place": _("Place"),
                "severity": _("How grave"),
                "mender": _("Who mends it"),
            },
            choices={"severity": {"minor": _("Minor"), "serious": _("Serious")}},
            repeated=False,
        ),
    ]
}
# What ends a hazard or a visit: an entry of the same ledger that names the one it ends.
ENDS: dict[str, Ledger] = {
    LedgerKind.HAZARD: Ledger(
        kind=LedgerKind.HAZARD,
        title=_("Hazard mended"),
        icon="hammer",
        detail=MendedDetail,
        labels={"measure": pgettext_lazy("hazard", "What was done")},
    ),
    LedgerKind.VISITOR: Ledger(
        kind=LedgerKind.VISITOR, title=_("Visitor left"), icon="log-out", detail=LeftDetail
    ),
}


def check_detail(ledger: Ledger, detail: dict) -> dict:
    """As it is stored. Raises Refused `bad_detail`."""
    try:
        told: dict = msgspec.to_builtins(msgspec.convert(detail, ledger.detail))
        msgspec.json.encode(told)  # half of a character is no text
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise Refused(_("The details do not fit this ledger."), "bad_detail", status=400) from error
    return told


def said(ledger: Ledger, detail: dict) -> list[tuple[Any, Any]]:
    """(label, value in words) of what an entry carries."""
    return [
        (label, ledger.choices.get(name, {}).get(detail[name], detail[name]))
        for name, label in ledger.labels.items()
        if detail.get(name) not in (None, "")
    ]


def due_on(rhythm: "LedgerRhythm", last: dt.date | None) -> dt.date | None:
    """The day until which it is to be done next. What was done in a week, month or quarter counts for the whole of it."""
    since = rhythm.valid_from
    match rhythm.repeat:
        case LedgerRepeat.DAYS:
            after = dt.timedelta(days=rhythm.every_days or 1)
            return max(since, last + after) if last else since
        case LedgerRepeat.WEEKLY:
            start = max(since, _next_week(last)) if last else since
            return start + dt.timedelta(days=((rhythm.weekday or 1) - start.isoweekday()) % 7)
        case LedgerRepeat.MONTHLY:
            start = max(since, _next_months(last, 1)) if last else since
            return _next_months(start, 1) - dt.timedelta(days=1)
        case LedgerRepeat.QUARTERLY:
            start = max(since, _next_months(last, 3)) if last else since
            return _next_months(start, 3) - dt.timedelta(days=1)
    return None


def _next_week(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=8 - day.isoweekday())


def _next_months(day: dt.date, length: int) -> dt.date:
    """The first day after the month, or quarter, that the day lies in."""
    month = (day.month - 1) // length * length + length
    return dt.date(day.year + month // 12, month % 12 + 1, 1)
