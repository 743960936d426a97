"""The samples of a day beside the dishes that were served: taken, late, too small, missing; and those to be destroyed."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from core.calendar import local_day, today
from core.scoping import Actor
from institution.food import SAMPLE_GRAMS, SAMPLE_HOURS
from institution.models import Dish, FoodRule, FoodSample, MenuItem

LOOK_BACK = 7  # days
TAKEN, SMALL, LATE, MISSING, WAITING = "taken", "small", "late", "missing", "waiting"


@dataclass(frozen=True)
class SampleLine:
    dish: Dish
    sample: FoodSample | None
    state: str


@dataclass(frozen=True)
class SampleDay:
    day: dt.date
    lines: list[SampleLine]
    due: list[FoodSample]  # to be destroyed
    missing: list[tuple[dt.date, int]]  # earlier days, and how many samples are not there
    grams: FoodRule | None
    hours: FoodRule | None


def sample_rules(day: dt.date) -> dict[str, FoodRule]:
    """The newest of each that holds on the day."""
    found = FoodRule.objects.on(day).filter(code__in=[SAMPLE_GRAMS, SAMPLE_HOURS])
    return {rule.code: rule for rule in found.order_by("valid_from", "pk")}


def served_on(*, actor: Actor, first: dt.date, last: dt.date) -> dict[dt.date, dict[int, Dish]]:
    """The dishes of published menus, each once a day whichever ages it was for."""
    items = MenuItem.objects.visible_to(actor).filter(
        day__gte=first, day__lte=last, menu__published_at__isnull=False
    )
    served: dict[dt.date, dict[int, Dish]] = defaultdict(dict)
    for item in items.select_related("dish").order_by("dish__name", "dish_id", "pk"):
        served[item.day][item.dish_id] = item.dish
    return served


def sample_day(*, actor: Actor, day: dt.date) -> SampleDay:
    first = min(day, today() - dt.timedelta(days=LOOK_BACK))
    last = max(day, today())
    served = served_on(actor=actor, first=first, last=last)
    found = FoodSample.objects.visible_to(actor).filter(day__gte=first, day__lte=last)
    samples = {
        (each.day, each.dish_id): each
        for each in found.select_related("dish", "taken_by", "destroyed_by").order_by("pk")
    }
    due = FoodSample.objects.visible_to(actor).to_destroy().select_related("dish")
    rules = sample_rules(day)
    least = rules[SAMPLE_GRAMS].least if SAMPLE_GRAMS in rules else None
    return SampleDay(
        day=day,
        lines=[
            SampleLine(dish, sample, _state(day, sample, least))
            for pk, dish in served[day].items()
            for sample in [samples.get((day, pk))]
        ],
        due=list(due.order_by("kept_until", "pk")),
        missing=_missing(served, set(samples)),
        grams=rules.get(SAMPLE_GRAMS),
        hours=rules.get(SAMPLE_HOURS),
    )


def _state(day: dt.date, sample: FoodSample | None, least: Decimal | None) -> str:
    if sample is None:
        return MISSING if day < today() else WAITING
    if local_day(sample.taken_at) > day:
        return LATE
    return SMALL if least is not None and sample.grams < least else TAKEN


def _missing(
    served: dict[dt.date, dict[int, Dish]], taken: set[tuple[dt.date, int]]
) -> list[tuple[dt.date, int]]:
    counts = [
        (day, sum((day, pk) not in taken for pk in served[day]))
        for day in sorted(served)
        if today() - dt.timedelta(days=LOOK_BACK) <= day < today()
    ]
    return [(day, count) for day, count in counts if count]
