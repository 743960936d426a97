"""The family's thread with the team of the class."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.permissions import Permission
from institution.forms import FamilyMessageForm, ReadForm
from institution.models import Child
from institution.selectors.messages import thread_page
from institution.services import messages
from parents.selectors import own_children

NO_STORE = "private, no-store"
MOST_DIGITS = 9


@gate(Permission.FAMILY_MESSAGES)
def first(request: ActorRequest) -> HttpResponse:
    child = own_children(request.actor).first()
    if child is None:
        return render(request, "parents/no_child.html")
    return redirect("family:thread", child.pk)


@gate(Permission.FAMILY_MESSAGES)
def thread(request: ActorRequest, pk: int) -> HttpResponse:
    return _thread(request, _child(request, pk), FamilyMessageForm())


@gate(Permission.FAMILY_MESSAGES, methods=("POST",))
def send(request: ActorRequest, pk: int) -> HttpResponse:
    child = _child(request, pk)
    form = FamilyMessageForm(request.POST)
    if submit(form, messages.send, actor=request.actor, child=child):
        if request.htmx:
            return _thread(request, child, FamilyMessageForm())
        return redirect("family:thread", child.pk)
    return _thread(request, child, form, status=422)


@gate(Permission.FAMILY_MESSAGES, methods=("POST",))
def read(request: ActorRequest, pk: int) -> HttpResponse:
    child = _child(request, pk)
    form = ReadForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    messages.mark_read(actor=request.actor, child=child, seq=form.cleaned_data["seq"])
    return HttpResponse(status=204)


def _child(request: ActorRequest, pk: int) -> Child:
    return get_object_or_404(own_children(request.actor), pk=pk)


def _thread(
    request: ActorRequest, child: Child, form: FamilyMessageForm, *, status: int = 200
) -> HttpResponse:
    before = request.GET.get("before", "")
    number = (
        int(before) if before.isascii() and before.isdigit() and len(before) < MOST_DIGITS else None
    )
    context = {
        "shown": thread_page(actor=request.actor, child=child, before=number),
        "children": list(own_children(request.actor)),
        "form": form,
        "here": reverse("family:thread", args=[child.pk]),
        "send_url": reverse("family:message-send", args=[child.pk]),
        "read_url": reverse("family:thread-read", args=[child.pk]),
        "staff": False,
    }
    response = render_partial(request, "parents/thread.html", context, status=status)
    response.headers["Cache-Control"] = NO_STORE
    return response
