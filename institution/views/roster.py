"""The roster: a week of classes by days, shifts by a tap, and who is away."""

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from institution.models import Institution, Shift, StaffLeave
from institution.selectors import roster as reads
from institution.services import roster
from institution.staff_forms import LeaveForForm, LeaveForm, ShiftForm, WeekForm, at_hand
from institution.views.sheets import done, form_or_sheet

READ_AND_WRITE = ("GET", "HEAD", "POST")
ROSTER = gettext_lazy("Roster")
WEEK = dt.timedelta(days=7)


@gate(Permission.NURSERY_READ)
def roster_page(request: ActorRequest) -> HttpResponse:
    actor = request.actor
    may_write = actor.may(Permission.STAFF_WRITE)
    monday = reads.monday_of(WeekForm(request.GET).chosen())
    week = reads.week_plan(actor=actor, monday=monday)
    context = {
        "week": week,
        "earlier": monday - WEEK,
        "later": monday + WEEK,
        "this_week": monday == reads.monday_of(at_hand()),
        "may_write": may_write,
        "may_copy": may_write and monday >= reads.monday_of(today()),
        "asked": reads.leaves_asked(actor=actor) if may_write else [],
        "today": today(),
    }
    return render_partial(request, "institution/roster.html", context)


@gate(Permission.STAFF_WRITE, methods=READ_AND_WRITE)
@once
def shift_add(request: ActorRequest) -> HttpResponse:
    asked = _asked(request)
    day = asked.get("day") or today()
    form = ShiftForm(
        request.POST or None,
        actor=request.actor,
        place=Institution.objects.get(pk=request.actor.workplace),
        free=reads.free_on(actor=request.actor, day=day),
        asked=asked,
    )
    if request.method == "POST" and submit(form, roster.plan_shift, actor=request.actor):
        return done(request, _url(form.cleaned_data["day"]), _("The shift is planned."))
    return form_or_sheet(
        request,
        form,
        gettext_lazy("Plan a shift"),
        action=request.get_full_path(),
        back=_url(day),
        back_title=ROSTER,
    )


def _asked(request: ActorRequest) -> dict:
    """What the tapped cell has chosen already."""
    asked: dict = {}
    if "day" in request.GET:
        asked["day"] = WeekForm({"week": request.GET["day"]}).chosen()
    if request.GET.get("class", "").isdecimal():
        asked["class_group"] = request.GET["class"]
    return asked


@gate(Permission.STAFF_WRITE, methods=("POST",))
def shift_remove(request: ActorRequest, pk: int) -> HttpResponse:
    shift = get_object_or_404(Shift.objects.visible_to(request.actor), pk=pk)
    roster.remove_shift(actor=request.actor, shift=shift)
    return done(request, _url(shift.day), _("The shift is taken out."))


@gate(Permission.STAFF_WRITE, methods=("POST",))
def week_copy(request: ActorRequest) -> HttpResponse:
    monday = reads.monday_of(WeekForm(request.POST).chosen())
    made = roster.copy_week(actor=request.actor, monday=monday)
    sentence = ngettext("%(count)d shift is copied.", "%(count)d shifts are copied.", made)
    return done(request, _url(monday), sentence % {"count": made})


@gate(Permission.PRESENCE_WRITE, methods=READ_AND_WRITE)
@once
def leave_ask(request: ActorRequest) -> HttpResponse:
    """One's own, which the director decides; the director enters it for others."""
    keeps = request.actor.may(Permission.STAFF_WRITE)
    form = LeaveForForm(request.POST or None, actor=request.actor) if keeps else _own(request)
    url = _url(today()) if keeps else reverse("nursery:clock")
    if request.method == "POST" and submit(form, roster.ask_leave, actor=request.actor):
        said = _("The leave is entered.") if keeps else _("The director has been asked.")
        return done(request, url, said)
    return form_or_sheet(
        request,
        form,
        gettext_lazy("Enter leave") if keeps else gettext_lazy("Ask for leave"),
        action=reverse("nursery:leave-ask"),
        back=url,
        back_title=ROSTER if keeps else gettext_lazy("My attendance"),
    )


def _own(request: ActorRequest) -> LeaveForm:
    return LeaveForm(request.POST or None)


@gate(Permission.STAFF_WRITE, methods=("POST",))
def leave_decide(request: ActorRequest, pk: int, granted: bool) -> HttpResponse:  # noqa: FBT001 -- of the address
    leave = get_object_or_404(StaffLeave.objects.visible_to(request.actor), pk=pk)
    leave = roster.decide_leave(actor=request.actor, leave=leave, granted=granted)
    said = _("The leave is granted.") if granted else _("The leave is refused.")
    return done(request, _url(leave.during.lower), said)


def _url(day: dt.date) -> str:
    return f"{reverse('nursery:roster')}?week={reads.monday_of(day)}"
