"""The money for meals of a month: what was carried over, came in and went out, and what is left."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum

from core.calendar import today
from core.scoping import Actor
from institution.food import LEDGER_MARGIN
from institution.models import FoodRule, MealEntry, MealMonth
from institution.models.meal_ledger import INCOME

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Totals:
    """`spending` is below nothing."""

    before: Decimal
    income: Decimal
    spending: Decimal

    @property
    def balance(self) -> Decimal:
        return self.before + self.income + self.spending

    @property
    def spent(self) -> Decimal:
        return abs(self.spending)

    @property
    def percent(self) -> Decimal | None:
        """What is left, of what came in."""
        return self.balance * 100 / self.income if self.income > 0 else None


@dataclass(frozen=True)
class LedgerMonth:
    month: dt.date
    entries: list[MealEntry]
    totals: Totals
    closed: MealMonth | None
    margin: FoodRule | None  # how much may be left or missing, in percent of a term
    may_close: bool

    @property
    def out_of_margin(self) -> bool:
        """Of a month that is over; what a running one will leave nobody knows."""
        if after(self.month) > today():
            return False
        most, percent = (self.margin.most if self.margin else None), self.totals.percent
        return most is not None and percent is not None and abs(percent) > most


def after(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=32)).replace(day=1)


def totals_of(*, actor: Actor, month: dt.date) -> Totals:
    """A row that takes another back counts on the side of the other."""
    rows = MealEntry.objects.visible_to(actor).filter(institution=actor.workplace)
    income = Q(kind__in=INCOME)
    here = Q(day__gte=month, day__lt=after(month))
    found = rows.aggregate(
        before=Sum("amount", filter=Q(day__lt=month)),
        income=Sum("amount", filter=here & income),
        spending=Sum("amount", filter=here & ~income),
    )
    return Totals(**{name: value or NOTHING for name, value in found.items()})


def ledger_month(*, actor: Actor, month: dt.date) -> LedgerMonth:
    rows = MealEntry.objects.visible_to(actor).between(month, after(month))
    entries = rows.select_related("entered_by", "reversed_by", "reverses").order_by("day", "pk")
    closed = MealMonth.objects.visible_to(actor).filter(month=month).select_related("closed_by")
    found = closed.first()
    margin = FoodRule.objects.on(month).filter(code=LEDGER_MARGIN).order_by("-valid_from").first()
    return LedgerMonth(
        month=month,
        entries=list(entries),
        totals=totals_of(actor=actor, month=month),
        closed=found,
        margin=margin,
        may_close=found is None and after(month) <= today(),
    )
