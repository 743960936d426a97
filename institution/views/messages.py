"""Messages of a nursery: the inbox, a thread, ticking off what families asked for, and the hours."""

import uuid

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.permissions import Permission
from institution.forms import MessageForm, MessageHoursForm, ReadForm
from institution.models import Child, Message
from institution.selectors.file import own_institution
from institution.selectors.messages import hours_of, inbox, thread_page, waiting
from institution.services import messages
from institution.views.history import number_in

PAGE = 30
NO_STORE = "private, no-store"


@gate(Permission.TEAM_MESSAGES)
def inbox_page(request: ActorRequest) -> HttpResponse:
    institution = own_institution(request.actor)
    page = Paginator(inbox(actor=request.actor), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "query": request.GET,
        "hours": hours_of(institution, today()),
        "may_set": request.actor.may(Permission.INSTITUTION_WRITE),
    }
    return render_partial(request, "institution/inbox.html", context)


@gate(Permission.TEAM_MESSAGES)
def inbox_count(request: ActorRequest) -> HttpResponse:
    """For js/counts.js."""
    return JsonResponse({"count": waiting(request.actor)})


@gate(Permission.TEAM_MESSAGES)
def thread(request: ActorRequest, pk: int) -> HttpResponse:
    return _thread(request, _child(request, pk), MessageForm())


@gate(Permission.TEAM_MESSAGES, methods=("POST",))
def message_send(request: ActorRequest, pk: int) -> HttpResponse:
    child = _child(request, pk)
    form = MessageForm(request.POST)
    if submit(form, messages.send, actor=request.actor, child=child):
        if request.htmx:
            return _thread(request, child, MessageForm())
        return redirect("nursery:thread", child.pk)
    return _thread(request, child, form, status=422)


@gate(Permission.TEAM_MESSAGES, methods=("POST",))
def thread_read(request: ActorRequest, pk: int) -> HttpResponse:
    return read(request, _child(request, pk))


@gate(Permission.TEAM_MESSAGES, methods=("POST",))
def request_done(request: ActorRequest, pk: uuid.UUID) -> HttpResponse:
    message = get_object_or_404(Message.objects.visible_to(request.actor), pk=pk)
    messages.done(actor=request.actor, message=message)
    if request.htmx:
        return _thread(request, _child(request, message.child_id), MessageForm())
    return redirect("nursery:thread", message.child_id)


@gate(Permission.INSTITUTION_WRITE, methods=("GET", "HEAD", "POST"))
def hours_set(request: ActorRequest) -> HttpResponse:
    known = hours_of(own_institution(request.actor), today())
    initial = {"begins": known.begins, "ends": known.ends, "valid_from": today()}
    form = MessageHoursForm(request.POST or None, initial=initial)
    if request.method == "POST" and submit(form, messages.set_hours, actor=request.actor):
        flash.success(request, _("The hours are saved."))
        inbox_open = request.actor.may(Permission.TEAM_MESSAGES)
        return redirect("nursery:inbox" if inbox_open else "nursery:file")
    return render(
        request,
        "institution/message_hours.html",
        {"form": form},
        status=422 if form.is_bound else 200,
    )


def read(request: ActorRequest, child: Child) -> HttpResponse:
    form = ReadForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    messages.mark_read(actor=request.actor, child=child, seq=form.cleaned_data["seq"])
    return HttpResponse(status=204)


def _child(request: ActorRequest, pk: int) -> Child:
    return get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)


def _thread(
    request: ActorRequest, child: Child, form: MessageForm, *, status: int = 200
) -> HttpResponse:
    shown = thread_page(
        actor=request.actor, child=child, before=number_in(request.GET.get("before"))
    )
    context = {
        "shown": shown,
        "form": form,
        "here": reverse("nursery:thread", args=[child.pk]),
        "send_url": reverse("nursery:message-send", args=[child.pk]),
        "read_url": reverse("nursery:thread-read", args=[child.pk]),
        "staff": True,
    }
    response = render_partial(request, "institution/thread.html", context, status=status)
    response.headers["Cache-Control"] = NO_STORE
    return response
