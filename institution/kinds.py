"""The kinds of daily-log entry: what each one carries, in which units.

A detail is checked by its compiled type (msgspec). An institution's own kinds (`EntryKind`) are turned into such a
type when they are first used, so both are checked the same way.
"""

import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from msgspec import Meta, Struct

from core.errors import Refused

Text = Annotated[str, Meta(max_length=300)]
ShortText = Annotated[str, Meta(max_length=60)]


class Detail(Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True, kw_only=True):
    note: Text = ""


class Millilitres(Struct, forbid_unknown_fields=True, frozen=True):
    value: Annotated[int, Meta(ge=0, le=500)]
    unit: Literal["ml"]


class Celsius(Struct, forbid_unknown_fields=True, frozen=True):
    value: Annotated[float, Meta(ge=34, le=43)]
    unit: Literal["Cel"]


class Dose(Struct, forbid_unknown_fields=True, frozen=True):
    value: Annotated[float, Meta(gt=0, le=1000)]
    unit: Literal["ml", "mg", "g", "drop", "tablet", "sachet"]


class MealDetail(Detail, frozen=True):
    meal: Literal["breakfast", "morning_snack", "lunch", "afternoon_snack", "dinner"]
    amount: Literal["all", "most", "some", "none"]
    menu: Text = ""


class MilkDetail(Detail, frozen=True):
    volume: Millilitres
    milk: Literal["breast", "formula", "cow", "other"] = "formula"


class WaterDetail(Detail, frozen=True):
    volume: Millilitres


class NapDetail(Detail, frozen=True):
    phase: Literal["start", "end"]
    position: Literal["back", "side", "front", ""] = ""


class ToiletDetail(Detail, frozen=True):
    result: Literal["wet", "dirty", "both", "dry"]
    place: Literal["diaper", "potty", "toilet"] = "diaper"


class ClothesDetail(Detail, frozen=True):
    reason: Literal["wet", "dirty", "sweat", "weather", "other"]


class TemperatureDetail(Detail, frozen=True):
    temperature: Celsius
    site: Literal["forehead", "ear", "armpit"] = "forehead"


class MoodDetail(Detail, frozen=True):
    mood: Literal["happy", "calm", "tired", "fussy", "crying"]


class ActivityDetail(Detail, frozen=True):
    title: Annotated[str, Meta(min_length=1, max_length=60)]
    domains: Annotated[
        list[Literal["nutrition", "sleep", "habits", "motor", "language", "cognition", "social"]],
        Meta(max_length=7),
    ] = []


class MedicineDetail(Detail, frozen=True):
    medicine: Annotated[str, Meta(min_length=1, max_length=60)]
    dose: Dose


class PhotoDetail(Detail, frozen=True):
    photos: Annotated[
        list[Annotated[str, Meta(min_length=36, max_length=36)]], Meta(min_length=1, max_length=9)
    ]


class NoteDetail(Struct, forbid_unknown_fields=True, frozen=True):
    note: Annotated[str, Meta(min_length=1, max_length=300)]


class Bearer(Struct, forbid_unknown_fields=True, frozen=True):
    """Who was checked at the door, by number. Said by the platform, never by a client."""

    kind: Literal["guardian", "person", "asked"]
    id: Annotated[int, Meta(ge=1)]


class ArriveDetail(Detail, frozen=True):
    by: ShortText = ""
    person: Bearer | None = None


class LeaveDetail(Detail, frozen=True):
    by: ShortText = ""
    person: Bearer | None = None


class AbsenceDetail(Detail, frozen=True):
    reason: Literal["ill", "private", "other"]


@dataclass(frozen=True)
class Kind:
    code: str
    label: Any
    icon: str
    detail: type
    tone: str = ""  # colour group of the timeline: meal, sleep, play, health
    tab: bool = False  # stands in the bottom bar of the staff page
    attendance: bool = False
    choices: dict[str, dict[str, Any]] = field(default_factory=dict)  # field -> value -> label


