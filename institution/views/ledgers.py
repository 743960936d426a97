"""The ledgers on phone and tablet: what is due and its form, what stands open, the month, and how often things are due."""

import datetime as dt
import uuid

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import attachments
from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from core.scoping import Actor
from institution.enums import LedgerKind
from institution.ledger_forms import EntryForm, MonthForm, RhythmForm, StrikeForm
from institution.ledgers import ENDS, LEDGERS
from institution.models import LedgerEntry, LedgerSchedule
from institution.selectors.calendar import ONE_DAY
from institution.selectors.ledgers import (
    Line,
    due_list,
    entries_of,
    last_like,
    ledger_of,
    lines,
    open_entries,
    schedules_of,
    versions_of,
)
from institution.services import ledgers
from institution.views.sheets import Back, saved, sheet

READ_AND_WRITE = ("GET", "HEAD", "POST")
DUE = Back(gettext_lazy("Safety ledgers"), "nursery:ledgers")
SCHEDULES = Back(gettext_lazy("Regular tasks"), "nursery:ledger-schedules")
PAGE = 100


@gate(Permission.LEDGER_WRITE)
def due_page(request: ActorRequest) -> HttpResponse:
    context = {
        "list": due_list(actor=request.actor, day=today()),
        "hazards": open_entries(actor=request.actor, kind=LedgerKind.HAZARD),
        "visitors": open_entries(actor=request.actor, kind=LedgerKind.VISITOR),
        "ledgers": LEDGERS.values(),
        "today": today(),
    }
    return render_partial(request, "institution/ledgers.html", context)


@gate(Permission.LEDGER_WRITE)
def month_page(request: ActorRequest) -> HttpResponse:
    month, kind, task = MonthForm(request.GET).chosen()
    after = (month + dt.timedelta(days=31)).replace(day=1)
    found = entries_of(
        actor=request.actor, first=month, last=after - ONE_DAY, kind=kind, schedule=task
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": _with_addresses(request.actor, lines(actor=request.actor, entries=page)),
        "month": month,
        "earlier": month - ONE_DAY,
        "later": after,
        "today": today(),
        "kind": kind,
        "task": task,
        "tasks": schedules_of(actor=request.actor, day=today()),
        "ledgers": LEDGERS.values(),
    }
    return render_partial(request, "institution/ledger_month.html", context)


@gate(Permission.LEDGER_WRITE)
def entry_page(request: ActorRequest, pk: uuid.UUID) -> HttpResponse:
    entry = _entry(request, pk)
    versions = versions_of(actor=request.actor, root=entry.closes_id or entry.root)
    corrected = {line.entry.corrects_id for line in versions}
    rows = _with_addresses(request.actor, versions)
    context = {
        "rows": [(line, pictures, line.entry.pk in corrected) for line, pictures in rows],
        "first": versions[-1],
    }
    return render_partial(request, "institution/ledger_entry.html", context)


@gate(Permission.LEDGER_WRITE, methods=READ_AND_WRITE)
@once
def entry_add(request: ActorRequest, kind: str) -> HttpResponse:
    ledger = LEDGERS.get(kind)
    if ledger is None:
        raise Http404
    form = _form(request, ledger=ledger, asks_what=bool(ledger.what))
    known = {"kind": ledger.kind}
    if request.method == "POST" and submit(form, ledgers.record, actor=request.actor, **known):
        return saved(request, _("It is in the ledger."), DUE)
    return _page(request, form, ledger.title)


@gate(Permission.LEDGER_WRITE, methods=READ_AND_WRITE)
@once
def task_done(request: ActorRequest, pk: int) -> HttpResponse:
    rows = LedgerSchedule.objects.visible_to(request.actor).with_rhythm(today())
    schedule = get_object_or_404(rows.select_related("room"), pk=pk)
    last, rhythm = last_like(schedule), next(iter(schedule.in_force), None)
    form = _form(
        request,
        ledger=LEDGERS[schedule.kind],
        needs_photo=bool(rhythm and rhythm.needs_photo),
        initial=_usual(last),
    )
    known = {"kind": schedule.kind, "schedule": schedule}
    if request.method == "POST" and submit(form, ledgers.record, actor=request.actor, **known):
        return saved(request, _("It is in the ledger."), DUE)
    return _page(request, form, schedule.what, schedule=schedule)


@gate(Permission.LEDGER_WRITE, methods=READ_AND_WRITE)
@once
def entry_settle(request: ActorRequest, pk: uuid.UUID) -> HttpResponse:
    entry = _entry(request, pk)
    if entry.kind not in ENDS or entry.closes_id:
        raise Http404
    ledger = ENDS[entry.kind]
    form = _form(request, ledger=ledger)
    known = {"actor": request.actor, "entry": entry}
    if request.method == "POST" and submit(form, ledgers.settle, **known):
        return saved(request, _("It is in the ledger."), DUE)
    return _page(request, form, ledger.title, about=entry.what)


