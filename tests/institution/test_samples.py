import datetime as dt
import json
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from core.calendar import day_bounds, now, today
from core.errors import Refused
from core.models import AuditEvent
from institution import reference
from institution.models import FoodRule, FoodSample
from institution.selectors.samples import sample_day, sample_rules
from institution.services import samples
from tests.factories.city import City
from tests.factories.institution import (
    DishAmountFactory,
    FoodSampleFactory,
    MenuFactory,
    MenuItemFactory,
)

SAMPLES = "/nursery/food/samples/"
DAY = dt.timedelta(days=1)


@pytest.fixture
def actor(city):
    reference.load_food_rules()
    return City.actor(city.a.health_worker)


@pytest.fixture
def cook(city, actor, signed_in):
    return signed_in(city.a.health_worker)


def served(city, day: dt.date, name: str = "小米糕"):
    """Served to two ages, which is one sample."""
    amount = DishAmountFactory(
        serving__dish__institution=city.a.institution, serving__dish__name=name
    )
    for band in ("m12", "m24"):
        monday = day - dt.timedelta(days=day.weekday())
        told = {"institution": city.a.institution, "band": band, "monday": monday}
        menu = MenuFactory._meta.model.objects.filter(**told).first() or MenuFactory(
            **told, published=True
        )
        MenuItemFactory(menu=menu, day=day, dish=amount.serving.dish)
    return amount.serving.dish


def refused(expected: str, act, /, **kwargs) -> Refused:
    with pytest.raises(Refused) as caught:
        act(**kwargs)
    assert caught.value.code == expected
    return caught.value


def states(actor, day: dt.date) -> list[str]:
    return [line.state for line in sample_day(actor=actor, day=day).lines]


class TestLog:
    def test_a_sample_is_kept_for_the_hours_of_the_rule(self, city, actor):
        dish = served(city, today())
        assert states(actor, today()) == ["waiting"]

        sample = samples.take_sample(actor=actor, day=today(), dish=dish, grams=Decimal(130))

        assert sample.kept_until - sample.taken_at == dt.timedelta(hours=48)
        assert states(actor, today()) == ["taken"]
        wrong = refused("too_early", samples.destroy_sample, actor=actor, sample=sample)
        assert "留存至" in wrong.message

    def test_said_again_it_corrects_until_it_is_destroyed(self, city, actor):
        told = {"actor": actor, "day": today(), "dish": served(city, today())}
        samples.take_sample(**told, grams=Decimal(300))
        sample = samples.take_sample(**told, grams=Decimal(110))
        assert FoodSample.objects.get().grams == 110
        assert states(actor, today()) == ["small"]
        before = now() - dt.timedelta(hours=49)
        FoodSample.objects.update(taken_at=before, kept_until=before + dt.timedelta(hours=48))
        assert sample_day(actor=actor, day=today()).due == [sample]

        samples.destroy_sample(actor=actor, sample=sample)

        assert sample_day(actor=actor, day=today()).due == []
        refused("destroyed", samples.destroy_sample, actor=actor, sample=sample)
        refused("destroyed", samples.take_sample, **told, grams=Decimal(130))

    def test_what_is_late_and_what_is_missing_is_shown(self, city, actor):
        yesterday = today() - DAY
        late = served(city, yesterday, "南瓜饼")
        served(city, yesterday, "山药糕")
        samples.take_sample(actor=actor, day=yesterday, dish=late, grams=Decimal(130))

        shown = sample_day(actor=actor, day=yesterday)

        assert {line.dish.name: line.state for line in shown.lines} == {
            "南瓜饼": "late",
            "山药糕": "missing",
        }
        assert shown.missing == [(yesterday, 1)]

    def test_what_cannot_be_is_refused(self, city, actor):
        dish = served(city, today())
        told = {"actor": actor, "dish": dish, "grams": Decimal(130)}
        tomorrow = now() + DAY
        refused("in_future", samples.take_sample, **told, day=today(), taken_at=tomorrow)
        early = day_bounds(today())[0] - dt.timedelta(minutes=1)
        refused("before_day", samples.take_sample, **told, day=today(), taken_at=early)
        refused("not_served_then", samples.take_sample, **told, day=today() - DAY)
        refused("grams", samples.take_sample, **told | {"grams": Decimal(0)}, day=today())
        FoodRule.objects.all().delete()
        refused("no_rule", samples.take_sample, **told, day=today())

    def test_the_rule_of_the_day_counts(self, actor):
        assert sample_rules(dt.date(2020, 1, 1))["sample_grams"].least == 100
        assert sample_rules(today())["sample_grams"].least == 125


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("foodsample_grams", {"grams": 0}),
        ("foodsample_kept", {"kept_until": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}),
        ("foodsample_destroyed", {"destroyed_at": dt.datetime(2126, 1, 1, tzinfo=dt.UTC)}),
    ],
)
def test_the_database_refuses_a_log_that_cannot_be(city, constraint, change):
    sample = FoodSampleFactory(dish__institution=city.a.institution)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        FoodSample.objects.filter(pk=sample.pk).update(**change)


