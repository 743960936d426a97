"""The days to come, as the family tells them."""

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.calendar import today
from core.display import day as day_words
from core.forms import submit
from core.http import ActorRequest, gate
from core.once import once
from core.permissions import Permission
from institution.models import Child
from institution.selectors.plans import days_ahead, plan_of
from institution.services import plans
from parents.plan_forms import PlanForm
from parents.selectors import own_children
from parents.views.day import NO_STORE


@gate(Permission.PLANS_WRITE)
def first(request: ActorRequest) -> HttpResponse:
    child = own_children(request.actor).first()
    if child is None:
        return render(request, "parents/no_child.html")
    return redirect("family:child-plans", child.pk)


@gate(Permission.PLANS_WRITE)
def child_plans(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    context = {
        "child": child,
        "children": list(own_children(request.actor)),
        "days": days_ahead(actor=request.actor, child=child),
        "cutoff": plans.cutoff(today()),
    }
    response = render(request, "parents/plans.html", context)
    response.headers["Cache-Control"] = NO_STORE
    return response


@gate(Permission.PLANS_WRITE, methods=("GET", "HEAD", "POST"))
@once
def plan_day(request: ActorRequest, pk: int, day: dt.date) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    if not today() <= day <= today() + dt.timedelta(days=plans.DAYS_AHEAD):
        raise Http404
    plan = plan_of(actor=request.actor, child=child, day=day)
    form = PlanForm(request.POST or None, plan=plan)
    if request.method == "POST" and submit(
        form, plans.plan_day, actor=request.actor, child=child, day=day
    ):
        messages.success(request, _("The nursery knows about %(day)s.") % {"day": day_words(day)})
        return redirect("family:child-plans", child.pk)
    context = {"child": child, "day": day, "form": form, "plan": plan, "late": plans.is_late(day)}
    return render(request, "parents/plan_day.html", context, status=422 if form.errors else 200)


@gate(Permission.PLANS_WRITE, methods=("POST",))
def plan_clear(request: ActorRequest, pk: int, day: dt.date) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    plans.clear_plan(actor=request.actor, child=child, day=day)
    messages.success(request, _("%(day)s is as usual again.") % {"day": day_words(day)})
    return redirect("family:child-plans", child.pk)
