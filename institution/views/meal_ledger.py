"""The money for meals: a month of rows, and the forms that add to it."""

import datetime as dt

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.calendar import today
from core.errors import Refused
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from institution.calendar_forms import MonthForm
from institution.food_forms import MealEntryForm
from institution.models import MealEntry
from institution.selectors.meal_ledger import after, ledger_month
from institution.services import meal_ledger
from institution.views.sheets import done, form_or_sheet

READ_AND_WRITE = ("GET", "HEAD", "POST")


@gate(Permission.MEAL_MONEY)
def ledger_page(request: ActorRequest) -> HttpResponse:
    month = MonthForm(request.GET).first()
    context = {
        "shown": ledger_month(actor=request.actor, month=month),
        "earlier": month - dt.timedelta(days=1),
        "later": after(month) if after(month) <= today() else None,
        "in_kitchen": request.actor.may(Permission.FOOD_READ),
    }
    return render_partial(request, "institution/meal_ledger.html", context)


@gate(Permission.MEAL_MONEY, methods=READ_AND_WRITE)
@once
def entry_add(request: ActorRequest) -> HttpResponse:
    form = MealEntryForm(request.POST or None)
    if request.method == "POST" and submit(form, meal_ledger.add_entry, actor=request.actor):
        return done(request, _url(form.cleaned_data["day"]), _("The row is in the ledger."))
    return form_or_sheet(
        request,
        form,
        gettext_lazy("Enter a row"),
        action=reverse("nursery:meal-entry-add"),
        back=reverse("nursery:meal-ledger"),
        back_title=gettext_lazy("Money for meals"),
    )


@gate(Permission.MEAL_MONEY, methods=("POST",))
def entry_reverse(request: ActorRequest, pk: int) -> HttpResponse:
    entry = get_object_or_404(MealEntry.objects.visible_to(request.actor), pk=pk)
    try:
        meal_ledger.reverse_entry(actor=request.actor, entry=entry)
    except Refused as refused:
        if refused.status == 404:
            raise
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The row is taken back by a row of today."))
    return redirect(_url(entry.day))


@gate(Permission.MEAL_MONEY, methods=("POST",))
def month_close(request: ActorRequest) -> HttpResponse:
    month = MonthForm(request.POST).first()
    try:
        meal_ledger.close_month(actor=request.actor, month=month)
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The month is closed."))
    return redirect(_url(month))


def _url(day: dt.date) -> str:
    return f"{reverse('nursery:meal-ledger')}?month={day:%Y-%m}"
