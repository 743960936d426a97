"""The kitchen's library as it is looked through: dishes by words and age, with what is in them."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from core.scoping import Actor
from institution.enums import AgeBand, FoodMark
from institution.models import Dish, DishAmount, DishServing, Ingredient


@dataclass(frozen=True)
class DishLine:
    dish: Dish
    ages: list[str]
    holds: list[str]  # names of the ingredients
    marks: list[FoodMark]


@dataclass(frozen=True)
class AmountLine:
    """One ingredient of a dish, and the grams of each age that the dish is for; None where that age gets none."""

    ingredient: Ingredient
    grams: list[Decimal | None]


def dishes(*, actor: Actor, words: str = "", band: str = "") -> QuerySet[Dish]:
    found = Dish.objects.visible_to(actor).filter(active=True)
    if words:
        found = found.about(words)
    if band:
        found = found.served_to(band)
    return with_amounts(found).order_by("name", "pk")


def with_amounts(found: QuerySet[Dish]) -> QuerySet[Dish]:
    amounts = DishAmount.objects.select_related("ingredient").order_by("ingredient__name", "pk")
    return found.prefetch_related("servings", Prefetch("servings__amounts", amounts))


def servings_of(dish: Dish) -> list[DishServing]:
    """By age."""
    return sorted(dish.servings.all(), key=lambda serving: AgeBand.values.index(serving.band))


def line(dish: Dish) -> DishLine:
    """Of a dish that came with its amounts."""
    servings = servings_of(dish)
    held = {a.ingredient_id: a.ingredient for each in servings for a in each.amounts.all()}
    marks = {mark for ingredient in held.values() for mark in ingredient.marks}
    return DishLine(
        dish=dish,
        ages=[str(AgeBand(each.band).label) for each in servings],
        holds=[ingredient.name for ingredient in held.values()],
        marks=[mark for mark in FoodMark if mark in marks],
    )


def amount_lines(dish: Dish) -> list[AmountLine]:
    """Of a dish that came with its amounts, by the name of the ingredient."""
    grams: dict[int, dict[str, Decimal]] = {}
    held: dict[int, Ingredient] = {}
    for serving in dish.servings.all():
        for amount in serving.amounts.all():
            held[amount.ingredient_id] = amount.ingredient
            grams.setdefault(amount.ingredient_id, {})[serving.band] = amount.grams
    return [
        AmountLine(
            ingredient=held[pk],
            grams=[grams[pk].get(serving.band) for serving in servings_of(dish)],
        )
        for pk in sorted(held, key=lambda pk: (held[pk].name, pk))
    ]


def ingredients(*, actor: Actor, words: str = "") -> QuerySet[Ingredient]:
    found = Ingredient.objects.visible_to(actor)
    if words:
        found = found.filter(name__icontains=words)
    return found.order_by("-active", "name", "pk")
