"""The clock: one's own, and the day of everybody with what the director corrects."""

import datetime as dt

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.calendar import today
from core.errors import Refused
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from institution.forms import DayForm
from institution.models import StaffPresence
from institution.selectors import presence as reads
from institution.selectors.roster import own_leaves
from institution.services import presence
from institution.staff_forms import ClockForm, PresenceAddForm, PresenceForm
from institution.views.sheets import done, form_or_sheet

READ_AND_WRITE = ("GET", "HEAD", "POST")
CLOCK = gettext_lazy("Staff attendance")


@gate(Permission.PRESENCE_WRITE)
def clock(request: ActorRequest) -> HttpResponse:
    context = {
        "clock": reads.own_clock(actor=request.actor),
        "leaves": own_leaves(actor=request.actor),
    }
    return render(request, "institution/clock.html", context)


@gate(Permission.PRESENCE_WRITE, methods=("POST",))
def clock_in(request: ActorRequest) -> HttpResponse:
    form = ClockForm(request.POST, actor=request.actor)
    if form.is_valid():
        group = form.cleaned_data["class_group"]
        _deed(request, presence.clock_in, class_group=group)
    return redirect("nursery:clock")


@gate(Permission.PRESENCE_WRITE, methods=("POST",))
def clock_out(request: ActorRequest) -> HttpResponse:
    _deed(request, presence.clock_out)
    return redirect("nursery:clock")


def _deed(request: ActorRequest, deed, **values) -> None:
    try:
        deed(actor=request.actor, **values)
    except Refused as refused:
        if refused.status == 404:
            raise
        messages.error(request, refused.message)


@gate(Permission.STAFF_READ)
def presence_day(request: ActorRequest) -> HttpResponse:
    day = DayForm(request.GET).chosen()
    context = {
        "day": day,
        "people": reads.presence_day(actor=request.actor, day=day),
        "earlier": day - dt.timedelta(days=1),
        "later": day + dt.timedelta(days=1) if day < today() else None,
        "may_write": request.actor.may(Permission.STAFF_WRITE),
    }
    return render_partial(request, "institution/presence.html", context)


@gate(Permission.STAFF_WRITE, methods=READ_AND_WRITE)
@once
def presence_add(request: ActorRequest) -> HttpResponse:
    day = DayForm(request.GET).chosen()
    form = PresenceAddForm(request.POST or None, actor=request.actor, day=day)
    if request.method == "POST" and submit(form, presence.add_presence, actor=request.actor):
        return done(request, _day_url(form.cleaned_data["day"]), _("The time is entered."))
    return form_or_sheet(
        request,
        form,
        gettext_lazy("Enter a time that was not clocked"),
        action=f"{reverse('nursery:presence-add')}?day={day}",
        back=_day_url(day),
        back_title=CLOCK,
    )


@gate(Permission.STAFF_WRITE, methods=READ_AND_WRITE)
def presence_correct(request: ActorRequest, pk: int) -> HttpResponse:
    stretch = _stretch(request, pk)
    form = PresenceForm(
        request.POST or None, actor=request.actor, day=stretch.day, presence=stretch
    )
    if request.method == "POST" and submit(
        form, presence.correct_presence, actor=request.actor, presence=stretch
    ):
        return done(request, _day_url(stretch.day), _("The time is corrected."))
    return form_or_sheet(
        request,
        form,
        _("Correct the time of %(name)s") % {"name": stretch.membership.user.name},
        action=reverse("nursery:presence-correct", args=[pk]),
        back=_day_url(stretch.day),
        back_title=CLOCK,
    )


@gate(Permission.STAFF_WRITE, methods=("POST",))
def presence_remove(request: ActorRequest, pk: int) -> HttpResponse:
    stretch = _stretch(request, pk)
    presence.remove_presence(actor=request.actor, presence=stretch)
    return done(request, _day_url(stretch.day), _("The time is removed."))


def _stretch(request: ActorRequest, pk: int) -> StaffPresence:
    mine = StaffPresence.objects.visible_to(request.actor).select_related("membership__user")
    return get_object_or_404(mine, pk=pk)


def _day_url(day: dt.date) -> str:
    return f"{reverse('nursery:presence')}?day={day}"
