import datetime as dt
import json
from contextlib import nullcontext
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from core import rls
from core.calendar import today
from core.errors import Refused
from institution import reference
from institution.models import MealEntry, MealMonth
from institution.selectors.meal_ledger import ledger_month
from institution.services import meal_ledger
from tests.factories.city import City
from tests.factories.institution import MealEntryFactory, MealMonthFactory

MONEY = "/nursery/food/money/"
D = dt.date
OCTOBER = D(2026, 10, 1)


@pytest.fixture
def actor(city):
    reference.load_food_rules()
    return City.actor(city.a.clerk)


@pytest.fixture
def clerk(city, actor, signed_in):
    return signed_in(city.a.clerk)


def add(actor, day: dt.date, kind: str, amount: str):
    told = {"day": day, "kind": kind, "amount": Decimal(amount), "text": "十月"}
    return meal_ledger.add_entry(actor=actor, **told)


def refused(expected: str, act, /, **kwargs) -> Refused:
    with pytest.raises(Refused) as caught:
        act(**kwargs)
    assert caught.value.code == expected
    return caught.value


class TestLedger:
    def test_a_month_is_what_was_carried_over_and_came_in_and_went_out(self, actor):
        add(actor, D(2026, 9, 30), "fee", "100")
        add(actor, D(2026, 10, 2), "fee", "3600.005")
        spent = add(actor, D(2026, 10, 31), "purchase", "3400")
        add(actor, D(2026, 11, 1), "purchase", "50")

        totals = ledger_month(actor=actor, month=OCTOBER).totals

        assert spent.amount == -3400
        assert (totals.before, totals.income, totals.spending) == (100, Decimal("3600.01"), -3400)
        assert totals.balance == Decimal("300.01")

    def test_a_row_is_taken_back_by_another(self, actor):
        row = add(actor, today(), "purchase", "880")

        back = meal_ledger.reverse_entry(actor=actor, entry=row)

        assert (back.day, back.amount, back.reverses) == (today(), 880, row)
        totals = ledger_month(actor=actor, month=today().replace(day=1)).totals
        assert (totals.income, totals.spending) == (0, 0)
        refused("reversed", meal_ledger.reverse_entry, actor=actor, entry=row)
        refused("is_reversal", meal_ledger.reverse_entry, actor=actor, entry=back)

    def test_months_close_one_after_the_other_and_stay_closed(self, actor):
        row = add(actor, D(2026, 9, 3), "fee", "500")
        add(actor, D(2026, 10, 3), "purchase", "480")
        wrong = refused("earlier_open", meal_ledger.close_month, actor=actor, month=OCTOBER)
        assert "2026年9月" in wrong.message
        meal_ledger.close_month(actor=actor, month=D(2026, 9, 15))

        closed = meal_ledger.close_month(actor=actor, month=OCTOBER)

        assert (closed.income, closed.spending, closed.balance) == (0, -480, 20)
        refused("already_closed", meal_ledger.close_month, actor=actor, month=OCTOBER)
        refused("not_over", meal_ledger.close_month, actor=actor, month=today())
        told = {"kind": "fee", "amount": Decimal(1), "text": "x"}
        refused("month_closed", meal_ledger.add_entry, actor=actor, day=D(2026, 9, 9), **told)
        assert meal_ledger.reverse_entry(actor=actor, entry=row).day == today()

    def test_what_is_no_row_is_refused(self, actor):
        told = {"day": today(), "kind": "fee", "amount": Decimal(1), "text": "餐费"}
        deed = meal_ledger.add_entry
        refused("amount", deed, actor=actor, **told | {"amount": Decimal(0)})
        refused("in_future", deed, actor=actor, **told | {"day": today() + dt.timedelta(days=1)})
        refused("text_missing", deed, actor=actor, **told | {"text": " "})

    def test_too_much_left_is_pointed_out(self, actor):
        add(actor, D(2026, 10, 2), "fee", "1000")
        add(actor, D(2026, 10, 9), "purchase", "985")
        assert not ledger_month(actor=actor, month=OCTOBER).out_of_margin
        add(actor, D(2026, 10, 10), "fee", "10")
        assert ledger_month(actor=actor, month=OCTOBER).out_of_margin


