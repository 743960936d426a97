"""What the nursery tells a family of an incident, and that a guardian has read it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.http import ActorRequest, gate
from core.permissions import Permission
from institution.models import Child, IncidentNotice
from institution.selectors.incidents import notice_page, notices_of
from institution.services import incidents
from parents.selectors import own_children
from parents.views.day import NO_STORE


@gate(Permission.INCIDENTS_ACKNOWLEDGE)
def child_incidents(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    context = {
        "child": child,
        "children": list(own_children(request.actor)),
        "notices": notices_of(actor=request.actor, child=child),
    }
    return _kept_nowhere(render(request, "parents/incidents.html", context))


@gate(Permission.INCIDENTS_ACKNOWLEDGE)
def incident(request: ActorRequest, pk: int) -> HttpResponse:
    shown = notice_page(actor=request.actor, notice=_notice(request, pk))
    return _kept_nowhere(render(request, "parents/incident.html", {"shown": shown}))


@gate(Permission.INCIDENTS_ACKNOWLEDGE, methods=("POST",))
def incident_acknowledge(request: ActorRequest, pk: int) -> HttpResponse:
    notice = _notice(request, pk)
    incidents.acknowledge(actor=request.actor, notice=notice)
    messages.success(request, _("Thank you. The nursery knows that you have read it."))
    return redirect("family:incident", notice.pk)


def _notice(request: ActorRequest, pk: int) -> IncidentNotice:
    rows = IncidentNotice.objects.visible_to(request.actor)
    return get_object_or_404(
        rows.select_related("child", "acknowledged_by", "institution__region"), pk=pk
    )


def _kept_nowhere(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = NO_STORE
    return response
