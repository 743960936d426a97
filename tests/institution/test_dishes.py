import json
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from core.errors import NotThere, Refused
from institution.models import Dish, DishAmount, Ingredient
from institution.services import dishes
from institution.services.dishes import Serving
from tests.factories.city import City
from tests.factories.institution import (
    DishAmountFactory,
    DishFactory,
    DishServingFactory,
    IngredientFactory,
)

DISHES = "/nursery/food/dishes/"
INGREDIENTS = "/nursery/food/ingredients/"


@pytest.fixture
def actor(city):
    return City.actor(city.a.health_worker)


@pytest.fixture
def cook(city, signed_in):
    return signed_in(city.a.health_worker)


@pytest.fixture
def porridge(city):
    return DishServingFactory(dish__institution=city.a.institution, dish__name="小米粥").dish


def refused(expected: str, act, /, **kwargs) -> set[str]:
    with pytest.raises(Refused) as caught:
        act(**kwargs)
    assert caught.value.code == expected
    return set(caught.value.fields)


class TestLibrary:
    def test_an_ingredient_keeps_its_figures_and_their_source(self, actor):
        made = dishes.add_ingredient(
            actor=actor,
            name=" 纯 牛奶 ",
            marks=["milk"],
            source="包装标签",
            energy_kcal=Decimal(65),
        )

        made.refresh_from_db()
        assert (made.name, made.marks_shown, made.energy_kcal) == ("纯 牛奶", ["奶"], Decimal(65))
        assert made.ca_mg is None

    def test_an_ingredient_is_refused(self, actor):
        dishes.add_ingredient(actor=actor, name="牛奶")
        told = {"actor": actor, "name": "鸡蛋"}

        assert refused("ingredient_known", dishes.add_ingredient, actor=actor, name="牛奶")
        assert refused("name_missing", dishes.add_ingredient, actor=actor, name="  ")
        assert refused("source_missing", dishes.add_ingredient, **told, protein_g=Decimal(13)) == {
            "source"
        }
        wrong = {"source": "x", "protein_g": Decimal(-1)}
        assert refused("out_of_range", dishes.add_ingredient, **told, **wrong) == {"protein_g"}
        with pytest.raises(TypeError):
            dishes.add_ingredient(**told, gold=1)

    def test_a_dish_with_its_ages_and_amounts(self, city, actor):
        millet = IngredientFactory(institution=city.a.institution)
        serving = Serving(band="m12", texture="soft", grams={millet.pk: Decimal(25)})
        dish = dishes.add_dish(actor=actor, name="小米粥", servings=[serving])

        dishes.change_dish(
            actor=actor,
            dish=dish,
            name="小米软粥",
            servings=[serving, Serving(band="m24", texture="family")],
        )
        dishes.set_amounts(
            actor=actor, dish=dish, ingredient=millet, grams={"m24": Decimal(35), "m12": None}
        )

        amount = DishAmount.objects.get()
        assert (amount.serving.band, amount.grams) == ("m24", Decimal(35))
        assert Dish.objects.get().name == "小米软粥"

    def test_an_age_that_is_left_out_loses_its_amounts(self, city, actor):
        amount = DishAmountFactory(serving__dish__institution=city.a.institution)
        dish = amount.serving.dish
        servings = [Serving(band="m24", texture="family")]

        dishes.change_dish(actor=actor, dish=dish, name=dish.name, servings=servings)

        assert not DishAmount.objects.exists()

    def test_a_dish_is_refused(self, city, actor, porridge):
        millet = IngredientFactory(institution=city.a.institution)
        foreign = IngredientFactory(institution=city.b.institution)
        soft = Serving(band="m12", texture="soft")
        told = {"actor": actor, "name": "面条"}

        assert refused("dish_known", dishes.add_dish, actor=actor, name="小米粥", servings=[soft])
        refused("no_age", dishes.add_dish, **told, servings=[])
        refused("band_twice", dishes.add_dish, **told, servings=[soft, soft])
        heavy = Serving(band="m12", texture="soft", grams={millet.pk: Decimal(1001)})
        refused("grams", dishes.add_dish, **told, servings=[heavy])
        theirs = Serving(band="m12", texture="soft", grams={foreign.pk: Decimal(10)})
        with pytest.raises(NotThere):
            dishes.add_dish(**told, servings=[theirs])
        with pytest.raises(NotThere):
            dishes.set_amounts(actor=actor, dish=porridge, ingredient=foreign, grams={})
        not_served = {"grams": {"m24": Decimal(10)}, "ingredient": millet, "dish": porridge}
        assert refused("not_served", dishes.set_amounts, actor=actor, **not_served) == {"grams_m24"}
        assert Dish.objects.count() == 1


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("ingredient_source", {"source": ""}),
        ("ingredient_amounts", {"fat_g": Decimal(-1)}),
    ],
)
def test_the_database_refuses_figures_that_mean_nothing(city, constraint, change):
    row = IngredientFactory(institution=city.a.institution)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Ingredient.objects.filter(pk=row.pk).update(**change)


