from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from core.http import ActorRequest, gate
from core.permissions import Permission
from institution.models import Child
from parents.readers import readers_of
from parents.selectors import own_children
from parents.views.day import NO_STORE


@gate(Permission.READERS_READ)
def first(request: ActorRequest) -> HttpResponse:
    child = own_children(request.actor).first()
    if child is None:
        return render(request, "parents/no_child.html")
    return redirect("family:child-readers", child.pk)


@gate(Permission.READERS_READ)
def child_readers(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    context = {
        "child": child,
        "children": list(own_children(request.actor)),
        "readers": readers_of(
            actor=request.actor, child=child, before=_number(request.GET.get("before"))
        ),
    }
    response = render(request, "parents/readers.html", context)
    response.headers["Cache-Control"] = NO_STORE
    return response


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
