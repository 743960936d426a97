import datetime as dt
import json
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from core import reference as core_reference
from core import rls
from core.calendar import today
from core.errors import Refused
from institution import reference
from institution.enums import AgeBand
from institution.food import band_of, served_share
from institution.models import FoodRule, Menu, MenuItem
from institution.selectors.menus import monday_of, week_menu
from institution.services import menus
from tests.factories.city import City
from tests.factories.institution import (
    ClosureFactory,
    DishAmountFactory,
    MenuFactory,
    MenuItemFactory,
)

MENU = "/nursery/food/"
D = dt.date
MONDAY = D(2026, 11, 30)


@pytest.fixture
def actor(city):
    core_reference.load_calendar_days()
    reference.load_food_rules()
    return City.actor(city.a.health_worker)


@pytest.fixture
def cook(city, actor, signed_in):
    return signed_in(city.a.health_worker)


@pytest.fixture
def menu(city, actor):
    return MenuFactory(institution=city.a.institution, monday=MONDAY)


def fill(menu: Menu, days: int = 5, **figures) -> None:
    ingredient = {f"ingredient__{name}": value for name, value in figures.items()}
    amount = DishAmountFactory(
        serving__dish__institution=menu.institution, serving__band=menu.band, **ingredient
    )
    for day in menu.days[:days]:
        MenuItemFactory(menu=menu, day=day, dish=amount.serving.dish)


def refused(expected: str, act, /, **kwargs) -> Refused:
    with pytest.raises(Refused) as caught:
        act(**kwargs)
    assert caught.value.code == expected
    return caught.value


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (D(2026, 6, 1), None),
        (D(2026, 5, 30), AgeBand.M6),
        (D(2025, 12, 1), AgeBand.M6),
        (D(2025, 11, 30), AgeBand.M12),
        (D(2024, 11, 30), AgeBand.M24),
        (D(2023, 1, 1), AgeBand.M24),
    ],
)
def test_the_portion_follows_the_age(born, band):
    assert band_of(born, MONDAY) == band


def test_a_nursery_answers_for_the_main_meals_it_gives():
    splits = {"split_breakfast": Decimal(30), "split_lunch": Decimal(40), "split_dinner": None}

    assert served_share(["breakfast", "lunch"], splits) == Decimal("0.7")
    assert served_share(["lunch", "dinner"], splits) is None
    assert served_share(["morning_snack"], splits) is None


class TestPlanning:
    def test_from_an_empty_week_to_a_published_one(self, city, actor):
        menu = menus.open_menu(actor=actor, band="m12", week=D(2026, 12, 3))
        assert (menu.monday, menu.meals) == (MONDAY, ["morning_snack", "lunch", "afternoon_snack"])
        refused("menu_there", menus.open_menu, actor=actor, band="m12", week=MONDAY)
        fill(menu, days=4)
        wrong = refused("days_empty", menus.publish, actor=actor, menu=menu)
        assert "12月4日" in wrong.message
        fill(menu)

        published = menus.publish(actor=actor, menu=menu)

        assert published.published_by_id == actor.user_id
        item = MenuItem.objects.earliest("pk")
        for deed, told in (
            (menus.publish, {"menu": menu}),
            (menus.remove_item, {"item": item}),
            (menus.set_meals, {"menu": menu, "meals": ["lunch"]}),
        ):
            refused("published", deed, actor=actor, **told)
        menus.take_back(actor=actor, menu=menu)
        refused("not_published", menus.take_back, actor=actor, menu=menu)
        menus.remove_item(actor=actor, item=item)

    def test_an_empty_menu_is_not_published(self, actor, menu):
        refused("days_empty", menus.publish, actor=actor, menu=menu)

    def test_a_week_begins_as_the_last_one_without_closed_days_and_old_dishes(
        self, city, actor, menu
    ):
        fill(menu, days=3)
        old = MenuItemFactory(menu=menu, day=MONDAY).dish
        old.active = False
        old.save()
        ClosureFactory(institution=city.a.institution, first=D(2026, 12, 8))

        copied = menus.open_menu(actor=actor, band="m12", week=D(2026, 12, 7), copy=True)

        days = copied.items.order_by("day").values_list("day", flat=True)
        assert list(days) == [D(2026, 12, 7), D(2026, 12, 9)]
        assert copied.meals == menu.meals

    def test_what_is_no_dish_of_the_menu_is_refused(self, city, actor, menu):
        dish = MenuItemFactory(menu=menu, day=MONDAY).dish
        other = DishAmountFactory(
            serving__dish__institution=city.a.institution, serving__band="m24"
        ).serving.dish
        told = {"actor": actor, "menu": menu, "day": MONDAY, "meal": "lunch", "dish": dish}

        refused("already_there", menus.add_item, **told)
        refused("not_served", menus.add_item, **told | {"dish": other})
        refused("other_week", menus.add_item, **told | {"day": D(2026, 12, 7)})
        refused("no_such_meal", menus.add_item, **told | {"meal": "dinner"})
        refused("no_meal", menus.set_meals, actor=actor, menu=menu, meals=[])
        refused("meal_in_use", menus.set_meals, actor=actor, menu=menu, meals=["dinner"])

    def test_weeks_that_are_over_or_far_away_are_left_alone(self, city, actor):
        past = today() - dt.timedelta(days=7)
        refused("past", menus.open_menu, actor=actor, band="m12", week=past)
        far = today() + dt.timedelta(days=100)
        refused("too_far", menus.open_menu, actor=actor, band="m12", week=far)
        refused(
            "nothing_to_copy", menus.open_menu, actor=actor, band="m12", week=today(), copy=True
        )
        old = MenuFactory(institution=city.a.institution, monday=monday_of(past), published=True)
        refused("past", menus.take_back, actor=actor, menu=old)


