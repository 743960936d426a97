"""Children in and out as a workbook: look at a file first, then enrol some rows at a time with a bar that shows how far it is."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import xlsx
from core.calendar import today
from core.errors import Refused
from core.http import ActorRequest, gate
from core.permissions import Permission
from core.stepup import stepup
from institution import roster_sheet
from institution.forms import SheetForm
from institution.services.children import export_children

TEMPLATE = "institution/child_import.html"


@gate(Permission.CHILDREN_WRITE, methods=("GET", "HEAD", "POST"))
def child_import(request: ActorRequest) -> HttpResponse:
    form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
    context = {"form": form, "most": roster_sheet.MOST_ROWS}
    if form.is_bound and form.is_valid():
        try:
            context |= _done(request, form)
        except Refused as refused:
            form.add_error("sheet", refused.message)
    template = f"{TEMPLATE}#result" if request.htmx else TEMPLATE
    status = 422 if form.is_bound and form.errors else 200
    return render(request, template, context, status=status)


def _done(request: ActorRequest, form: SheetForm) -> dict:
    """A look at the whole file; or some rows enrolled, and behind the last of them the look again."""
    rows = xlsx.read(form.cleaned_data["sheet"], most_rows=roster_sheet.MOST_ROWS)
    if "enrol" not in request.POST:
        return {"looked": roster_sheet.looked_at(request.actor, rows)}
    step = roster_sheet.enrol_some(request.actor, rows, after=form.cleaned_data["after"])
    enrolled = form.cleaned_data["enrolled"] + step.enrolled
    if step.after is None or not request.htmx:
        return {"looked": roster_sheet.looked_at(request.actor, rows), "enrolled": enrolled}
    return {"step": step, "enrolled": enrolled, "percent": step.after * 100 // step.last}


@gate(Permission.CHILDREN_WRITE)
def child_sheet(request: ActorRequest) -> HttpResponse:
    """An empty one to fill in."""
    data = roster_sheet.empty(request.actor)
    return xlsx.response(data, filename=_("Children") + ".xlsx")


@gate(Permission.CHILDREN_WRITE, methods=("POST",))
@stepup
def child_export(request: ActorRequest) -> HttpResponse:
    found = export_children(actor=request.actor, day=today())
    data = roster_sheet.filled(found.places, found.guardians)
    return xlsx.response(data, filename=_("Children") + f"-{today():%Y-%m-%d}.xlsx")
