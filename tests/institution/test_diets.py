import datetime as dt
import json

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from core import reference as core_reference
from core.calendar import today
from core.crypto import keyring
from core.errors import NotThere, Refused
from core.models import AuditEvent
from institution.enums import FoodMark
from institution.food import avoided_by_code, avoided_by_word
from institution.models import DietNeed, Dish, Substitute
from institution.selectors.diets import check_menu
from institution.selectors.menus import items_of, monday_of
from institution.services import diets, menus
from institution.services.erasure import erase_child
from tests.factories.city import City
from tests.factories.institution import (
    AllergyFactory,
    DietNeedFactory,
    DishAmountFactory,
    DishServingFactory,
    MenuFactory,
    MenuItemFactory,
    SubstituteFactory,
)

D = dt.date
MONDAY = D(2026, 11, 30)
MENU = "/nursery/food/"
NEEDS = f"{MENU}needs/"


@pytest.fixture
def actor(city):
    core_reference.load_calendar_days()
    return City.actor(city.a.health_worker)


@pytest.fixture
def cook(city, actor, signed_in):
    return signed_in(city.a.health_worker)


@pytest.fixture
def child(city):
    """The guardian's child, 18 months old."""
    found = city.a.guardian.guardianships.get().child
    found.born_on = D(2025, 5, 20)
    found.save()
    return found


@pytest.fixture
def menu(city, actor):
    """Custard every day."""
    plan = MenuFactory(institution=city.a.institution, monday=MONDAY)
    custard = dish(city, "牛奶蛋羹", "纯牛奶", "milk", "egg")
    for day in plan.days[:5]:
        MenuItemFactory(menu=plan, day=day, dish=custard)
    return plan


def dish(city, name: str, ingredient: str, *marks: str, band: str = "m12"):
    return DishAmountFactory(
        serving__dish__institution=city.a.institution,
        serving__dish__name=name,
        serving__band=band,
        ingredient__name=ingredient,
        ingredient__marks=list(marks),
    ).serving.dish


def conflicts(actor, menu):
    return check_menu(actor=actor, menu=menu, items=items_of(actor=actor, menu=menu))


def refused(expected: str, act, /, **kwargs) -> Refused:
    with pytest.raises(Refused) as caught:
        act(**kwargs)
    assert caught.value.code == expected
    return caught.value


@pytest.mark.parametrize(
    ("written", "marks"),
    [
        ("牛奶蛋白", {"milk"}),
        ("蛋清", {"egg"}),
        ("鸡蛋", {"egg"}),
        ("花生", {"peanut"}),
        ("虾蟹", {"crustacean"}),
        ("Peanut", {"peanut"}),
        ("豆奶（大豆）", {"soy"}),
        ("芒果", set()),
    ],
)
def test_an_allergy_in_words_names_allergens(written, marks):
    """A word too many is a substitute too many, which harms nobody."""
    assert avoided_by_word(written).marks == marks


def test_a_fruit_that_is_no_allergen_of_the_list_is_found_by_its_name():
    mango = avoided_by_word("芒果")

    assert mango.in_ingredient("芒果泥", [])
    assert not mango.in_ingredient("苹果", ["milk"])


def test_a_diet_keeps_away_more_than_one_thing():
    vegetarian = avoided_by_code("vegetarian")

    assert all(
        vegetarian.in_ingredient("x", [mark]) for mark in ("pork", "beef", "poultry", "fish")
    )
    assert not vegetarian.in_ingredient("x", [FoodMark.EGG, FoodMark.MILK])
    assert avoided_by_code("no_pork").in_ingredient("x", ["pork"])