class TestNutrients:
    def rows(self, actor, menu) -> dict:
        with rls.of_actor(actor):
            week = week_menu(actor=actor, band=AgeBand(menu.band), monday=menu.monday)
        return {str(row.label): row for row in week.nutrients} | {"share": week.share}

    def test_a_day_is_held_against_its_share_of_the_reference(self, actor, menu):
        """Lunch and snack: 40 % of the day's food, of which 80 % of the reference: 256 to 900 kcal, 8 g protein."""
        fill(menu, energy_kcal=Decimal(300), protein_g=Decimal(6), ca_mg=Decimal(1600))

        rows = self.rows(actor, menu)

        assert rows["share"] == Decimal(32)
        energy, protein, calcium = rows["能量 kcal"], rows["蛋白质 g"], rows["钙 mg"]
        assert (energy.floor, energy.ceiling, energy.mean.state) == (256, 900, "fine")
        assert (protein.floor, protein.mean.value, protein.mean.state) == (8, 6, "low")
        assert (calcium.ceiling, calcium.mean.state) == (1500, "high")
        assert rows["蛋白质供能比 %"].mean.value == 8
        assert rows["蛋白质供能比 %"].mean.state == "low"
        assert [figure.value for figure in energy.days] == [300] * 5

    def test_what_is_unknown_is_never_called_too_little(self, actor, menu):
        fill(menu, energy_kcal=None, protein_g=Decimal(6))

        rows = self.rows(actor, menu)

        energy = rows["能量 kcal"].mean
        assert (energy.at_least, energy.state) == (True, "open")
        assert rows["脂肪供能比 %"].mean.value is None

    def test_energy_of_infants_has_no_figure_for_a_group(self, city, actor):
        menu = MenuFactory(institution=city.a.institution, monday=MONDAY, band="m6")
        fill(menu)

        rows = self.rows(actor, menu)

        assert rows["能量 kcal"].floor is None
        assert rows["蛋白质 g"].floor == Decimal("5.44")

    def test_days_without_food_do_not_count_as_days(self, actor, menu):
        fill(menu, days=2)

        energy = self.rows(actor, menu)["能量 kcal"]

        assert energy.mean.value == 50
        assert [figure.value for figure in energy.days] == [50, 50, None, None, None]

    def test_the_newest_rule_counts_from_its_day(self, actor, menu):
        fill(menu)
        rule = {"basis": "x", "source": "x", "confidence": "high", "code": "share"}
        FoodRule.objects.create(least=Decimal(50), valid_from=D(2026, 11, 1), **rule)
        FoodRule.objects.create(least=Decimal(90), valid_from=D(2026, 12, 1), **rule)

        assert self.rows(actor, menu)["share"] == Decimal(20)

    def test_every_rule_says_what_it_rests_on_and_how_sure_it_is(self, actor):
        assert reference.load_food_rules() == FoodRule.objects.count()
        assert not FoodRule.objects.filter(basis="").exists()
        assert not FoodRule.objects.exclude(
            confidence__in=["high", "medium-high", "medium", "low"]
        ).exists()


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("menu_monday", {"monday": D(2026, 12, 1)}),
        ("menu_meals", {"meals": []}),
        ("menu_published", {"published_at": dt.datetime(2026, 11, 1, tzinfo=dt.UTC)}),
    ],
)
def test_the_database_refuses_half_a_menu(menu, constraint, change):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Menu.objects.filter(pk=menu.pk).update(**change)


def test_the_database_refuses_the_same_twice(menu):
    item = MenuItemFactory(menu=menu)
    twice = {
        "menu_once": lambda: MenuFactory(institution=menu.institution, monday=menu.monday),
        "menuitem_once": lambda: MenuItemFactory(menu=menu, day=item.day, dish=item.dish),
    }
    for constraint, make in twice.items():
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            make()


def test_the_database_refuses_a_rule_that_ends_before_it_begins(db):
    rule = FoodRule(code="x", basis="x", source="x", confidence="high", valid_from=D(2026, 1, 1))
    rule.valid_to = D(2026, 1, 1)
    with pytest.raises(IntegrityError, match="foodrule_period"), transaction.atomic():
        rule.save()


