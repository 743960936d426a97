"""The money for meals, kept apart: rows are added and taken back by other rows; a month closes to a balance."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import today
from core.display import month as month_words
from core.errors import NotThere, Refused
from core.money import round_fen
from core.scoping import Actor
from institution.enums import MealEntryKind
from institution.models import Institution, MealEntry, MealMonth
from institution.selectors.meal_ledger import after, totals_of

MOST_YUAN = Decimal(10_000_000)


def add_entry(*, actor: Actor, day: dt.date, kind: str, amount: Decimal, text: str) -> MealEntry:
    """`amount` is above nothing, whichever way the money goes. Raises Refused `amount`, `in_future`, `text_missing`,
    `month_closed`."""
    told, text = MealEntryKind(kind), text.strip()
    amount = round_fen(amount)
    if not 0 < amount <= MOST_YUAN:
        raise _wrong("amount", _("Please check the amount."), "amount")
    if day > today():
        raise _wrong("day", _("The day is in the future."), "in_future")
    if not text:
        raise _wrong("text", _("Please say what it is for."), "text_missing")
    with transaction.atomic():
        institution = _own(actor)
        _still_open(institution, day)
        entry = MealEntry.objects.create(
            institution=institution,
            day=day,
            kind=told,
            amount=amount if told.comes_in else -amount,
            text=text,
            entered_by_id=actor.user_id,
        )
        _record(actor, institution, entry, "meal_money.entered")
    return entry


def reverse_entry(*, actor: Actor, entry: MealEntry) -> MealEntry:
    """Takes a row back by another one of today. Raises Refused `reversed`, `is_reversal`, `month_closed`."""
    with transaction.atomic():
        institution = _own(actor)
        row = MealEntry.objects.visible_to(actor).filter(pk=entry.pk).first()
        if row is None:
            raise NotThere
        if row.reverses_id is not None:
            raise Refused(_("This row takes another back. Please enter anew."), "is_reversal")
        if MealEntry.objects.filter(reverses=row).exists():
            raise Refused(_("This row is taken back already."), "reversed")
        _still_open(institution, today())
        made = MealEntry.objects.create(
            institution=institution,
            day=today(),
            kind=row.kind,
            amount=-row.amount,
            text=row.text,
            reverses=row,
            entered_by_id=actor.user_id,
        )
        _record(actor, institution, made, "meal_money.reversed")
    return made


def close_month(*, actor: Actor, month: dt.date) -> MealMonth:
    """Raises Refused `not_over`, `already_closed`, `earlier_open`."""
    month = month.replace(day=1)
    if after(month) > today():
        raise Refused(_("A month closes when it is over."), "not_over")
    with transaction.atomic():
        institution = _own(actor)
        closed = MealMonth.objects.filter(institution=institution)
        if closed.filter(month=month).exists():
            raise Refused(_("This month is closed already."), "already_closed")
        earlier = _earlier_open(institution, month)
        if earlier is not None:
            raise Refused(
                _("Please close %(month)s first.") % {"month": month_words(earlier)}, "earlier_open"
            )
        totals = totals_of(actor=actor, month=month)
        made = MealMonth.objects.create(
            institution=institution,
            month=month,
            income=totals.income,
            spending=totals.spending,
            balance=totals.balance,
            closed_by_id=actor.user_id,
        )
        _record(actor, institution, made, "meal_money.month_closed")
    return made


def _earlier_open(institution: Institution, month: dt.date) -> dt.date | None:
    """The first month before it that has rows and is not closed."""
    rows = MealEntry.objects.filter(institution=institution, day__lt=month)
    months = {
        day.replace(day=1) for day in rows.order_by().values_list("day", flat=True).distinct()
    }
    closed = MealMonth.objects.filter(institution=institution).values_list("month", flat=True)
    return min(months - set(closed), default=None)


def _still_open(institution: Institution, day: dt.date) -> None:
    month = day.replace(day=1)
    if MealMonth.objects.filter(institution=institution, month__gte=month).exists():
        raise _wrong(
            "day",
            _("%(month)s is closed. What it lacked is entered in a month that is open.")
            % {"month": month_words(month)},
            "month_closed",
        )


def _own(actor: Actor) -> Institution:
    """Locked, so that nobody enters a row while somebody closes its month."""
    mine = Institution.objects.visible_to(actor).filter(pk=actor.workplace)
    return mine.select_for_update(of=("self",)).select_related("region").get()


def _record(
    actor: Actor, institution: Institution, subject: MealEntry | MealMonth, action: str
) -> None:
    audit.record(actor=actor, action=action, subject=subject, region_path=institution.region.path)


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
