import datetime as dt

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from core.calendar import today
from core.http import gate
from core.permissions import Permission
from institution.models import Child
from institution.selectors.day import Cursor, changes_after
from parents.selectors import family_day, own_children

NO_STORE = "private, no-store"


@gate(Permission.FAMILY_READ)
def first(request) -> HttpResponse:
    child = own_children(request.actor).first()
    if child is None:
        return render(request, "parents/no_child.html")
    return redirect("family:child-day", child.pk)


@gate(Permission.FAMILY_READ)
def child_day(request, pk: int, day: dt.date | None = None) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    if day is not None and not child.born_on <= day <= today():
        raise Http404
    shown = family_day(actor=request.actor, child=child, day=day or today())
    response = render(request, "parents/day.html", {"shown": shown})
    response.headers["Cache-Control"] = NO_STORE
    return response


@gate(Permission.FAMILY_READ)
def changes(request, pk: int) -> HttpResponse:
    """Today's page once more if anything was stored after the cursor, else 204."""
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    cursor = request.GET.get("after", "")
    found = changes_after(actor=request.actor, child=child, cursor=cursor)
    if not found.reset and found.cursor == cursor:
        return HttpResponse(status=204)
    seen = Cursor.read(cursor).seq if cursor and not found.reset else None
    shown = family_day(actor=request.actor, child=child, day=today(), seen=seen)
    response = render(request, "parents/day.html#now", {"shown": shown})
    response.headers["Cache-Control"] = NO_STORE
    return response