MEALS = {
    "breakfast": _("Breakfast"),
    "morning_snack": _("Morning snack"),
    "lunch": _("Lunch"),
    "afternoon_snack": _("Afternoon snack"),
    "dinner": _("Dinner"),
}
AMOUNTS = {"all": _("All eaten"), "most": _("Most"), "some": _("A little"), "none": _("Nothing")}
MILKS = {
    "breast": _("Breast milk"),
    "formula": _("Formula"),
    "cow": _("Cow's milk"),
    "other": _("Other"),
}
NAP_PHASES = {"start": _("Fell asleep"), "end": _("Woke up")}
POSITIONS = {"back": _("On the back"), "side": _("On the side"), "front": _("On the front")}
TOILET_RESULTS = {"wet": _("Wee"), "dirty": _("Poo"), "both": _("Wee and poo"), "dry": _("Dry")}
TOILET_PLACES = {"diaper": _("Nappy"), "potty": _("Potty"), "toilet": _("Toilet")}
CLOTHES_REASONS = {
    "wet": _("Wet"),
    "dirty": _("Dirty"),
    "sweat": _("Sweaty"),
    "weather": _("Weather"),
    "other": _("Other"),
}
TEMPERATURE_SITES = {"forehead": _("Forehead"), "ear": _("Ear"), "armpit": _("Armpit")}
MOODS = {
    "happy": _("Happy"),
    "calm": _("Calm"),
    "tired": _("Tired"),
    "fussy": _("Fussy"),
    "crying": _("Crying"),
}
DOMAINS = {
    "nutrition": _("Nutrition and feeding"),
    "sleep": _("Sleep"),
    "habits": _("Daily life and hygiene"),
    "motor": _("Movement"),
    "language": _("Language"),
    "cognition": _("Cognition"),
    "social": _("Feelings and social life"),
}
DOSE_UNITS = {
    "ml": _("ml"),
    "mg": _("mg"),
    "g": _("g"),
    "drop": _("drops"),
    "tablet": _("tablets"),
    "sachet": _("sachets"),
}
ABSENCES = {"ill": _("Ill"), "private": _("Private leave"), "other": _("Other")}

KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in [
        Kind(
            "meal",
            _("Meal"),
            "utensils",
            MealDetail,
            tone="meal",
            tab=True,
            choices={"meal": MEALS, "amount": AMOUNTS},
        ),
        Kind("milk", _("Milk"), "milk", MilkDetail, tone="meal", choices={"milk": MILKS}),
        Kind("water", _("Water"), "glass-water", WaterDetail, tone="meal", tab=True),
        Kind(
            "nap",
            _("Nap"),
            "moon",
            NapDetail,
            tone="sleep",
            tab=True,
            choices={"phase": NAP_PHASES, "position": POSITIONS},
        ),
        Kind(
            "toilet",
            pgettext_lazy("kind of entry", "Toilet"),
            "baby",
            ToiletDetail,
            tab=True,
            choices={"result": TOILET_RESULTS, "place": TOILET_PLACES},
        ),
        Kind("clothes", _("Clothes"), "shirt", ClothesDetail, choices={"reason": CLOTHES_REASONS}),
        Kind(
            "temperature",
            _("Temperature"),
            "thermometer",
            TemperatureDetail,
            tone="health",
            tab=True,
            choices={"site": TEMPERATURE_SITES},
        ),
        Kind("mood", _("Mood"), "smile", MoodDetail, tone="play", choices={"mood": MOODS}),
        Kind(
            "activity",
            _("Activity"),
            "blocks",
            ActivityDetail,
            tone="play",
            choices={"domains": DOMAINS},
        ),
        Kind("medicine", _("Medicine"), "pill", MedicineDetail, tone="health"),
        Kind("photo", _("Moment"), "camera", PhotoDetail, tone="play", tab=True),
        Kind("note", _("Note"), "notebook-pen", NoteDetail),
        Kind("arrive", _("Arrived"), "log-in", ArriveDetail, attendance=True),
        Kind("leave", _("Went home"), "log-out", LeaveDetail, attendance=True),
        Kind(
            "absence",
            _("Absent"),
            "calendar-off",
            AbsenceDetail,
            attendance=True,
            choices={"reason": ABSENCES},
        ),
    ]
}


