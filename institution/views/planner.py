"""The plan of the coming months. An application is tried in a class before anything is offered."""

import datetime as dt

from django.conf import settings
from django.http import HttpResponse

from core.calendar import today
from core.http import ActorRequest, gate, render_partial
from core.permissions import Permission
from institution.admission_forms import PlanForm
from institution.models import Application, ClassGroup
from institution.selectors.admissions import Try, plan
from institution.services import offers


@gate(Permission.ADMISSIONS_READ)
def planner(request: ActorRequest) -> HttpResponse:
    asked = PlanForm(request.GET).values()
    chosen = _chosen(request, asked["application"])
    attempt = _attempt(request, chosen, asked)
    context = {
        "plan": plan(actor=request.actor, attempt=attempt),
        "chosen": chosen,
        "attempt": attempt,
        "problems": offers.problems(
            request.actor, attempt.application, attempt.class_group, attempt.start_on
        )
        if attempt
        else [],
        "offer_days": settings.OFFER_DAYS,
        "may_write": request.actor.may(Permission.ADMISSIONS_WRITE),
    }
    return render_partial(request, "institution/admission_planner.html", context)


def _chosen(request: ActorRequest, pk: int | None) -> Application | None:
    return Application.objects.visible_to(request.actor).filter(pk=pk).first() if pk else None


def _attempt(request: ActorRequest, chosen: Application | None, asked: dict) -> Try | None:
    """What is not there or not this nursery's is as if it was not asked for."""
    month: dt.date | None = asked["month"]
    if chosen is None or month is None or asked["class_group"] is None:
        return None
    groups = ClassGroup.objects.visible_to(request.actor).filter(pk=asked["class_group"])
    group = groups.first()
    return Try(chosen, group, max(month, today())) if group else None
