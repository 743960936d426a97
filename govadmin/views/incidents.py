"""Serious incidents of a regulator's region: what kind, where, and whether the authority has been told."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from core.http import ActorRequest, gate
from core.permissions import Permission
from institution.selectors.incidents import serious_incidents, serious_line

PAGE = 20


@gate(Permission.INCIDENTS_OVERSEE)
def incident_list(request: ActorRequest) -> HttpResponse:
    page = Paginator(serious_incidents(actor=request.actor), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [serious_line(incident) for incident in page],
        "query": request.GET,
    }
    return render(request, "govadmin/incident_list.html", context)
