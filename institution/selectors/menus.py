"""The week's menu as a grid, what it gives of the reference intake, and as families read it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Prefetch, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.scoping import Actor
from institution.enums import AgeBand, MealTime, Nutrient
from institution.food import ENERGY_SHARES, SHARE, SPLITS, band_of, served_share
from institution.models import (
    Child,
    Dish,
    DishAmount,
    DishServing,
    Enrolment,
    FoodRule,
    Menu,
    MenuItem,
)
from institution.selectors.calendar import CareDay, care_days

SATURDAY = 5
LOW, HIGH, FINE, OPEN = "low", "high", "fine", "open"
PERCENT_LABELS: dict[str, Promise] = {
    "protein_pct": _("Energy from protein, %"),
    "fat_pct": _("Energy from fat, %"),
    "carb_pct": _("Energy from carbohydrate, %"),
}


@dataclass(frozen=True)
class Figure:
    """What a day, or a usual day of the week, gives of one nutrient. `at_least`: something in it is unknown."""

    value: Decimal | None
    at_least: bool = False
    state: str = OPEN


@dataclass(frozen=True)
class NutrientRow:
    label: str | Promise
    places: int
    days: list[Figure]
    mean: Figure
    rule: FoodRule | None
    floor: Decimal | None  # what the nursery gives at least
    ceiling: Decimal | None


@dataclass(frozen=True)
class MenuWeek:
    band: AgeBand
    monday: dt.date
    menu: Menu | None
    days: list[CareDay]
    rows: list[tuple[MealTime, list[tuple[CareDay, list[MenuItem]]]]] = field(default_factory=list)
    nutrients: list[NutrientRow] = field(default_factory=list)
    share: Decimal | None = None  # of the day's reference, in percent
    items: list[MenuItem] = field(default_factory=list)

    @property
    def empty_days(self) -> list[dt.date]:
        """Known to be open, and without any dish."""
        filled = {item.day for item in self.items}
        return [day.day for day in self.days if day.is_open and day.day not in filled]


def monday_of(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def week_menu(*, actor: Actor, band: AgeBand, monday: dt.date) -> MenuWeek:
    menu = Menu.objects.visible_to(actor).filter(band=band, monday=monday).first()
    care = care_days(
        actor=actor,
        institution=actor.workplace,
        first=monday,
        last=monday + dt.timedelta(days=6),
    )
    items = list(items_of(actor=actor, menu=menu)) if menu else []
    days = [each for each in care if _shown(each, items)]
    if menu is None:
        return MenuWeek(band, monday, None, days)
    nutrients, share = reckon(menu, items, [each.day for each in days])
    return MenuWeek(band, monday, menu, days, _grid(menu, items, days), nutrients, share, items)


def items_of(*, actor: Actor, menu: Menu) -> QuerySet[MenuItem]:
    """With what is in each dish for the menu's age."""
    amounts = DishAmount.objects.select_related("ingredient").order_by("ingredient__name", "pk")
    servings = DishServing.objects.filter(band=menu.band).order_by("pk")
    served = Prefetch("dish__servings", servings.prefetch_related(Prefetch("amounts", amounts)))
    found = MenuItem.objects.visible_to(actor).filter(menu=menu).select_related("dish")
    return found.prefetch_related(served).order_by("day", "pk")


def _shown(day: CareDay, items: list[MenuItem]) -> bool:
    """Weekend days stand there only when the nursery is open on them, or something is planned."""
    planned = any(item.day == day.day for item in items)
    return planned or bool(day.is_open) or day.day.weekday() < SATURDAY


def _grid(menu: Menu, items: list[MenuItem], days: list[CareDay]) -> list:
    cells: dict[tuple[str, dt.date], list[MenuItem]] = defaultdict(list)
    for item in items:
        cells[item.meal, item.day].append(item)
    return [(meal, [(day, cells[meal, day.day]) for day in days]) for meal in menu.meal_times]


def amounts_of(item: MenuItem) -> list[DishAmount]:
    """Of an item of `items_of`."""
    return [amount for serving in item.dish.servings.all() for amount in serving.amounts.all()]


def rules_of(band: str, day: dt.date) -> dict[str, FoodRule]:
    """The newest of each code that holds on the day."""
    found = FoodRule.objects.on(day).of_band(band).order_by("valid_from", "pk")
    return {rule.code: rule for rule in found}


def reckon(
    menu: Menu, items: Iterable[MenuItem], days: list[dt.date]
) -> tuple[list[NutrientRow], Decimal | None]:
    """What each day gives and what a day with food gives on average, beside the reference intake."""
    rules = rules_of(menu.band, menu.monday)
    splits = {code: rules[code].least for code in SPLITS.values() if code in rules}
    served = served_share(menu.meals, splits)
    least = rules[SHARE].least if SHARE in rules else None
    share = None if served is None or least is None else served * least
    by_day: dict[dt.date, list[DishAmount]] = {day: [] for day in days}
    for item in items:
        by_day.setdefault(item.day, []).extend(amounts_of(item))
    sums = {
        nutrient: {day: _sum(found, nutrient) for day, found in by_day.items()}
        for nutrient in Nutrient.values
    }
    filled = [day for day in days if by_day[day]]
    rows = [
        _row(label.label, _places(label), days, filled, sums[label], rules.get(label), share)
        for label in Nutrient
    ]
    for code, label in PERCENT_LABELS.items():
        rows.append(_percent_row(label, code, days, filled, sums, rules.get(code)))
    return rows, share


