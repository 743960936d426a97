from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from core.http import ActorRequest, gate
from core.permissions import Permission
from institution.models import Child
from institution.selectors.pickup import pickup_list


@gate(Permission.DAILY_LOG_WRITE)
def child_pickup(request: ActorRequest, pk: int) -> HttpResponse:
    """A part of the child's sheet on the board."""
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    context = {"list": pickup_list(actor=request.actor, child=child, purpose="pickup")}
    response = render(request, "institution/child_pickup.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response