@pytest.mark.parametrize("model", [MealEntry, MealMonth])
def test_nobody_changes_or_deletes_a_row(city, model):
    row = {MealEntry: MealEntryFactory, MealMonth: MealMonthFactory}[model](
        institution=city.a.institution
    )
    found = model.objects.filter(pk=row.pk)
    for act in (lambda: found.update(institution=city.a.institution), found.delete):
        for whoever in (rls.of_actor(City.actor(city.a.clerk)), nullcontext()):
            with pytest.raises(DatabaseError), transaction.atomic(), whoever:
                act()


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("mealentry_sign", {"amount": Decimal(5)}),
        ("mealentry_sign", {"kind": "fee"}),
        ("mealentry_amount", {"amount": Decimal(0)}),
    ],
)
def test_the_database_refuses_a_row_that_means_nothing(city, constraint, change):
    with pytest.raises(IntegrityError, match="mealentry"), transaction.atomic():
        MealEntryFactory(institution=city.a.institution, **change)


def test_the_database_refuses_what_happens_once(city):
    row = MealEntryFactory(institution=city.a.institution)
    MealEntryFactory(institution=city.a.institution, reverses=row, amount=120)
    MealMonthFactory(institution=city.a.institution)
    again = {
        "reverses": lambda: MealEntryFactory(
            institution=city.a.institution, reverses=row, amount=120
        ),
        "mealmonth_once": lambda: MealMonthFactory(institution=city.a.institution),
        "mealmonth_first": lambda: MealMonthFactory(
            institution=city.a.institution, month=D(2020, 5, 2)
        ),
        "closed": lambda: MealEntryFactory(institution=city.a.institution, day=D(2020, 3, 31)),
    }
    for constraint, make in again.items():
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            make()


class TestPages:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_month_asks_the_same_however_long(
        self, city, clerk, rows, django_assert_num_queries
    ):
        for _row in range(rows):
            row = MealEntryFactory(institution=city.a.institution)
            MealEntryFactory(institution=city.a.institution, reverses=row, amount=120)
        clerk.get(MONEY)

        with django_assert_num_queries(7):
            page = clerk.get(MONEY)
        assert len(page.context["shown"].entries) == rows * 2

    def test_from_a_row_to_the_closed_month(self, city, clerk):
        wrong = {"day": "2026-10-02", "kind": "fee", "amount": "0", "text": "十月餐费"}
        answer = clerk.post(f"{MONEY}add/", wrong)
        assert answer.status_code == 422
        assert 'value="十月餐费"' in answer.text
        done = clerk.post(f"{MONEY}add/", wrong | {"amount": "360"})
        assert done.url == f"{MONEY}?month=2026-10"
        row = MealEntry.objects.get()
        back = f"{MONEY}{row.pk}/reverse/"
        assert "由今天的一笔冲销" in clerk.post(back, follow=True).text
        assert "已冲销" in clerk.post(back, follow=True).text
        close = f"{MONEY}close/"
        assert "该月已结账" in clerk.post(close, {"month": "2026-10"}, follow=True).text
        page = clerk.post(close, {"month": "2026-10"}, follow=True)
        assert "本月已经结账" in page.text
        assert "add/" not in page.text

    def test_only_the_office_handles_money(self, city, actor, signed_in):
        assert signed_in(city.a.director).get(MONEY).status_code == 200
        assert signed_in(city.a.health_worker).get(MONEY).status_code == 403
        assert signed_in(city.a.carer).get(MONEY).status_code == 403


def test_the_api_refuses_with_a_code(clerk):
    told = {"day": str(today()), "kind": "purchase", "amount": "0.00", "text": "x"}

    answer = clerk.post(reverse("api:meal-entry-list"), json.dumps(told), "application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "amount")
