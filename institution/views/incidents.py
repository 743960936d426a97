"""Incidents: the list, the form a carer fills in on the spot, and one incident until it is closed."""

from dataclasses import dataclass

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate
from core.once import once
from core.permissions import Permission
from core.scoping import Actor
from institution import body_map
from institution.enums import IncidentState
from institution.incident_forms import (
    ApproveForm,
    BackForm,
    CloseForm,
    CorrectForm,
    FactsForm,
    IncidentForm,
    ReportForm,
    blank,
    told,
)
from institution.models import Child, Incident, IncidentReport, Room
from institution.selectors.children import roster
from institution.selectors.incidents import incident_lines, incident_page
from institution.services import incidents

BOTH = ("GET", "HEAD", "POST")
TONES = {
    IncidentState.DRAFT: "",
    IncidentState.REVIEW: "warn",
    IncidentState.SHARED: "info",
    IncidentState.CLOSED: "ok",
}


@gate(Permission.INCIDENTS_READ)
def incident_list(request: ActorRequest) -> HttpResponse:
    closed = request.GET.get("closed") == "1"
    lines = incident_lines(actor=request.actor, closed=closed)
    rows = [(line, TONES[IncidentState(line.incident.state)]) for line in lines]
    return render(request, "institution/incident_list.html", {"rows": rows, "closed": closed})


@gate(Permission.INCIDENTS_WRITE, methods=BOTH)
@once
def incident_new(request: ActorRequest) -> HttpResponse:
    form = _form(request, initial=blank())
    made: list[Incident] = []
    if request.method == "POST" and submit(form, _write, actor=request.actor, made=made):
        return _saved(request, made[0])
    return _form_page(request, form)


@gate(Permission.INCIDENTS_READ)
def incident_one(request: ActorRequest, pk: int) -> HttpResponse:
    return _page(request, _incident(request, pk))


@gate(Permission.INCIDENTS_WRITE, methods=BOTH)
def incident_edit(request: ActorRequest, pk: int) -> HttpResponse:
    incident = _incident(request, pk)
    chosen = incidents.children_of(incident)
    initial = told(incident) | {"children": [child.pk for child in chosen]}
    form = _form(request, initial=initial, known=chosen)
    if request.method == "POST" and submit(form, _rewrite, actor=request.actor, incident=incident):
        return _saved(request, incident)
    return _form_page(request, form, incident=incident)


@gate(Permission.INCIDENTS_WRITE, methods=("POST",))
def incident_submit(request: ActorRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, Form(request.POST), incidents.submit, _("It is in review."))


@gate(Permission.INCIDENTS_REVIEW, methods=("POST",))
def incident_back(request: ActorRequest, pk: int) -> HttpResponse:
    form = BackForm(request.POST)
    return _simple(request, pk, form, incidents.send_back, _("It is a draft again."), "back")


@gate(Permission.INCIDENTS_REVIEW, methods=BOTH)
def incident_correct(request: ActorRequest, pk: int) -> HttpResponse:
    incident = _incident(request, pk)
    form = CorrectForm(request.POST or None, rooms=_rooms(request.actor), initial=told(incident))
    if request.method == "POST" and submit(
        form, incidents.correct, actor=request.actor, incident=incident
    ):
        messages.success(request, _("The correction is saved; what stood there before is kept."))
        return redirect("nursery:incident", incident.pk)
    return _form_page(request, form, incident=incident, correcting=True)


@gate(Permission.INCIDENTS_REVIEW, methods=("POST",))
def incident_approve(request: ActorRequest, pk: int) -> HttpResponse:
    incident = _incident(request, pk)
    form = ApproveForm(
        request.POST, children=incidents.children_of(incident), photo=incident.photo is not None
    )
    done = _("It is approved.") if not form.told else _("The family is shown it now.")
    return _simple(request, pk, form, incidents.approve, done, "approve")


@gate(Permission.INCIDENTS_REVIEW, methods=("POST",))
def incident_close(request: ActorRequest, pk: int) -> HttpResponse:
    form = CloseForm(request.POST)
    return _simple(request, pk, form, incidents.close, _("The incident is closed."), "close")