def test_the_database_refuses_to_destroy_before_the_time_and_a_second_sample(city):
    sample = FoodSampleFactory(dish__institution=city.a.institution)
    change = {"destroyed_at": now(), "destroyed_by": city.a.carer}
    with pytest.raises(IntegrityError, match="foodsample_destroyed"), transaction.atomic():
        FoodSample.objects.filter(pk=sample.pk).update(**change)
    with pytest.raises(IntegrityError, match="foodsample_once"), transaction.atomic():
        FoodSampleFactory(dish=sample.dish)


class TestPages:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_log_asks_the_same_however_long(self, city, cook, rows, django_assert_num_queries):
        old = now() - dt.timedelta(hours=60)
        for number in range(rows):
            FoodSampleFactory(dish=served(city, today(), f"糕{number}"))
            FoodSampleFactory(
                dish=served(city, today() - DAY, f"饼{number}"), day=old.date(), taken_at=old
            )
        cook.get(SAMPLES)

        with django_assert_num_queries(7):
            page = cook.get(SAMPLES)
        assert len(page.context["shown"].lines) == rows
        assert len(page.context["shown"].due) == rows

    def test_from_the_dish_to_the_destroyed_sample(self, city, cook):
        dish = served(city, today() - DAY)
        url = f"{SAMPLES}{dish.pk}/{today() - DAY}/"
        assert "缺少留样" in cook.get(SAMPLES).text
        assert "缺留样" in cook.get(f"{SAMPLES}?day={today() - DAY}").text
        wrong = cook.post(url, {"grams": "0", "taken_at": "11:30"})
        assert wrong.status_code == 422
        assert "请核对克数" in wrong.text
        assert 'value="11:30"' in wrong.text
        done = cook.post(url, {"grams": "130", "taken_at": "00:00", "late": "on"})
        assert done.url == f"{SAMPLES}?day={today() - DAY}"
        sample = FoodSample.objects.get()
        assert "补留" in cook.get(done.url).text
        assert "checked" in cook.get(url).text
        destroy = f"{SAMPLES}{sample.pk}/destroyed/"
        assert "须留存至" in cook.post(destroy, follow=True).text
        before = now() - dt.timedelta(hours=50)
        FoodSample.objects.update(taken_at=before, kept_until=before + dt.timedelta(hours=48))
        assert "留样已登记销毁" in cook.post(destroy, follow=True).text
        found = AuditEvent.objects.filter(action__startswith="food.sample").order_by("pk")
        assert list(found.values_list("action", flat=True)) == [
            "food.sample_taken",
            "food.sample_destroyed",
        ]

    def test_a_carer_reads_and_writes_nothing(self, city, actor, signed_in):
        served(city, today())
        page = signed_in(city.a.carer).get(SAMPLES)

        assert "小米糕" in page.text
        assert "samples/" + str(today()) not in page.text
        assert "待留样" in page.text


def test_the_api_logs_and_refuses_with_a_code(city, cook):
    dish = served(city, today())
    told = {"day": str(today()), "dish": dish.pk, "grams": "130.0"}
    url = reverse("api:food-sample-list")

    made = cook.post(url, json.dumps(told), "application/json")
    early = cook.post(reverse("api:food-sample-destroyed", args=[made.json()["id"]]))
    lost = cook.post(url, json.dumps(told | {"dish": 999}), "application/json")

    assert made.status_code == 201
    assert (early.status_code, early.json()["code"]) == (409, "too_early")
    assert (lost.status_code, lost.json()["code"]) == (404, "dish_not_found")