@pytest.mark.parametrize("grams", [0, 1001])
def test_the_database_refuses_grams_out_of_range(city, grams):
    row = DishAmountFactory(serving__dish__institution=city.a.institution)
    with pytest.raises(IntegrityError, match="dishamount_grams"), transaction.atomic():
        DishAmount.objects.filter(pk=row.pk).update(grams=grams)


def test_the_database_refuses_the_same_twice(city):
    row = DishAmountFactory(serving__dish__institution=city.a.institution)
    serving, ingredient = row.serving, row.ingredient
    twice = {
        "ingredient_once": lambda: IngredientFactory(
            institution=city.a.institution, name=ingredient.name
        ),
        "dish_once": lambda: DishFactory(institution=city.a.institution, name=serving.dish.name),
        "dishserving_once": lambda: DishServingFactory(dish=serving.dish),
        "dishamount_once": lambda: DishAmountFactory(serving=serving, ingredient=ingredient),
    }
    for constraint, make in twice.items():
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            make()


class TestPages:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_lists_ask_the_same_however_long(self, city, cook, rows, django_assert_num_queries):
        for _row in range(rows):
            DishAmountFactory(serving__dish__institution=city.a.institution)
        cook.get(DISHES)

        with django_assert_num_queries(7):
            page = cook.get(DISHES)
        with django_assert_num_queries(5):
            assert len(cook.get(INGREDIENTS).context["lines"]) == rows
        assert len(page.context["lines"]) == rows

    def test_a_dish_is_found_by_what_is_in_it_and_by_age(self, city, cook):
        DishAmountFactory(
            serving__dish__institution=city.a.institution,
            serving__dish__name="蒸蛋羹",
            ingredient__name="鸡蛋",
            ingredient__marks=["egg"],
        )
        DishAmountFactory(serving__dish__institution=city.a.institution, serving__band="m24")

        page = cook.get(DISHES, {"q": "鸡蛋"})

        assert [line.dish.name for line in page.context["lines"]] == ["蒸蛋羹"]
        assert "蛋" in page.context["lines"][0].marks[0].label
        assert len(cook.get(DISHES, {"band": "m12"}).context["lines"]) == 1
        assert len(cook.get(DISHES, {"band": "none"}).context["lines"]) == 2
        assert "没有符合条件的菜品" in cook.get(DISHES, {"q": "饺子"}).text

    def test_from_a_name_to_its_amounts(self, cook):
        added = cook.post(f"{INGREDIENTS}add/", {"name": "小米", "marks": []})
        assert added.url == INGREDIENTS
        millet = Ingredient.objects.get()
        answer = cook.post(f"{DISHES}add/", {"name": "小米粥", "texture_m12": "soft"})
        dish = Dish.objects.get()
        assert answer.url == f"{DISHES}{dish.pk}/"
        assert "既不计入营养" in cook.get(answer.url).text
        url = f"{DISHES}{dish.pk}/amounts/"
        wrong = cook.post(url, {"ingredient": millet.pk, "grams_m12": "2000"})
        assert wrong.status_code == 422
        assert 'value="2000"' in wrong.text
        cook.post(url, {"ingredient": millet.pk, "grams_m12": "25"})
        assert "25.0 g" in cook.get(answer.url).text
        assert 'value="25.0"' in cook.get(f"{url}?ingredient={millet.pk}").text
        cook.post(f"{DISHES}{dish.pk}/edit/", {"name": "小米粥", "texture_m24": "family"})
        assert not DishAmount.objects.exists()
        assert not Dish.objects.get().active

    def test_what_is_refused_is_said_and_the_rest_is_kept(self, city, cook, porridge):
        row = IngredientFactory(institution=city.a.institution)
        body = {"name": "燕麦", "energy_kcal": "377", "source": ""}

        adding = cook.post(f"{INGREDIENTS}add/", body)
        changing = cook.post(f"{INGREDIENTS}{row.pk}/", body)
        again = cook.post(f"{DISHES}add/", {"name": "小米粥", "texture_m24": "soft"})

        for answer, shown in (
            (adding, "请填写数值来源"),
            (changing, 'value="377"'),
            (again, "已有同名菜品"),
        ):
            assert answer.status_code == 422
            assert shown in answer.text

    def test_a_carer_reads_and_writes_nothing_and_the_office_has_no_kitchen(
        self, city, signed_in, porridge
    ):
        page = signed_in(city.a.carer).get(DISHES)
        assert "小米粥" in page.text
        assert "dishes/add" not in page.text
        assert signed_in(city.a.clerk).get(DISHES).status_code == 403


def test_the_api_refuses_with_a_code(cook):
    body = {"name": "粥", "servings": []}
    answer = cook.post(reverse("api:dish-list"), json.dumps(body), "application/json")

    assert answer.status_code == 400
    assert "no_age" in answer.text
