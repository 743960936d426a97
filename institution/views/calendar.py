"""The nursery's calendar: a month, what is closed in it, and the forms that close and open days."""

import datetime as dt

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.calendar import today
from core.display import WEEKDAYS
from core.errors import Refused
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from institution.calendar_forms import ClosureForm, ExtraDayForm, MonthForm
from institution.models import Closure, MakeupDay
from institution.selectors.calendar import ONE_DAY, care_days, closures_of
from institution.services import calendar
from institution.views.sheets import Back, saved, sheet

READ_AND_WRITE = ("GET", "HEAD", "POST")
CALENDAR = gettext_lazy("Calendar")


@gate(Permission.NURSERY_READ)
def month_page(request: ActorRequest) -> HttpResponse:
    first = MonthForm(request.GET).first()
    after = (first + dt.timedelta(days=31)).replace(day=1)
    actor, last = request.actor, after - ONE_DAY
    days = care_days(actor=actor, institution=actor.workplace, first=first, last=last)
    closures, extra = closures_of(actor=actor, institution=actor.workplace, first=first, last=last)
    context = {
        "month": first,
        "earlier": first - ONE_DAY,
        "later": after,
        "days": [(day, _classes_closed(closures, day.day)) for day in days],
        "weekdays": WEEKDAYS,
        "open_days": sum(day.is_open is True for day in days),
        "unknown_days": sum(day.is_open is None for day in days),
        "closures": closures,
        "extra": extra,
        "today": today(),
        "may_write": actor.may(Permission.INSTITUTION_WRITE),
    }
    return render_partial(request, "institution/calendar.html", context)


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
@once
def closure_add(request: ActorRequest) -> HttpResponse:
    day = _asked(request)
    asked = {"first_day": day, "last_day": day}
    form = ClosureForm(request.POST or None, actor=request.actor, initial=asked)
    if request.method == "POST" and submit(form, calendar.close_days, actor=request.actor):
        back = _month_of(form.cleaned_data["first_day"])
        return saved(request, _("The closed days are entered."), back)
    title = gettext_lazy("Enter closed days")
    return sheet(
        request, form, title=title, action=reverse("nursery:closure-add"), back=_month_of(day)
    )


@gate(Permission.INSTITUTION_WRITE, methods=("POST",))
def closure_remove(request: ActorRequest, pk: int) -> HttpResponse:
    closure = get_object_or_404(Closure.objects.visible_to(request.actor), pk=pk)
    calendar.take_back_closure(actor=request.actor, closure=closure)
    messages.success(request, _("The closed days are taken back."))
    return redirect(_month_of(closure.first_day).url)


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
@once
def extra_day_add(request: ActorRequest) -> HttpResponse:
    day = _asked(request)
    form = ExtraDayForm(request.POST or None, initial={"day": day})
    if request.method == "POST" and submit(form, calendar.open_extra_day, actor=request.actor):
        return saved(request, _("The extra day is entered."), _month_of(form.cleaned_data["day"]))
    title = gettext_lazy("Open on an extra day")
    return sheet(
        request, form, title=title, action=reverse("nursery:extra-day-add"), back=_month_of(day)
    )


@gate(Permission.INSTITUTION_WRITE, methods=("POST",))
def extra_day_remove(request: ActorRequest, pk: int) -> HttpResponse:
    extra = get_object_or_404(MakeupDay.objects.visible_to(request.actor), pk=pk)
    try:
        calendar.take_back_extra_day(actor=request.actor, extra=extra)
    except Refused as refused:
        if refused.status == 404:
            raise
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The extra day is taken back."))
    return redirect(_month_of(extra.day).url)


def _classes_closed(closures: list[Closure], day: dt.date) -> list[str]:
    """Names of the classes that alone are closed."""
    return [
        closure.class_group.name
        for closure in closures
        if closure.class_group and closure.first_day <= day <= closure.last_day
    ]


def _asked(request: ActorRequest) -> dt.date:
    """The day that a link in the month has chosen."""
    try:
        return parse_date(request.GET.get("day", "")) or today()
    except ValueError:
        return today()


def _month_of(day: dt.date) -> Back:
    return Back(CALENDAR, "nursery:calendar", f"?month={day:%Y-%m}")
