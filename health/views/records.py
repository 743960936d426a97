"""The two forms of a health worker. With htmx a form stands in the sheet of the day; without, on a page of its own."""

from decimal import Decimal

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import reswap, retarget

from core import audit
from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate
from core.once import once
from core.permissions import Permission
from health import selectors
from health.forms import CheckForm, MeasurementForm
from health.services import records
from health.views.today import day_of
from institution.models import Enrolment

READ_AND_WRITE = ("GET", "HEAD", "POST")


@gate(Permission.HEALTH_WRITE, methods=READ_AND_WRITE)
@once
def check_record(request: ActorRequest, child_id: int) -> HttpResponse:
    place = _place(request, child_id)
    current = selectors.check_of(request.actor, place.child, today())
    initial = {"temperature": Decimal("36.5")}
    if current:
        initial = _values(current, "temperature", "findings", "action", "note") | {
            "replaces": current.pk
        }
    form = CheckForm(request.POST or None, initial=initial, rules=selectors.all_rules_on(today()))
    if submit(form, records.record_check, actor=request.actor, child=place.child):
        return _done(request, place, _("%(name)s: checked.") % {"name": place.child.name})
    return _form(request, "health/check_record.html", place, form, current)


@gate(Permission.HEALTH_WRITE, methods=READ_AND_WRITE)
@once
def measurement_record(request: ActorRequest, child_id: int) -> HttpResponse:
    place = _place(request, child_id)
    wanted = request.GET.get("replaces", "")
    pk = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None
    current = selectors.measurement_of(request.actor, place.child, pk, today())
    initial = {
        "measure": records.usual_position(place.child, today(), selectors.all_rules_on(today()))
    }
    if current:
        names = ("measured_on", "weight_kg", "length_cm", "measure", "head_cm")
        initial = _values(current, *names) | {"replaces": current.pk}
    form = MeasurementForm(request.POST or None, initial=initial)
    if submit(form, records.record_measurement, actor=request.actor, child=place.child):
        return _done(request, place, _("%(name)s: measurement saved.") % {"name": place.child.name})
    return _form(request, "health/measurement_record.html", place, form, current)


def _place(request: ActorRequest, child_id: int) -> Enrolment:
    place = selectors.place_of(request.actor, child_id, today())
    if place is None:
        raise Http404
    return place


def _values(row, *names: str) -> dict:
    return {name: getattr(row, name) for name in names}


def _done(request: ActorRequest, place: Enrolment, message: str) -> HttpResponse:
    if not request.htmx:
        messages.success(request, message)
        return redirect(_day_url(request))
    context = day_of(request, place.institution) | {"toast": message}
    return render(request, "health/nursery.html#day", context)


def _form(
    request: ActorRequest, template: str, place: Enrolment, form: Form, current
) -> HttpResponse:
    if current and not form.is_bound:
        audit.viewed(
            actor=request.actor,
            child_ids=[place.child_id],
            fields=[current._meta.model_name],
            purpose="correction",
        )
    context = {
        "place": place,
        "form": form,
        "current": current,
        "query": request.GET.urlencode(),
        "day_url": _day_url(request),
    }
    status = 422 if form.is_bound else 200
    if not request.htmx:
        return render(request, template, context, status=status)
    response = render(request, f"{template}#sheet", context, status=status)
    return reswap(retarget(response, "#sheet"), "innerHTML")


def _day_url(request: ActorRequest) -> str:
    query = request.GET.copy()
    query.pop("replaces", None)
    return reverse("health:today") + (f"?{query.urlencode()}" if query else "")
