"""Who must not eat what: needs and allergies held against the dishes of a menu, and what is given in their place."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from core import audit
from core.scoping import Actor
from institution.enums import MealTime
from institution.food import Avoided, avoided_by_code, avoided_by_word, band_of
from institution.models import (
    Allergy,
    Child,
    DietNeed,
    Dish,
    Enrolment,
    Ingredient,
    Menu,
    MenuItem,
    Substitute,
)
from institution.selectors.menus import amounts_of, items_of

FIELDS = ["allergies", "diet"]


@dataclass(frozen=True)
class Conflict:
    """A child would get a dish that it must not eat. Solved when another dish is chosen for it."""

    item: MenuItem
    child: Child
    causes: list[str]
    substitute: Substitute | None = None


@dataclass(frozen=True)
class Group:
    """One child and one dish: what is chosen once counts for all meals of the week that nobody chose for."""

    child: Child
    dish: Dish
    causes: list[str]
    substitute: Substitute | None
    items: list[MenuItem]


@dataclass(frozen=True)
class Check:
    """What came of holding a menu against the children of its age."""

    conflicts: list[Conflict] = field(default_factory=list)
    blank: list[Dish] = field(default_factory=list)  # nothing is entered in it, so it was not held
    by_name: list[tuple[Child, str]] = field(
        default_factory=list
    )  # names no ingredient, no allergen

    @property
    def unsolved(self) -> list[Conflict]:
        return [each for each in self.conflicts if each.substitute is None]

    @property
    def groups(self) -> list[Group]:
        """Those that wait first, then by child and dish."""
        found: dict[tuple, Group] = {}
        for each in self.conflicts:
            other = each.substitute.dish_id if each.substitute else None
            key = (other is not None, each.child.name, each.child.pk, each.item.dish_id, other or 0)
            group = Group(each.child, each.item.dish, each.causes, each.substitute, [])
            found.setdefault(key, group).items.append(each.item)
        return [found[key] for key in sorted(found)]

    @property
    def open_groups(self) -> int:
        return sum(group.substitute is None for group in self.groups)


@dataclass(frozen=True)
class _Need:
    avoided: Avoided
    first: dt.date = dt.date.min
    after: dt.date = dt.date.max

    def on(self, day: dt.date) -> bool:
        return self.first <= day < self.after


@dataclass(frozen=True)
class NeedLine:
    child: Child
    allergies: list[Allergy]
    needs: list[DietNeed]


def check_menu(*, actor: Actor, menu: Menu, items: Iterable[MenuItem]) -> Check:
    """Of the children whom the actor sees. A day counts for a child by its age and its place on that day."""
    items = list(items)
    eaters = _eaters(actor, menu)
    needs = _needs(actor, [child.pk for child, _days in eaters], menu.days)
    concerned = [(child, days) for child, days in eaters if needs[child.pk]]
    if not concerned:
        return Check()
    chosen = _chosen(actor, menu)
    conflicts = [
        Conflict(item, child, causes, chosen.get((item.pk, child.pk)))
        for item in items
        for child, days in concerned
        if item.day in days
        for causes in [_causes(item, needs[child.pk])]
        if causes
    ]
    blank = {item.dish_id: item.dish for item in items if not amounts_of(item)}
    audit.viewed(
        actor=actor,
        child_ids={child.pk for child, _days in concerned},
        fields=FIELDS,
        purpose="kitchen",
    )
    return Check(conflicts, list(blank.values()), _by_name(actor, concerned, needs))


def _eaters(actor: Actor, menu: Menu) -> list[tuple[Child, set[dt.date]]]:
    """The children of the menu's age, with the days on which they are of it and have a place."""
    week = (menu.days[0], menu.days[-1] + dt.timedelta(days=1))
    places = Enrolment.objects.visible_to(actor).filter(
        institution=menu.institution_id, during__overlap=week
    )
    days: dict[int, set[dt.date]] = defaultdict(set)
    children: dict[int, Child] = {}
    for place in places.select_related("child").order_by("child__name", "child_id", "pk"):
        until = place.during.upper or dt.date.max
        children[place.child_id] = place.child
        days[place.child_id] |= {
            day
            for day in menu.days
            if place.during.lower <= day < until and band_of(place.child.born_on, day) == menu.band
        }
    return [(child, days[pk]) for pk, child in children.items() if days[pk]]


def _needs(actor: Actor, children: list[int], days: list[dt.date]) -> dict[int, list[_Need]]:
    needs: dict[int, list[_Need]] = defaultdict(list)
    allergies = Allergy.objects.visible_to(actor).filter(child__in=children)
    for allergy in allergies.order_by("pk"):
        needs[allergy.child_id].append(_Need(avoided_by_word(allergy.substance)))
    told = DietNeed.objects.visible_to(actor).filter(child__in=children)
    for need in told.between(days[0], days[-1]).defer("note").order_by("pk"):
        after = need.valid_to or dt.date.max
        needs[need.child_id].append(_Need(avoided_by_code(need.code), need.valid_from, after))
    return needs


def _causes(item: MenuItem, needs: list[_Need]) -> list[str]:
    held = [amount.ingredient for amount in amounts_of(item)]
    found = [need.avoided.label for need in needs if need.on(item.day) and _holds(held, need)]
    return list(dict.fromkeys(found))