def decode_detail(kind: Kind, raw: bytes) -> Struct:
    """The typed detail, or Refused with `wrong_unit` or `bad_detail` and the place of the fault."""
    try:
        return _decoder(kind.detail).decode(raw)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        place = str(error).rpartition(" - at `")[2].rstrip("`") if " - at `" in str(error) else "$"
        if place.endswith(".unit"):
            raise Refused(
                _("The unit is not one that this kind is measured in."), "wrong_unit"
            ) from error
        raise Refused(
            _("The details do not fit this kind of entry."),
            "bad_detail",
            fields={"detail": [place]},
        ) from error


@lru_cache(maxsize=4096)
def _decoder(detail: type) -> msgspec.json.Decoder:
    return msgspec.json.Decoder(detail)


def own_kind(code: str, label: str, icon: str, fields_json: bytes) -> Kind:
    """A kind that an institution defined; equal definitions share one compiled type."""
    return Kind(code, label, icon, _own_detail(fields_json), choices=_own_choices(fields_json))


@lru_cache(maxsize=1024)
def _own_detail(fields_json: bytes) -> type:
    specs = msgspec.json.decode(fields_json)
    columns = [*((spec["name"], _field_type(spec)) for spec in specs), ("note", Text, "")]
    return msgspec.defstruct("OwnDetail", columns, forbid_unknown_fields=True, frozen=True)


def _field_type(spec: dict) -> Any:
    if spec["type"] == "choice":
        return Literal[tuple(spec["choices"])]
    if spec["type"] == "number":
        limits = Meta(ge=spec.get("min", 0), le=spec.get("max", 100_000))
        amount = Annotated[float, limits]
        if not spec.get("unit"):
            return amount
        columns = [("value", amount), ("unit", Literal[spec["unit"]])]
        return msgspec.defstruct("OwnAmount", columns, forbid_unknown_fields=True, frozen=True)
    return ShortText


def _own_choices(fields_json: bytes) -> dict[str, dict[str, Any]]:
    return {
        spec["name"]: {choice: choice for choice in spec["choices"]}
        for spec in msgspec.json.decode(fields_json)
        if spec["type"] == "choice"
    }


def summary(kind: str, detail: dict) -> str:
    """What happened in a few words, in the language in force, for cards and notices."""
    return str(_SUMMARIES.get(kind, _plain)(detail))


def _choice(labels: dict, value: str) -> str:
    return str(labels.get(value, value))


def _plain(detail: dict) -> str:
    parts = []
    for name, value in detail.items():
        if name == "note":
            continue
        if isinstance(value, dict) and "value" in value:
            parts.append(f"{value['value']:g} {value.get('unit', '')}".strip())
        elif isinstance(value, str | int | float):
            parts.append(str(value))
    return " · ".join(parts) or detail.get("note", "")


_SUMMARIES = {
    "meal": lambda d: _choice(AMOUNTS, d["amount"]),
    "milk": lambda d: f"{d['volume']['value']} ml",
    "water": lambda d: f"{d['volume']['value']} ml",
    "nap": lambda d: _choice(NAP_PHASES, d["phase"]),
    "toilet": lambda d: _choice(TOILET_RESULTS, d["result"]),
    "clothes": lambda d: _choice(CLOTHES_REASONS, d["reason"]),
    "temperature": lambda d: f"{d['temperature']['value']:.1f} °C",
    "mood": lambda d: _choice(MOODS, d["mood"]),
    "activity": lambda d: d["title"],
    "medicine": lambda d: (
        f"{d['medicine']} {d['dose']['value']:g} {_choice(DOSE_UNITS, d['dose']['unit'])}"
    ),
    "photo": lambda d: "",
    "note": lambda d: d["note"],
    "arrive": lambda d: "",
    "leave": lambda d: "",
    "absence": lambda d: _choice(ABSENCES, d["reason"]),
}


def minutes_between(start: dt.datetime, end: dt.datetime) -> int:
    return max(0, int((end - start).total_seconds() // 60))