class TestPublishing:
    def test_a_conflict_is_named_and_refused_until_a_substitute_is_chosen(
        self, city, actor, child, menu
    ):
        AllergyFactory(institution=city.a.institution, child=child, substance="牛奶")
        wrong = refused("conflicts", menus.publish, actor=actor, menu=menu)
        assert f"{child.name}不能吃牛奶蛋羹（牛奶）" in wrong.message
        tofu = dish(city, "豆腐羹", "豆腐", "soy")
        item = menu.items.earliest("day")

        diets.choose_substitute(actor=actor, item=item, child=child, dish=tofu)

        assert Substitute.objects.count() == 5
        assert menus.publish(actor=actor, menu=menu).published_at
        assert conflicts(actor, menu).unsolved == []

    def test_a_conflict_of_another_age_or_class_year_is_none(self, city, actor, child, menu):
        DietNeedFactory(institution=city.a.institution, child=child)
        child.born_on = D(2024, 11, 30)
        child.save()

        assert conflicts(actor, menu).conflicts == []

    def test_a_child_that_grows_older_in_the_week_counts_until_then(self, city, actor, child, menu):
        DietNeedFactory(institution=city.a.institution, child=child)
        child.born_on = D(2024, 12, 2)
        child.save()

        assert [each.item.day.day for each in conflicts(actor, menu).conflicts] == [30, 1]

    def test_a_need_counts_on_its_days(self, city, actor, child, menu):
        need = {"institution": city.a.institution, "child": child}
        DietNeedFactory(**need, valid_from=D(2026, 12, 3), valid_to=D(2026, 12, 4))

        assert [each.item.day.day for each in conflicts(actor, menu).conflicts] == [3]

    def test_a_dish_with_nothing_entered_is_refused_where_somebody_has_a_need(
        self, city, actor, child, menu
    ):
        soup = DishServingFactory(dish__institution=city.a.institution, dish__name="清汤").dish
        MenuItemFactory(menu=menu, day=MONDAY, dish=soup)
        AllergyFactory(institution=city.a.institution, child=child, substance="芒果")

        wrong = refused("unchecked", menus.publish, actor=actor, menu=menu)

        assert "清汤" in wrong.message
        assert conflicts(actor, menu).by_name == [(child, "芒果")]

    def test_many_conflicts_are_told_in_one_sentence(self, city, actor, child, menu):
        DietNeedFactory(institution=city.a.institution, child=child, code="egg")
        for number in range(7):
            egg = dish(city, f"蛋饼{number}", f"蛋液{number}", "egg")
            MenuItemFactory(menu=menu, day=MONDAY, dish=egg)

        wrong = refused("conflicts", menus.publish, actor=actor, menu=menu)

        assert "另有 2 项" in wrong.message


class TestSubstitutes:
    def test_what_is_no_substitute_is_refused(self, city, actor, child, menu):
        need = DietNeedFactory(institution=city.a.institution, child=child)
        item = menu.items.earliest("day")
        told = {"actor": actor, "item": item, "child": child}
        refused(
            "not_fit", diets.choose_substitute, **told, dish=dish(city, "奶酪条", "奶酪", "milk")
        )
        older = dish(city, "米饭", "大米", band="m24")
        refused("not_fit", diets.choose_substitute, **told, dish=older)
        blank = DishServingFactory(dish__institution=city.a.institution).dish
        refused("not_fit", diets.choose_substitute, **told, dish=blank)
        need.delete()
        tofu = dish(city, "豆腐羹", "豆腐", "soy")
        refused("no_conflict", diets.choose_substitute, **told, dish=tofu)
        with pytest.raises(NotThere):
            diets.choose_substitute(actor=actor, item=item, child=city.b.children[0], dish=tofu)

    def test_a_choice_of_one_day_stays_when_the_others_are_chosen(self, city, actor, child, menu):
        DietNeedFactory(institution=city.a.institution, child=child)
        tofu, rice = dish(city, "豆腐羹", "豆腐"), dish(city, "米饭", "大米")
        first, second = menu.items.order_by("day")[:2]
        told = {"actor": actor, "child": child}

        diets.choose_substitute(**told, item=first, dish=tofu)
        diets.choose_substitute(**told, item=second, dish=rice)

        chosen = Substitute.objects.order_by("item__day").values_list("dish__name", flat=True)
        assert list(chosen) == ["豆腐羹", "米饭", "豆腐羹", "豆腐羹", "豆腐羹"]

    def test_a_week_that_is_over_is_left_alone(self, city, actor, child):
        past = monday_of(today()) - dt.timedelta(days=7)
        plan = MenuFactory(institution=city.a.institution, monday=past)
        item = MenuItemFactory(menu=plan)
        told = {"item": item, "child": child, "dish": item.dish}

        refused("past", diets.choose_substitute, actor=actor, **told)