@gate(Permission.LEDGER_WRITE, methods=READ_AND_WRITE)
@once
def entry_correct(request: ActorRequest, pk: uuid.UUID) -> HttpResponse:
    entry = _entry(request, pk)
    ledger = ledger_of(entry)
    shown = entry.detail | {"what": entry.what, "note": entry.note, "mend_by": entry.mend_by}
    form = _form(
        request,
        ledger=ledger,
        asks_what=bool(ledger.what and not entry.schedule_id),
        asks_time=False,
        asks_why=True,
        initial=shown,
    )
    known = {"actor": request.actor, "entry": entry}
    if request.method == "POST" and submit(form, ledgers.correct, **known):
        return saved(request, _("The correction is in the ledger."), _page_of(entry))
    return _page(request, form, gettext_lazy("Correct the entry"), about=entry.what)


@gate(Permission.LEDGER_WRITE, methods=READ_AND_WRITE)
@once
def entry_strike(request: ActorRequest, pk: uuid.UUID) -> HttpResponse:
    entry = _entry(request, pk)
    form = StrikeForm(request.POST or None)
    known = {"actor": request.actor, "entry": entry}
    if request.method == "POST" and submit(form, ledgers.strike, **known):
        return saved(request, _("The entry is struck."), _page_of(entry))
    action = reverse("nursery:ledger-strike", args=[pk])
    return sheet(
        request, form, title=gettext_lazy("Strike the entry"), action=action, back=_page_of(entry)
    )


@gate(Permission.LEDGER_WRITE)
def schedule_list(request: ActorRequest) -> HttpResponse:
    context = {
        "schedules": schedules_of(actor=request.actor, day=today()),
        "ledgers": LEDGERS,
        "may_set": request.actor.may(Permission.INSTITUTION_WRITE),
    }
    return render_partial(request, "institution/ledger_schedules.html", context)


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
@once
def schedule_add(request: ActorRequest) -> HttpResponse:
    form = RhythmForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and submit(form, ledgers.set_rhythm, actor=request.actor):
        return saved(request, _("The regular task is saved."), SCHEDULES)
    action = reverse("nursery:ledger-schedule-add")
    return sheet(
        request, form, title=gettext_lazy("New regular task"), action=action, back=SCHEDULES
    )


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
@once
def schedule_change(request: ActorRequest, pk: int) -> HttpResponse:
    rows = LedgerSchedule.objects.visible_to(request.actor).with_rhythm(today())
    schedule = get_object_or_404(rows.select_related("room"), pk=pk)
    form = RhythmForm(
        request.POST or None,
        actor=request.actor,
        schedule=schedule,
        initial=_in_force(schedule),
    )
    known = {"kind": schedule.kind, "what": schedule.what, "room": schedule.room}
    if request.method == "POST" and submit(form, ledgers.set_rhythm, actor=request.actor, **known):
        return saved(request, _("The regular task is saved."), SCHEDULES)
    action = reverse("nursery:ledger-schedule", args=[pk])
    return sheet(request, form, title=schedule.what, action=action, back=SCHEDULES)


def _entry(request: ActorRequest, pk: uuid.UUID) -> LedgerEntry:
    rows = LedgerEntry.objects.visible_to(request.actor)
    return get_object_or_404(rows.select_related("schedule"), pk=pk)


def _form(request: ActorRequest, **options) -> EntryForm:
    """A visitor leaves with nothing said: an empty form is a form too."""
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    return EntryForm(*given, **options)


def _page(
    request: ActorRequest,
    form: EntryForm,
    title: str | Promise,
    *,
    schedule: LedgerSchedule | None = None,
    about: str = "",
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "schedule": schedule,
        "about": about,
        "ledger": form.ledger,
    }
    status = 422 if form.is_bound else 200
    return render(request, "institution/ledger_form.html", context, status=status)


def _page_of(entry: LedgerEntry) -> Back:
    return Back(gettext_lazy("Entry"), "nursery:ledger-entry", args=(entry.pk,))


def _usual(last: LedgerEntry | None) -> dict:
    """Done as the last time. A fault is never taken over, nor what came to light in a drill."""
    usual = dict(last.detail) if last else {}
    usual.pop("findings", None)
    return usual | ({"state": "good"} if "state" in usual else {})


def _in_force(schedule: LedgerSchedule) -> dict:
    names = ("repeat", "every_days", "weekday", "needs_photo", "basis")
    return {name: getattr(rhythm, name) for rhythm in schedule.in_force for name in names}


def _with_addresses(actor: Actor, shown: list[Line]) -> list[tuple]:
    """Each line with the addresses of its pictures, in full and small."""
    return [
        (
            line,
            [
                (attachments.signed_url(each, actor), attachments.signed_url(each, actor, "thumb"))
                for each in line.pictures
            ],
        )
        for line in shown
    ]