Sum = tuple[Decimal, bool]


def _sum(amounts: list[DishAmount], nutrient: str) -> Sum:
    figures = [(amount.grams, getattr(amount.ingredient, nutrient)) for amount in amounts]
    known = [grams * figure / 100 for grams, figure in figures if figure is not None]
    return sum(known, Decimal(0)), len(known) < len(figures)


def _places(nutrient: Nutrient) -> int:
    return {"energy_kcal": 0, "ca_mg": 0, "vit_a_ug": 0, "vit_b1_mg": 2, "vit_b2_mg": 2}.get(
        nutrient, 1
    )


def _row(label, places, days, filled, sums: dict[dt.date, Sum], rule, share) -> NutrientRow:
    floor = rule.least * share / 100 if rule and rule.least is not None and share else None
    ceiling = _ceiling(rule)
    figures = [
        _figure(sums[day], floor, ceiling) if day in filled else Figure(None) for day in days
    ]
    if not filled:
        return NutrientRow(label, places, figures, Figure(None), rule, floor, ceiling)
    total = sum((sums[day][0] for day in filled), Decimal(0)) / len(filled)
    mean = _figure((total, any(sums[day][1] for day in filled)), floor, ceiling)
    return NutrientRow(label, places, figures, mean, rule, floor, ceiling)


def _ceiling(rule: FoodRule | None) -> Decimal | None:
    """The tolerable intake; for energy the need of the whole day, above which there is nothing left for home."""
    if rule is None:
        return None
    return rule.most if rule.code == Nutrient.ENERGY else rule.upper


def _percent_row(label, code, days, filled, sums, rule) -> NutrientRow:
    nutrient, kcal = ENERGY_SHARES[code]

    def part(chosen: list[dt.date]) -> Sum | None:
        energy = sum((sums[Nutrient.ENERGY][day][0] for day in chosen), Decimal(0))
        grams = sum((sums[nutrient][day][0] for day in chosen), Decimal(0))
        unknown = any(sums[each][day][1] for each in (Nutrient.ENERGY, nutrient) for day in chosen)
        return (grams * kcal * 100 / energy, unknown) if energy else None

    floor, ceiling = (rule.least, rule.most) if rule else (None, None)

    def figure(chosen: list[dt.date]) -> Figure:
        found = part(chosen) if chosen else None
        if found is None:
            return Figure(None)
        value, unknown = found
        return Figure(value, state=OPEN) if unknown else _figure(found, floor, ceiling)

    each = [figure([day] if day in filled else []) for day in days]
    return NutrientRow(label, 0, each, figure(filled), rule, floor, ceiling)


def _figure(found: Sum, floor: Decimal | None, ceiling: Decimal | None) -> Figure:
    value, at_least = found
    if ceiling is not None and value > ceiling:
        return Figure(value, at_least, HIGH)
    if floor is None:
        return Figure(value, at_least, OPEN)
    if value < floor:
        return Figure(value, at_least, OPEN if at_least else LOW)
    return Figure(value, at_least, FINE)


def pick_dishes(*, actor: Actor, menu: Menu, words: str, most: int = 40) -> list[Dish]:
    """For the menu's age, by name."""
    found = Dish.objects.visible_to(actor).filter(active=True).served_to(menu.band)
    if words:
        found = found.about(words)
    amounts = DishAmount.objects.select_related("ingredient").order_by("ingredient__name", "pk")
    servings = DishServing.objects.filter(band=menu.band).order_by("pk")
    served = Prefetch("servings", servings.prefetch_related(Prefetch("amounts", amounts)))
    return list(found.prefetch_related(served).order_by("name", "pk")[:most])


@dataclass(frozen=True)
class FamilyDish:
    item: int
    name: str
    texture: str
    holds: list[str]


@dataclass(frozen=True)
class FamilyMenu:
    child: Child
    monday: dt.date
    band: AgeBand | None
    menu: Menu | None
    days: list[tuple[dt.date, list[tuple[MealTime, list[FamilyDish]]]]]


def family_menu(*, actor: Actor, child: Child, monday: dt.date) -> FamilyMenu:
    """The published menu of the child's age at its nursery. Of the week's days those with food."""
    sunday = monday + dt.timedelta(days=6)
    places = Enrolment.objects.visible_to(actor).filter(child=child)
    place = places.filter(during__overlap=(monday, sunday)).order_by("-during", "pk").first()
    band = band_of(child.born_on, monday)
    menu = None
    if place is not None and band is not None:
        menus = Menu.objects.visible_to(actor).published()
        menu = menus.filter(institution=place.institution_id, band=band, monday=monday).first()
    items = list(items_of(actor=actor, menu=menu)) if menu else []
    days = []
    for day in sorted({item.day for item in items}):
        meals = [
            (meal, [_told(i) for i in items if i.day == day and i.meal == meal])
            for meal in MealTime
        ]
        days.append((day, [(meal, told) for meal, told in meals if told]))
    return FamilyMenu(child, monday, band, menu, days)


def _told(item: MenuItem) -> FamilyDish:
    servings = list(item.dish.servings.all())
    return FamilyDish(
        item=item.pk,
        name=item.dish.name,
        texture=str(servings[0].get_texture_display()) if servings else "",
        holds=[amount.ingredient.name for amount in amounts_of(item)],
    )