class TestNeeds:
    def test_a_need_begins_and_ends(self, city, actor, child):
        told = {"actor": actor, "child": child, "code": "no_pork", "valid_from": today()}
        need = diets.add_need(**told, note=" 家庭习惯 ")
        assert DietNeed.objects.get().note == "家庭习惯"
        refused("need_known", diets.add_need, **told)
        diets.end_need(actor=actor, need=need)
        assert not DietNeed.objects.exists()
        old = DietNeedFactory(institution=city.a.institution, child=child)

        diets.end_need(actor=actor, need=old)
        diets.end_need(actor=actor, need=old)

        old.refresh_from_db()
        assert old.valid_to == today()
        assert old.last_day == today() - dt.timedelta(days=1)
        found = AuditEvent.objects.filter(action="diet.need_ended").count()
        assert found == 3

    def test_days_that_make_no_sense_are_refused(self, city, actor, child):
        told = {"actor": actor, "child": child, "code": "egg"}
        before = today() - dt.timedelta(days=1)
        far = today() + dt.timedelta(days=400)

        refused("dates_reversed", diets.add_need, **told, valid_from=today(), last_day=before)
        refused("too_far", diets.add_need, **told, valid_from=far)
        with pytest.raises(NotThere):
            diets.add_need(actor=actor, child=city.b.children[0], code="egg", valid_from=today())

    def test_erasing_a_child_takes_them_along(self, city, child, menu):
        DietNeedFactory(institution=city.a.institution, child=child, note="湿疹")
        SubstituteFactory(item=menu.items.earliest("day"), child=child)

        erase_child(actor=City.actor(city.admin), child=child, reason="request")

        assert not DietNeed.objects.exists()
        assert not Substitute.objects.exists()


def test_the_database_refuses_the_same_twice_and_an_end_before_the_beginning(city, child, menu):
    need = DietNeedFactory(institution=city.a.institution, child=child)
    chosen = SubstituteFactory(item=menu.items.earliest("day"), child=child)
    again = {
        "dietneed_one_open": lambda: DietNeedFactory(
            institution=city.a.institution, child=child, valid_from=D(2020, 1, 1)
        ),
        "dietneed_period": lambda: DietNeed.objects.update(valid_to=need.valid_from),
        "substitute_once": lambda: SubstituteFactory(item=chosen.item, child=child),
    }
    for constraint, make in again.items():
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            make()


