"""What the child gets to eat: the published menu of its age."""

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from core.calendar import today
from core.http import ActorRequest, gate
from core.permissions import Permission
from institution.food_forms import WeekForm
from institution.models import Child
from institution.selectors.diets import own_food
from institution.selectors.menus import family_menu, monday_of
from parents.selectors import own_children
from parents.views.day import NO_STORE

WEEK = dt.timedelta(days=7)


@gate(Permission.FAMILY_READ)
def first(request: ActorRequest) -> HttpResponse:
    child = own_children(request.actor).first()
    if child is None:
        return render(request, "parents/no_child.html")
    return redirect("family:child-menu", child.pk)


@gate(Permission.FAMILY_READ)
def child_menu(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    monday, _band = WeekForm(request.GET).chosen()
    context = {
        "shown": family_menu(actor=request.actor, child=child, monday=monday),
        "own": own_food(actor=request.actor, child=child, monday=monday),
        "children": list(own_children(request.actor)),
        "today": today(),
        "earlier": monday - WEEK,
        "later": monday + WEEK,
        "this_week": monday == monday_of(today()),
    }
    response = render(request, "parents/menu.html", context)
    response.headers["Cache-Control"] = NO_STORE
    return response