class TestPages:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_week_asks_the_same_however_full(
        self, city, cook, menu, rows, django_assert_num_queries
    ):
        for _row in range(rows):
            fill(menu, days=rows)
        url = f"{MENU}?week={MONDAY}&band=m12"
        cook.get(url)

        with django_assert_num_queries(12):
            page = cook.get(url)
        with django_assert_num_queries(7):
            choices = cook.get(f"{MENU}menus/{menu.pk}/pick/?day={MONDAY}&meal=lunch")
        assert len(page.context["week"].items) == rows * rows
        assert len(choices.context["lines"]) == rows

    def test_a_week_is_planned_and_published(self, city, cook, signed_in):
        assert "复制上一份食谱" in cook.get(f"{MENU}?week={MONDAY}").text
        failed = cook.post(
            f"{MENU}menus/open/", {"week": MONDAY, "band": "m12", "copy": "on"}, follow=True
        )
        assert "没有可复制的食谱" in failed.text
        answer = cook.post(f"{MENU}menus/open/", {"week": MONDAY, "band": "m12"})
        menu = Menu.objects.get()
        assert answer.url == f"{MENU}?week={MONDAY}&band=m12"
        dish = DishAmountFactory(
            serving__dish__institution=city.a.institution, serving__dish__name="番茄面"
        ).serving.dish
        pick = f"{MENU}menus/{menu.pk}/pick/"
        assert "番茄面" in cook.get(f"{pick}?day={MONDAY}&meal=lunch&q=番茄").text
        told = {"day": MONDAY, "meal": "lunch", "dish": dish.pk}
        cook.post(pick, told)
        again = cook.post(f"{pick}?day={MONDAY}&meal=lunch", told)
        assert again.status_code == 422
        assert "这一餐已有这道菜" in again.text
        assert (
            "以下日期还没有菜品" in cook.post(f"{MENU}menus/{menu.pk}/publish/", follow=True).text
        )
        for day in menu.days[1:5]:
            cook.post(pick, told | {"day": day})
        assert "家长现在可以看到" in cook.post(f"{MENU}menus/{menu.pk}/publish/", follow=True).text
        item = MenuItem.objects.earliest("pk")
        assert "请先收回再修改" in cook.post(f"{MENU}items/{item.pk}/remove/", follow=True).text
        assert "食谱已收回" in cook.post(f"{MENU}menus/{menu.pk}/take-back/", follow=True).text
        cook.post(f"{MENU}items/{item.pk}/remove/")
        assert MenuItem.objects.count() == 4
        kept = cook.post(f"{MENU}menus/{menu.pk}/meals/", {"meals": ["dinner"]})
        assert kept.status_code == 422
        assert "请先移出" in kept.text

    def test_the_same_lunch_twice_on_a_week_that_is_no_week(self, cook):
        assert cook.get(f"{MENU}?week=soon&band=none").status_code == 200
        assert cook.get(f"{MENU}?week=1999-01-01").context["week"].monday == monday_of(today())

    def test_a_carer_reads_the_week_and_changes_nothing(self, city, signed_in, menu):
        fill(menu)
        page = signed_in(city.a.carer).get(f"{MENU}?week={MONDAY}&band=m12")

        assert "南瓜粥" in page.text
        assert "publish" not in page.text
        assert "pick" not in page.text

    def test_the_family_reads_the_published_menu_of_its_childs_age(
        self, city, cook, menu, signed_in
    ):
        fill(menu)
        child = city.a.guardian.guardianships.get().child
        child.born_on = D(2025, 3, 1)
        child.save()
        family = signed_in(city.a.guardian)
        url = reverse("family:child-menu", args=[child.pk])

        draft = family.get(url, {"week": MONDAY})
        cook.post(f"{MENU}menus/{menu.pk}/publish/")
        page = family.get(url, {"week": MONDAY})
        child.born_on = D(2024, 3, 1)
        child.save()
        older = family.get(url, {"week": MONDAY})

        assert "本周食谱尚未发布" in draft.text
        assert "南瓜粥" in page.text
        assert "12–23 月龄" in page.text
        assert "本周食谱尚未发布" in older.text
        assert url in family.get(reverse("family:child-day", args=[child.pk])).text
        assert family.get(reverse("family:menu")).url == url


def test_the_api_plans_and_refuses_with_a_code(city, cook, menu):
    fill(menu, days=4)
    url = reverse("api:menu-publish", args=[menu.pk])

    refusal = cook.post(url)
    fill(menu)
    done = cook.post(url)
    told = {"menu": menu.pk, "day": str(MONDAY), "meal": "lunch", "dish": 999}
    lost = cook.post(reverse("api:menu-item-list"), json.dumps(told), "application/json")

    assert (refusal.status_code, refusal.json()["code"]) == (409, "days_empty")
    assert done.json()["published_at"]
    assert (lost.status_code, lost.json()["code"]) == (404, "dish_not_found")
