"""Children to carers: now, a month by day and class with its minutes above the rule, and tomorrow."""

import datetime as dt

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from core import csv
from core.calendar import today
from core.display import short_day
from core.http import ActorRequest, gate, render_partial
from core.permissions import Permission
from institution.forms import DayForm
from institution.selectors.nursery import class_lines
from institution.selectors.ratio import DaySum, RatioReport, ratio_report, ratio_series
from institution.selectors.roster import forecast
from institution.staff_forms import MonthForm

SHOWN = 30  # days with a breach


@gate(Permission.NURSERY_READ)
def ratio_page(request: ActorRequest) -> HttpResponse:
    first, last = MonthForm(request.GET).period()
    report = ratio_report(actor=request.actor, first=first, last=last)
    tomorrow = next_workday(today())
    context = {
        "lines": class_lines(actor=request.actor, day=today()),
        "report": report,
        "breaches": report.breaches[:SHOWN],
        "chart": _chart(report),
        "month": first,
        "earlier": first - dt.timedelta(days=1),
        "later": last + dt.timedelta(days=1) if last < today() else None,
        "tomorrow": tomorrow,
        "needs": forecast(actor=request.actor, day=tomorrow),
    }
    return render_partial(request, "institution/ratio.html", context)


def next_workday(day: dt.date) -> dt.date:
    """The next Monday to Friday; closures of the calendar are not known here yet."""
    later = day + dt.timedelta(days=1)
    while later.weekday() > 4:
        later += dt.timedelta(days=1)
    return later


def _chart(report: RatioReport) -> dict:
    days = report.counted
    minutes: dict[tuple[int, dt.date], float] = {
        (each.class_id, each.day): each.breach_minutes for each in report.days
    }
    return {
        "days": [short_day(day) for day in days],
        "unit": _("min"),
        "series": [
            {
                "name": each.class_group.name,
                "values": [round(minutes.get((each.class_group.pk, day), 0), 1) for day in days],
            }
            for each in report.classes
            if each.breach_minutes
        ],
    }


@gate(Permission.NURSERY_READ)
def ratio_day(request: ActorRequest) -> HttpResponse:
    """Each change of one day, class by class."""
    day = DayForm(request.GET).chosen()
    points = list(ratio_series(actor=request.actor, first=day, last=day))
    names = ratio_report(actor=request.actor, first=day, last=day).names
    classes: dict[int, list] = {}
    for point in points:
        classes.setdefault(point.class_id, []).append(point)
    context = {
        "day": day,
        "classes": [(names.get(pk, ""), found) for pk, found in classes.items() if pk in names],
    }
    return render_partial(request, "institution/ratio_day.html", context)


@gate(Permission.NURSERY_READ)
def ratio_csv(request: ActorRequest) -> HttpResponseBase:
    first, last = MonthForm(request.GET).period()
    report = ratio_report(actor=request.actor, first=first, last=last)
    header = [
        _("Day"),
        _("Class"),
        _("Children per carer at most"),
        _("Minutes with children"),
        _("Minutes above the rule"),
        _("Most children at once"),
    ]
    rows = (_row(report, each) for each in report.days)
    return csv.stream(filename=f"ratio-{first:%Y-%m}.csv", header=header, rows=rows)


def _row(report: RatioReport, each: DaySum) -> list:
    return [
        each.day,
        report.names.get(each.class_id, ""),
        "" if each.most is None else each.most,
        round(each.minutes),
        round(each.breach_minutes),
        each.children,
    ]
