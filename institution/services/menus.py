"""The week's menu of an age: opened empty or as a copy, filled dish by dish, published, taken back."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import now, today
from core.display import day as day_words
from core.errors import NotThere, Refused
from core.scoping import Actor
from institution.enums import AgeBand, MealTime
from institution.food import USUAL_MEALS
from institution.models import Dish, Institution, Menu, MenuItem
from institution.selectors.calendar import care_days
from institution.selectors.diets import check_menu
from institution.selectors.menus import items_of, monday_of

WEEK = dt.timedelta(days=7)
WEEKS_AHEAD = 8
MOST_NAMED = 6  # conflicts in one sentence


def open_menu(*, actor: Actor, band: str, week: dt.date, copy: bool = False) -> Menu:
    """Of the week of a day; copied, it begins as the newest one before it. Raises Refused `past`, `too_far`,
    `menu_there`, `nothing_to_copy`."""
    monday = monday_of(week)
    if monday + WEEK <= today():
        raise _wrong("week", _("This week is over."), "past")
    if monday > today() + WEEKS_AHEAD * WEEK:
        raise _wrong("week", _("Please check the week: it is far ahead."), "too_far")
    with transaction.atomic():
        institution = _own(actor)
        known = Menu.objects.filter(institution=institution, band=band)
        if known.filter(monday=monday).exists():
            raise _wrong("week", _("There is a menu for this week already."), "menu_there")
        before = known.filter(monday__lt=monday).order_by("-monday").first()
        if copy and before is None:
            raise _wrong("week", _("There is no earlier menu to copy."), "nothing_to_copy")
        meals = before.meals if before else list(USUAL_MEALS)
        menu = Menu.objects.create(
            institution=institution, band=AgeBand(band), monday=monday, meals=meals
        )
        copied = _copy(actor, before, menu) if copy and before else 0
        _record(actor, institution, menu, "food.menu_opened", copied=copied)
    return menu


def set_meals(*, actor: Actor, menu: Menu, meals: Iterable[str]) -> Menu:
    """Which meals the nursery gives in this week. Raises Refused `no_meal`, `meal_in_use`, `published`, `past`."""
    wanted = [MealTime(meal) for meal in MealTime if meal in set(meals)]
    if not wanted:
        raise _wrong("meals", _("Please choose at least one meal."), "no_meal")
    with transaction.atomic():
        institution = _own(actor)
        row = _draft(actor, menu)
        if row.items.exclude(meal__in=wanted).exists():
            raise _wrong(
                "meals", _("Take the dishes out of a meal before leaving it out."), "meal_in_use"
            )
        row.meals = wanted
        row.save(update_fields=["meals"])
        _record(actor, institution, row, "food.menu_changed")
    return row


def add_item(*, actor: Actor, menu: Menu, day: dt.date, meal: str, dish: Dish) -> MenuItem:
    """Raises Refused `published`, `past`, `other_week`, `no_such_meal`, `not_served`, `already_there`."""
    with transaction.atomic():
        institution = _own(actor)
        row = _draft(actor, menu)
        found = Dish.objects.visible_to(actor).filter(pk=dish.pk).first()
        if found is None:
            raise NotThere(_("This dish is not there."), "dish_not_found")
        if day not in row.days:
            raise _wrong("day", _("The day is not of this week."), "other_week")
        if meal not in row.meals:
            raise _wrong("meal", _("The nursery does not give this meal."), "no_such_meal")
        if not found.servings.filter(band=row.band).exists():
            raise _wrong("dish", _("The dish is not for this age."), "not_served")
        item, made = MenuItem.objects.get_or_create(
            menu=row,
            day=day,
            meal=MealTime(meal),
            dish=found,
            defaults={"institution": institution},
        )
        if not made:
            raise _wrong("dish", _("The dish is in this meal already."), "already_there")
        _record(actor, institution, row, "food.menu_changed", dish=found.pk)
    return item


def remove_item(*, actor: Actor, item: MenuItem) -> None:
    """Raises Refused `published`, `past`."""
    with transaction.atomic():
        institution = _own(actor)
        found = MenuItem.objects.visible_to(actor).select_related("menu", "dish")
        row = found.filter(pk=item.pk).first()
        if row is None:
            raise NotThere
        menu = _draft(actor, row.menu)
        row.delete()
        _record(actor, institution, menu, "food.menu_changed", dish=row.dish_id)


def publish(*, actor: Actor, menu: Menu) -> Menu:
    """Families read it from now on. Raises Refused `published`, `past`, `days_empty`, `conflicts`, `unchecked`."""
    with transaction.atomic():
        institution = _own(actor)
        row = _draft(actor, menu)
        empty = _days_without_food(actor, row)
        if empty:
            raise Refused(
                _("There is no dish yet on: %(days)s.")
                % {"days": ", ".join(day_words(day) for day in empty)},
                "days_empty",
            )
        _nobody_harmed(actor, row)
        row.published_at, row.published_by_id = now(), actor.user_id
        row.save(update_fields=["published_at", "published_by"])
        _record(actor, institution, row, "food.menu_published")
    return row


def take_back(*, actor: Actor, menu: Menu) -> Menu:
    """To change it. Families do not see it until it is published again. Raises Refused `not_published`, `past`."""
    with transaction.atomic():
        institution = _own(actor)
        row = _locked(actor, menu)
        if row.published_at is None:
            raise Refused(_("This menu is not published."), "not_published")
        _not_over(row)
        row.published_at = row.published_by = None
        row.save(update_fields=["published_at", "published_by"])
        _record(actor, institution, row, "food.menu_taken_back")
    return row


def _copy(actor: Actor, before: Menu, menu: Menu) -> int:
    """Onto the same weekdays, as far as the nursery is not closed on them and the dish is still in use for the age."""
    closed = {
        each.day
        for each in care_days(
            actor=actor, institution=menu.institution_id, first=menu.days[0], last=menu.days[-1]
        )
        if each.is_open is False
    }
    shift = menu.monday - before.monday
    served = Dish.objects.filter(active=True, institution=menu.institution_id)
    items = before.items.filter(dish__in=served.served_to(menu.band)).order_by("pk")
    made = [
        MenuItem(
            institution_id=menu.institution_id,
            menu=menu,
            day=item.day + shift,
            meal=item.meal,
            dish_id=item.dish_id,
        )
        for item in items
        if item.day + shift not in closed
    ]
    return len(MenuItem.objects.bulk_create(made))


def _days_without_food(actor: Actor, menu: Menu) -> list[dt.date]:
    filled = set(menu.items.values_list("day", flat=True))
    if not filled:
        return menu.days[:5]
    care = care_days(
        actor=actor, institution=menu.institution_id, first=menu.days[0], last=menu.days[-1]
    )
    return [each.day for each in care if each.is_open and each.day not in filled]


def _nobody_harmed(actor: Actor, menu: Menu) -> None:
    """No child gets what it must not eat, and no dish is unknown that a child with a need would get."""
    found = check_menu(actor=actor, menu=menu, items=items_of(actor=actor, menu=menu))
    told = list(
        dict.fromkeys(
            _("%(name)s must not eat %(dish)s (%(why)s)")
            % {
                "name": each.child.name,
                "dish": each.item.dish.name,
                "why": ", ".join(each.causes),
            }
            for each in found.unsolved
        )
    )
    if told:
        shown = "; ".join(told[:MOST_NAMED])
        if len(told) > MOST_NAMED:
            shown = _("%(conflicts)s, and %(more)d more") % {
                "conflicts": shown,
                "more": len(told) - MOST_NAMED,
            }
        raise Refused(
            _("Please choose a substitute first: %(conflicts)s.") % {"conflicts": shown},
            "conflicts",
        )
    if found.blank:
        names = ", ".join(dish.name for dish in found.blank)
        raise Refused(
            _("Children with allergies get this menu. Please enter what is in: %(dishes)s.")
            % {"dishes": names},
            "unchecked",
        )


def _draft(actor: Actor, menu: Menu) -> Menu:
    row = _locked(actor, menu)
    if row.published_at is not None:
        raise Refused(_("This menu is published. Take it back before changing it."), "published")
    _not_over(row)
    return row


def _not_over(menu: Menu) -> None:
    if menu.monday + WEEK <= today():
        raise Refused(_("This week is over."), "past")


def _locked(actor: Actor, menu: Menu) -> Menu:
    found = Menu.objects.visible_to(actor).select_for_update().filter(pk=menu.pk).first()
    if found is None:
        raise NotThere
    return found


def _own(actor: Actor) -> Institution:
    """Locked, so that two people who plan at once do so one after the other."""
    mine = Institution.objects.visible_to(actor).filter(pk=actor.workplace)
    return mine.select_for_update(of=("self",)).select_related("region").get()


def _record(actor: Actor, institution: Institution, menu: Menu, action: str, **data) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=menu,
        region_path=institution.region.path,
        data={"band": str(menu.band), "week": menu.monday.isoformat()} | data,
    )


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
