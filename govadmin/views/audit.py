from urllib.parse import urlencode
from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from core import anchors
from core.errors import NotThere
from core.http import ActorRequest, gate
from core.once import once
from core.permissions import Permission
from core.stepup import stepup
from govadmin import display
from govadmin.exports import filtered
from govadmin.forms import CursorForm
from govadmin.selectors.audit import audit_page, exports_of, latest_exports
from govadmin.services import exports


@gate(Permission.AUDIT_READ)
def audit_list(request: ActorRequest) -> HttpResponse:
    filters = filtered(request.actor, request.GET)
    events = filters.qs if filters.is_valid() else filters.queryset.none()
    page = audit_page(actor=request.actor, events=events, **CursorForm.read(request.GET))
    may_export = request.actor.may(Permission.AUDIT_EXPORT)
    context = {
        "filters": filters.form,
        "values": (values := display.filter_values(filters.form)),
        "typed": dict.fromkeys(filters.filters, "") | values,
        "rows": display.audit_rows(page),
        "newer": display.cursor_url(request.GET, "after", page.newer),
        "older": display.cursor_url(request.GET, "before", page.older),
        "nursery": display.chosen_institution(request.actor, filters.form),
        "may_export": may_export,
        "anchor": display.anchor_row(anchors.state()),
        "jobs": display.job_rows(latest_exports(request.actor)) if may_export else [],
    }
    return render(request, "govadmin/audit_list.html", context)


@gate(Permission.AUDIT_EXPORT, methods=("POST",))
@stepup
@once
def audit_export(request: ActorRequest) -> HttpResponse:
    filters = filtered(request.actor, request.POST)
    values = display.filter_values(filters.form)
    back = f"{reverse('gov:audit-list')}?{urlencode(values)}"
    if filters.is_valid():
        exports.start_audit_export(actor=request.actor, filters=values)
        back += "#exports"
    return redirect(back)


@gate(Permission.AUDIT_EXPORT)
def job_progress(request: ActorRequest, pk: UUID) -> HttpResponse:
    job = get_object_or_404(exports_of(request.actor), pk=pk)
    context = {"row": display.job_rows([job])[0]}
    return render(request, "govadmin/audit_list.html#job", context)


@gate(Permission.AUDIT_EXPORT)
@stepup
def job_file(request: ActorRequest, pk: UUID) -> FileResponse:
    job = get_object_or_404(exports_of(request.actor), pk=pk)
    exports.take_export(actor=request.actor, job=job)
    try:
        content = job.result.open("rb")
    except FileNotFoundError as error:
        raise NotThere from error
    return FileResponse(
        content,
        as_attachment=True,
        filename=job.result_name,
        content_type="text/csv; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