def _holds(held: list[Ingredient], need: _Need) -> bool:
    return any(need.avoided.in_ingredient(each.name, each.marks) for each in held)


def _chosen(actor: Actor, menu: Menu) -> dict[tuple[int, int], Substitute]:
    found = Substitute.objects.visible_to(actor).filter(item__menu=menu).select_related("dish")
    return {(each.item_id, each.child_id): each for each in found.order_by("pk")}


def _by_name(actor: Actor, concerned, needs: dict[int, list[_Need]]) -> list[tuple[Child, str]]:
    """Written in words that name no allergen: found only where an ingredient is called so."""
    return [
        (child, need.avoided.label)
        for child, _days in concerned
        for need in needs[child.pk]
        if not need.avoided.marks
    ]


def fit_dishes(*, actor: Actor, item: MenuItem, child: Child, found: Iterable[Dish]) -> list[Dish]:
    """Of dishes that came with their amounts for the menu's age: those that the child may eat on that day."""
    needs = _needs(actor, [child.pk], [item.day])[child.pk]
    running = [need for need in needs if need.on(item.day)]
    return [dish for dish in found if _may_eat(dish, item.menu.band, running)]


def _may_eat(dish: Dish, band: str, needs: list[_Need]) -> bool:
    """Nothing entered is nothing known."""
    held = [
        amount.ingredient
        for serving in dish.servings.all()
        if serving.band == band
        for amount in serving.amounts.all()
    ]
    return bool(held) and not any(_holds(held, need) for need in needs)


def need_lines(*, actor: Actor, day: dt.date) -> list[NeedLine]:
    """Every child with a place on the day that the kitchen has to think of."""
    places = Enrolment.objects.visible_to(actor).filter(institution=actor.workplace).on(day)
    children = Child.objects.filter(pk__in=places.values("child")).order_by("name", "pk")
    allergies: dict[int, list[Allergy]] = defaultdict(list)
    for allergy in Allergy.objects.visible_to(actor).filter(child__in=children).order_by("pk"):
        allergies[allergy.child_id].append(allergy)
    needs: dict[int, list[DietNeed]] = defaultdict(list)
    told = DietNeed.objects.visible_to(actor).filter(child__in=children)
    running = told.filter(valid_to=None) | told.filter(valid_to__gt=day)
    found = list(running.select_related("child").order_by("valid_from", "pk"))
    DietNeed.load_keys(found)
    for need in found:
        needs[need.child_id].append(need)
    known = children.filter(pk__in=allergies.keys() | needs.keys()).defer("resident_id")
    lines = [NeedLine(child, allergies[child.pk], needs[child.pk]) for child in known]
    audit.viewed(
        actor=actor,
        child_ids=[line.child.pk for line in lines],
        fields=FIELDS,
        purpose="kitchen",
    )
    return lines


@dataclass(frozen=True)
class DishToday:
    dish: Dish
    others: list[Conflict]


@dataclass(frozen=True)
class MenuToday:
    menu: Menu
    meals: list[tuple[MealTime, list[DishToday]]]


def meals_today(*, actor: Actor, day: dt.date) -> list[MenuToday]:
    """What is served on the day, and who gets something else: of the children whom the actor sees."""
    monday = day - dt.timedelta(days=day.weekday())
    found = Menu.objects.visible_to(actor).published().filter(monday=monday)
    return [_today(actor, menu, day) for menu in sorted(found, key=lambda menu: menu.band_order)]


def _today(actor: Actor, menu: Menu, day: dt.date) -> MenuToday:
    items = [item for item in items_of(actor=actor, menu=menu) if item.day == day]
    conflicts = check_menu(actor=actor, menu=menu, items=items).conflicts
    meals = []
    for meal in menu.meal_times:
        dishes = [
            DishToday(item.dish, [each for each in conflicts if each.item.pk == item.pk])
            for item in items
            if item.meal == meal
        ]
        if dishes:
            meals.append((meal, dishes))
    return MenuToday(menu, meals)


@dataclass(frozen=True)
class OwnFood:
    """For the family: what the kitchen keeps from the child, and what it gets in place of a dish."""

    kept: list[str]
    instead: dict[int, str]  # item of the menu -> name of the dish


def own_food(*, actor: Actor, child: Child, monday: dt.date) -> OwnFood:
    week = [monday, monday + dt.timedelta(days=6)]
    needs = _needs(actor, [child.pk], week)[child.pk]
    if needs:
        _note_family_read(actor, child, week)
    found = Substitute.objects.visible_to(actor).filter(child=child, item__day__range=week)
    instead = found.order_by("pk").values_list("item_id", "dish__name")
    return OwnFood(list(dict.fromkeys(need.avoided.label for need in needs)), dict(instead))


def _note_family_read(actor: Actor, child: Child, week: list[dt.date]) -> None:
    """A family has no nursery of its own: the read stands where the child has its place that week."""
    places = Enrolment.objects.visible_to(actor).filter(child=child, during__overlap=tuple(week))
    place = places.select_related("institution__region").order_by("-during", "pk").first()
    audit.viewed(
        actor=actor,
        child_ids=[child.pk],
        fields=FIELDS,
        purpose="family",
        institution_id=place.institution_id if place else None,
        region_path=place.institution.region.path if place else "",
    )
