"""Which portion a child gets, what it must not be given, and what of a day's food a nursery answers for. Pure."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from core.calendar import age_months
from institution.enums import AgeBand, DietCode, FoodMark, MealTime

DATA = Path(__file__).parent / "data"

# codes of FoodRule beside the nutrients
SHARE = "share"  # of the reference intake that a full day at the nursery gives at least, in percent
SAMPLE_GRAMS = "sample_grams"  # of each dish served
SAMPLE_HOURS = "sample_hours"  # for which a sample is kept
LEDGER_MARGIN = "ledger_margin"  # left or missing of the money for meals over a term, in percent
SPLITS = {  # of a day's food that goes with a main meal and its snack, in percent
    MealTime.BREAKFAST: "split_breakfast",
    MealTime.LUNCH: "split_lunch",
    MealTime.DINNER: "split_dinner",
}
ENERGY_SHARES = {  # of the energy that comes from it, in percent; kcal in a gram
    "protein_pct": ("protein_g", Decimal(4)),
    "fat_pct": ("fat_g", Decimal(9)),
    "carb_pct": ("carb_g", Decimal(4)),
}
FIRST_FOOD = 6  # months; before that there is milk only
USUAL_MEALS = (MealTime.MORNING_SNACK, MealTime.LUNCH, MealTime.AFTERNOON_SNACK)
_FROM = ((24, AgeBand.M24), (12, AgeBand.M12), (FIRST_FOOD, AgeBand.M6))


def band_of(born: dt.date, day: dt.date) -> AgeBand | None:
    months = age_months(born, day)
    return next((band for first, band in _FROM if months >= first), None)


def served_share(meals: Iterable[str], splits: dict[str, Decimal | None]) -> Decimal | None:
    """Of the day's food, by the main meals that the nursery gives. None: no main meal, or its split is not known."""
    codes = [code for meal, code in SPLITS.items() if meal in set(meals)]
    parts = [splits.get(code) for code in codes]
    known = [part for part in parts if part is not None]
    if not codes or len(known) < len(parts):
        return None
    return sum(known, Decimal(0)) / 100


FLESH = frozenset(
    {FoodMark.PORK, FoodMark.BEEF, FoodMark.POULTRY, FoodMark.FISH, FoodMark.CRUSTACEAN}
)
AVOIDS: dict[str, frozenset[str]] = {
    DietCode.NO_PORK: frozenset({FoodMark.PORK}),
    DietCode.NO_BEEF: frozenset({FoodMark.BEEF}),
    DietCode.VEGETARIAN: FLESH,
}


@dataclass(frozen=True)
class Avoided:
    """Something that a child must not be given: ingredients with one of the marks, or called so."""

    label: str
    marks: frozenset[str]
    name: str = ""

    def in_ingredient(self, name: str, marks: Iterable[str]) -> bool:
        if not self.marks.isdisjoint(marks):
            return True
        return bool(self.name) and (self.name in name or name in self.name)


def avoided_by_code(code: str) -> Avoided:
    marks = AVOIDS.get(code) or frozenset({code})
    return Avoided(str(DietCode(code).label), marks)


def avoided_by_word(substance: str) -> Avoided:
    """An allergy as somebody wrote it: the allergens that its words name, and its name."""
    text = substance.casefold()
    told = _words()
    marks = {
        mark
        for mark, words in told["words"].items()
        if any(word in _without(text, told["unless"].get(mark, [])) for word in words)
    }
    return Avoided(substance, frozenset(marks), name=substance)


def _without(text: str, phrases: Iterable[str]) -> str:
    for phrase in phrases:
        text = text.replace(phrase, " ")
    return text


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    return json.loads((DATA / "allergen_words.json").read_text(encoding="utf-8"))
