"""What the staff page asks for each kind of entry. The fields are read from the kind's compiled type.

A kind has one `answer` that is chosen once for everybody, and perhaps a `switch` such as the meal of the day.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from django.utils.translation import gettext_lazy as _
from msgspec import inspect

from institution.kinds import DOSE_UNITS, KINDS, Kind, own_kind
from institution.models import EntryKind

MEAL_TIMES = [  # from this hour of the clock on, the board offers this meal
    ("breakfast", dt.time(0, 0)),
    ("morning_snack", dt.time(9, 0)),
    ("lunch", dt.time(10, 30)),
    ("afternoon_snack", dt.time(13, 30)),
    ("dinner", dt.time(16, 30)),
]

LABELS = {
    "meal": _("Which meal"),
    "amount": _("Eaten"),
    "menu": _("Menu"),
    "volume": _("Amount"),
    "milk": _("Kind of milk"),
    "phase": _("Sleep"),
    "position": _("Position"),
    "result": _("Result"),
    "place": _("Where"),
    "reason": _("Reason"),
    "temperature": _("Temperature"),
    "site": _("Measured at"),
    "mood": _("Mood"),
    "title": _("What we did"),
    "domains": _("Areas of development"),
    "medicine": _("Medicine"),
    "dose": _("Dose"),
    "photos": _("Photos"),
    "by": _("Brought or fetched by"),
    "note": _("Note"),
}
NOT_ASKED = frozenset({"person"})  # said by the platform
UNITS = {"Cel": "°C", "ml": _("ml")}


@dataclass(frozen=True)
class Layout:
    answer: str = ""
    switch: str = ""
    each: bool = False  # its own sheet for every child: measured or dosed, never the same for all
    everyone: bool = True  # has a button for the whole class
    round_minutes: int = 60  # a child counts as done for this long; 0: for the day, or for the meal
    presets: tuple[float, ...] = ()


LAYOUTS: dict[str, Layout] = {
    "meal": Layout(answer="amount", switch="meal", round_minutes=0),
    "milk": Layout(answer="volume", switch="milk", presets=(60, 90, 120, 150, 180, 210)),
    "water": Layout(answer="volume", presets=(50, 80, 100, 150, 200)),
    "nap": Layout(answer="position", round_minutes=0),
    "toilet": Layout(answer="result", switch="place", everyone=False, round_minutes=30),
    "clothes": Layout(answer="reason", everyone=False, round_minutes=30),
    "temperature": Layout(
        switch="site",
        each=True,
        everyone=False,
        round_minutes=240,
        presets=(36.2, 36.4, 36.5, 36.6, 36.7, 36.8, 37.0, 37.2, 37.5, 38.0),
    ),
    "mood": Layout(answer="mood", round_minutes=120),
    "activity": Layout(round_minutes=60),
    "medicine": Layout(each=True, everyone=False, round_minutes=240),
    "photo": Layout(round_minutes=0),
    "note": Layout(round_minutes=0),
    "arrive": Layout(round_minutes=0),
    "leave": Layout(round_minutes=0),
    "absence": Layout(answer="reason", everyone=False, round_minutes=0),
}


@dataclass(frozen=True)
class Field:
    name: str
    type: str  # choice, choices, amount, number, text, photos
    label: Any
    required: bool = False
    choices: list[tuple[str, Any]] = field(default_factory=list)
    unit: str = ""
    units: list[tuple[str, Any]] = field(default_factory=list)
    low: float | None = None
    high: float | None = None
    step: str = ""
    length: int = 0
    value: Any = None


@dataclass(frozen=True)
class KindForm:
    code: str
    label: Any
    icon: str
    tone: str
    tab: bool
    attendance: bool
    layout: Layout
    fields: list[Field]


def forms_of(own: list[EntryKind]) -> list[KindForm]:
    """The built-in kinds in the order of the board, then the institution's own."""
    built_in = [_form(kind, LAYOUTS[kind.code], LABELS) for kind in KINDS.values()]
    return built_in + [_own_form(kind) for kind in own]


def kind_of(own: EntryKind) -> Kind:
    return own_kind(own.code, own.label, own.icon, msgspec.json.encode(own.fields))


def _own_form(own: EntryKind) -> KindForm:
    answer = next((spec["name"] for spec in own.fields if spec["type"] == "choice"), "")
    labels = {spec["name"]: spec.get("label") or spec["name"] for spec in own.fields}
    return _form(kind_of(own), Layout(answer=answer), {"note": LABELS["note"]} | labels)


def _form(kind: Kind, layout: Layout, labels: dict) -> KindForm:
    columns = cast("inspect.StructType", inspect.type_info(kind.detail)).fields
    fields = [_field(kind, column, labels) for column in columns if column.name not in NOT_ASKED]
    fields.sort(key=lambda each: each.name == "note")
    return KindForm(
        code=kind.code,
        label=kind.label,
        icon=kind.icon,
        tone=kind.tone,
        tab=kind.tab,
        attendance=kind.attendance,
        layout=layout,
        fields=fields,
    )


def _field(kind: Kind, column: inspect.Field, labels: dict) -> Field:
    name = column.name
    common = {"name": name, "label": labels.get(name, name), "required": column.required}
    match column.type:
        case inspect.LiteralType(values=values):
            choices = kind.choices.get(name, {})
            value = None if column.required else column.default
            listed = [(each, choices.get(each, each)) for each in _in_order(values, choices)]
            return Field(**common, type="choice", choices=listed, value=value)
        case inspect.StructType(
            fields=[
                inspect.Field(type=inspect.IntType() | inspect.FloatType() as amount),
                inspect.Field(type=inspect.LiteralType(values=units)),
            ]
        ):
            return Field(**common, type="amount", **_limits(amount), **_units(units))
        case inspect.ListType(item_type=inspect.LiteralType()):
            return Field(**common, type="choices", choices=list(kind.choices[name].items()))
        case inspect.ListType():
            return Field(**common, type="photos")
        case inspect.StrType(max_length=length):
            return Field(**common, type="text", length=length or 60)
        case inspect.IntType() | inspect.FloatType() as number:
            return Field(**common, type="number", **_limits(number))
    raise TypeError(f"{kind.code}.{name}: {column.type}")


def _in_order(values: tuple, choices: dict) -> list:
    """As the labels are ordered; msgspec sorts. The empty value is what an untouched form sends."""
    return [each for each in choices if each in values] or [each for each in values if each]


def _limits(number: inspect.IntType | inspect.FloatType) -> dict:
    whole = isinstance(number, inspect.IntType)
    low = number.ge if number.ge is not None else number.gt
    return {"low": low, "high": number.le, "step": "1" if whole else "0.1"}


def _units(values: tuple) -> dict:
    names = {value: UNITS.get(value, value) for value in values}
    if len(values) > 1:  # msgspec sorts them; our table says which comes first
        names = {value: label for value, label in DOSE_UNITS.items() if value in values}
    return {"unit": next(iter(names)), "units": list(names.items())}
