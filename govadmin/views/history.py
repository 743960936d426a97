from django.http import HttpResponse
from django.shortcuts import render

from core.http import ActorRequest, gate
from core.permissions import Permission
from institution.models import Institution
from institution.selectors.history import history_of_region
from institution.views.history import history_rows, number_in


@gate(Permission.AUDIT_READ)
def row_history(request: ActorRequest) -> HttpResponse:
    """Before and after of what an inspection asks about. Children's rows are not among them."""
    chosen = number_in(request.GET.get("institution"))
    page = history_of_region(
        actor=request.actor, institution=chosen, before=number_in(request.GET.get("before"))
    )
    institutions = Institution.objects.visible_to(request.actor)
    context = {
        "page": page,
        "rows": history_rows(page),
        "nursery": institutions.filter(pk=chosen).first() if chosen else None,
    }
    return render(request, "govadmin/row_history.html", context)
