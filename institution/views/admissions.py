"""The office's board of admissions, one application, and the steps that need nothing but saying so."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.forms import submit
from core.http import ActorRequest, gate
from core.once import once
from core.permissions import Permission
from core.stepup import stepup
from institution import admissions as steps
from institution.admission_forms import (
    EditApplicationForm,
    MoveForm,
    NewApplicationForm,
    VisitForm,
)
from institution.enums import AdmissionState
from institution.models import Application
from institution.selectors import admissions as selectors
from institution.services import admissions, entry_rules
from institution.views.children import SHOWN_SECONDS

READ_AND_WRITE = ("GET", "HEAD", "POST")
CLOSED = "closed"


@gate(Permission.ADMISSIONS_READ)
def board(request: ActorRequest) -> HttpResponse:
    columns = selectors.board(actor=request.actor)
    shown = request.GET.get("state", "")
    first = next((column.state for column in columns if column.count), AdmissionState.ENQUIRY)
    known = {*(column.state for column in columns), CLOSED}
    context = {
        "columns": columns,
        "closed": selectors.closed(actor=request.actor),
        "shown": shown if shown in known else first,
        "may_write": request.actor.may(Permission.ADMISSIONS_WRITE),
    }
    return render(request, "institution/admission_board.html", context)


@gate(Permission.ADMISSIONS_WRITE, methods=READ_AND_WRITE)
@once
def application_new(request: ActorRequest) -> HttpResponse:
    form = NewApplicationForm(request.POST or None)
    if request.method == "POST" and submit(form, admissions.add_application, actor=request.actor):
        messages.success(
            request, _("%(name)s is on the list.") % {"name": form.cleaned_data["name"]}
        )
        return redirect("nursery:admission-board")
    status = 422 if form.is_bound else 200
    return render(request, "institution/application_form.html", {"form": form}, status=status)


@gate(Permission.ADMISSIONS_READ)
def application_page(request: ActorRequest, pk: int) -> HttpResponse:
    return show(request, _application(request, pk))


def show(request: ActorRequest, application: Application, move: MoveForm | None = None):
    """The page; with a step that was refused, the sentence and what was typed."""
    file = selectors.application_file(actor=request.actor, application=application)
    reasons = entry_rules.missing(application, file.first_day) if file.about_to_start else []
    context = {
        "file": file,
        "application": application,
        "missing": [(each, request.actor.may(each.permission)) for each in reasons],
        "said": [state for state in file.next_states if state in steps.SAID],
        "may_write": request.actor.may(Permission.ADMISSIONS_WRITE),
        "move": move or MoveForm(),
        "book": VisitForm(actor=request.actor)
        if application.state in (AdmissionState.ENQUIRY, AdmissionState.VISIT)
        else None,
        "refused": move,
    }
    status = 422 if move else 200
    return render(request, "institution/application_page.html", context, status=status)


@gate(Permission.ADMISSIONS_WRITE, methods=READ_AND_WRITE)
def application_edit(request: ActorRequest, pk: int) -> HttpResponse:
    application = _application(request, pk)
    form = EditApplicationForm(request.POST or None, application=application)
    known = {"actor": request.actor, "application": application}
    if request.method == "POST" and submit(form, admissions.change_application, **known):
        messages.success(request, _("The change is saved."))
        return redirect("nursery:application-page", application.pk)
    context = {"form": form, "application": application}
    status = 422 if form.is_bound else 200
    return render(request, "institution/application_form.html", context, status=status)


@gate(Permission.ADMISSIONS_WRITE, methods=("POST",))
@once
def application_move(request: ActorRequest, pk: int) -> HttpResponse:
    application = _application(request, pk)
    form = MoveForm(request.POST)
    if submit(form, admissions.move, actor=request.actor, application=application):
        label = AdmissionState(form.cleaned_data["to"]).label
        messages.success(
            request, _("%(name)s: %(state)s.") % {"name": application.name, "state": label}
        )
        return redirect("nursery:application-page", application.pk)
    return show(request, _application(request, pk), form)


@gate(Permission.ADMISSIONS_WRITE, methods=("POST",))
@stepup
def application_phone(request: ActorRequest, pk: int) -> HttpResponse:
    """The whole number, to call the family. A POST, because looking is written down."""
    application = _application(request, pk)
    number = admissions.unmask_phone(
        actor=request.actor, application=application, purpose="admission"
    )
    context = {"application": application, "number": number, "seconds": SHOWN_SECONDS}
    template = (
        "institution/child_unmask.html#secret"
        if request.htmx
        else ("institution/application_phone.html")
    )
    response = render(request, template, context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _application(request: ActorRequest, pk: int) -> Application:
    found = Application.objects.visible_to(request.actor).select_related("child")
    return get_object_or_404(found, pk=pk)