@gate(Permission.INCIDENTS_REPORT, methods=("POST",))
def incident_report(request: ActorRequest, pk: int) -> HttpResponse:
    reports = IncidentReport.objects.visible_to(request.actor).select_related("incident")
    report = get_object_or_404(reports, pk=pk)
    form = ReportForm(request.POST)
    if submit(form, incidents.report, actor=request.actor, report=report):
        messages.success(request, _("The report is written down."))
        return redirect("nursery:incident", report.incident_id)
    return _page(request, report.incident, report=form)


def _write(*, actor: Actor, made: list[Incident], send: bool, **values) -> None:
    made.append(incidents.write(actor=actor, **values))
    if send:
        incidents.submit(actor=actor, incident=made[0])


def _rewrite(*, actor: Actor, incident: Incident, send: bool, **values) -> None:
    incidents.rewrite(actor=actor, incident=incident, **values)
    if send:
        incidents.submit(actor=actor, incident=incident)


def _saved(request: ActorRequest, incident: Incident) -> HttpResponse:
    incident.refresh_from_db()
    sent = incident.state != IncidentState.DRAFT
    messages.success(request, _("It is in review.") if sent else _("The draft is kept."))
    return redirect("nursery:incident", incident.pk)


def _simple(
    request: ActorRequest, pk: int, form: Form, service, done: str, name: str = "sent"
) -> HttpResponse:
    incident = _incident(request, pk)
    if submit(form, service, actor=request.actor, incident=incident):
        messages.success(request, done)
        return redirect("nursery:incident", incident.pk)
    return _page(request, incident, **{name: form})


def _incident(request: ActorRequest, pk: int) -> Incident:
    return get_object_or_404(Incident.objects.visible_to(request.actor), pk=pk)


def _rooms(actor: Actor):
    return Room.objects.visible_to(actor).order_by("storey", "name", "pk")


def _form(
    request: ActorRequest, *, initial: dict, known: list[Child] | None = None
) -> IncidentForm:
    here = Child.objects.visible_to(request.actor)
    places = roster(actor=request.actor, day=today()).values("child")
    allowed = here.filter(pk__in=places) | here.filter(pk__in=[child.pk for child in known or ()])
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    return IncidentForm(
        *posted, rooms=_rooms(request.actor), children=allowed.distinct(), initial=initial
    )


@dataclass(frozen=True)
class Choice:
    child: Child
    chosen: bool


def _groups(request: ActorRequest, form: IncidentForm) -> list[dict]:
    """The children of each class, and which of them are chosen."""
    chosen = {str(pk) for pk in form["children"].value() or ()}
    groups: dict[str, list[Choice]] = {}
    for place in roster(actor=request.actor, day=today()):
        choice = Choice(place.child, str(place.child_id) in chosen)
        groups.setdefault(place.class_group.name, []).append(choice)
    alone = len(groups) == 1
    return [
        {"name": name, "open": alone or any(c.chosen for c in rows), "children": rows}
        for name, rows in groups.items()
    ]


def _form_page(
    request: ActorRequest,
    form: FactsForm,
    *,
    incident: Incident | None = None,
    correcting: bool = False,
) -> HttpResponse:
    context = {
        "form": form,
        "incident": incident,
        "correcting": correcting,
        "groups": _groups(request, form) if isinstance(form, IncidentForm) else [],
        "body": body_map.views(form.marked),
    }
    status = 422 if form.is_bound else 200
    return render(request, "institution/incident_form.html", context, status=status)


def _page(request: ActorRequest, incident: Incident, **forms: Form) -> HttpResponse:
    page = incident_page(actor=request.actor, incident=incident)
    may = request.actor.may
    context = {
        "page": page,
        "tone": TONES[IncidentState(page.incident.state)],
        "may_write": may(Permission.INCIDENTS_WRITE),
        "may_review": may(Permission.INCIDENTS_REVIEW),
        "may_report": may(Permission.INCIDENTS_REPORT),
        "back": BackForm(),
        "approve": ApproveForm(children=page.children, photo=bool(page.photo)),
        "close": CloseForm(),
        "report": ReportForm(),
    }
    status = 422 if forms else 200
    return render(request, "institution/incident_page.html", context | forms, status=status)
