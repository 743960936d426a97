from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from core.calendar import today
from core.http import ActorRequest, gate
from core.permissions import Permission
from govadmin import display
from govadmin.selectors.overview import overview, trend
from govadmin.selectors.regions import place_of

LIVE_PARTS = ("activity", "ranking", "quiet", "staff", "zones")


@gate(Permission.OVERVIEW_READ)
def overview_page(request: ActorRequest) -> HttpResponse:
    place = place_of(request.actor, request.GET.get("region", ""))
    day = today()
    found = overview(actor=request.actor, place=place, day=day)
    days = trend(actor=request.actor, path=place.region.path, last=day)
    context = display.overview_context(found, days)
    return render(request, "govadmin/overview.html", context)


@gate(Permission.OVERVIEW_READ)
def overview_figures(request: ActorRequest) -> JsonResponse:
    """What of the page changes with every entry. The page asks after a hint, at most once a second."""
    place = place_of(request.actor, request.GET.get("region", ""))
    found = overview(actor=request.actor, place=place, day=today())
    context = display.live_context(found)
    parts = {
        name: render_to_string(f"govadmin/overview.html#{name}", context, request)
        for name in LIVE_PARTS
    }
    return JsonResponse(
        {"kpis": display.live_kpis(found), "map": display.map_data(found), "parts": parts},
        headers={"Cache-Control": "no-store"},
    )