class TestPages:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_lists_ask_the_same_however_long(
        self, city, cook, menu, rows, django_assert_num_queries
    ):
        for each in city.a.children[:rows]:
            each.born_on = D(2025, 5, 20)
            each.save()
            DietNeedFactory(institution=city.a.institution, child=each, note="湿疹")
            AllergyFactory(institution=city.a.institution, child=each, substance="鸡蛋")
        week = f"{MENU}?week={MONDAY}&band=m12"
        menus_today(city)
        for url in (week, NEEDS, f"{MENU}today/"):
            cook.get(url)
        keyring.forget()

        with django_assert_num_queries(14):
            page = cook.get(week)
        with django_assert_num_queries(9):
            needs = cook.get(NEEDS)
        with django_assert_num_queries(12):
            served = cook.get(f"{MENU}today/")
        assert len(page.context["check"].conflicts) == rows * 5
        assert len(needs.context["lines"]) == rows
        assert served.text.count("fd-instead") == rows

    def test_from_the_conflict_to_the_published_menu(self, city, cook, child, menu, signed_in):
        added = {"child": child.pk, "code": "egg", "valid_from": today(), "note": "湿疹"}
        assert cook.post(f"{NEEDS}add/", added).url == NEEDS
        again = cook.post(f"{NEEDS}add/", added)
        assert again.status_code == 422
        assert 'value="湿疹"' in again.text
        assert "湿疹" in cook.get(NEEDS).text
        dish(city, "豆腐羹", "豆腐", "soy")
        week = f"{MENU}?week={MONDAY}&band=m12"
        assert "1 项未选替代" in cook.get(week).text
        publish = f"{MENU}menus/{menu.pk}/publish/"
        assert "请先选定替代菜品" in cook.post(publish, follow=True).text
        url = f"{MENU}items/{menu.items.earliest('day').pk}/instead/{child.pk}/"
        choices = cook.get(url).text
        assert "豆腐羹" in choices
        assert f"{child.name}：替代牛奶蛋羹" in choices
        wrong = cook.post(url, {"dish": menu.items.earliest("day").dish_id})
        assert wrong.status_code == 422
        assert "也不能吃" in wrong.text
        tofu = Dish.objects.get(name="豆腐羹")
        assert cook.post(url, {"dish": tofu.pk}).url == week
        assert "家长现在可以看到" in cook.post(publish, follow=True).text

        family = signed_in(city.a.guardian)
        shown = family.get(reverse("family:child-menu", args=[child.pk]), {"week": MONDAY}).text
        assert "厨房为您的孩子避开" in shown
        assert "替代牛奶蛋羹" in shown
        need = DietNeed.objects.get()
        cook.post(f"{NEEDS}{need.pk}/end/")
        assert "没有登记过敏或忌口的幼儿" in cook.get(NEEDS).text

    def test_a_carer_sees_the_children_of_the_own_class_only(self, city, signed_in, actor, child):
        DietNeedFactory(institution=city.a.institution, child=child)
        menus_today(city)

        own = signed_in(city.a.carer).get(f"{MENU}today/").text
        other = signed_in(city.a.big_carer).get(f"{MENU}today/").text

        assert child.name in own
        assert "尚未选定替代菜品" in own
        assert child.name not in other
        assert child.name not in signed_in(city.a.big_carer).get(NEEDS).text
        assert "needs/add" not in signed_in(city.a.carer).get(NEEDS).text

    def test_looking_is_written_down(self, city, cook, child, menu):
        DietNeedFactory(institution=city.a.institution, child=child)
        cook.get(NEEDS)

        look = AuditEvent.objects.filter(action="child.viewed").latest("pk")
        assert look.data["fields"] == ["allergies", "diet"]
        assert look.child_ids == [child.pk]


def menus_today(city) -> None:
    plan = MenuFactory(institution=city.a.institution, published=True)
    MenuItemFactory(menu=plan, day=today(), dish=dish(city, "酸奶杯", "酸奶", "milk", "egg"))


def test_the_api_refuses_with_a_code_what_the_page_refuses(city, cook, child, menu):
    DietNeedFactory(institution=city.a.institution, child=child)
    item = menu.items.earliest("day")
    told = {"item": item.pk, "child": child.pk, "dish": item.dish_id}

    publishing = cook.post(reverse("api:menu-publish", args=[menu.pk]))
    same = cook.post(reverse("api:substitute-list"), json.dumps(told), "application/json")
    lost = cook.post(
        reverse("api:substitute-list"), json.dumps(told | {"dish": 999}), "application/json"
    )

    assert (publishing.status_code, publishing.json()["code"]) == (409, "conflicts")
    assert (same.status_code, same.json()["code"]) == (400, "not_fit")
    assert (lost.status_code, lost.json()["code"]) == (404, "dish_not_found")
