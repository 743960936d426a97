"""Who may bring and fetch: the guardian decides it on the phone, and shows or sends a pass."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core import rls
from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate, open_to_all
from core.once import once
from core.permissions import Permission
from institution.models import Child, PickupPerson, PickupQuestion
from institution.pass_codes import bundle_of
from institution.selectors.pickup import (
    PassPage,
    open_passes_of,
    pass_page,
    pickup_list,
    shared_pass,
)
from institution.services import pickup, strangers
from parents.pickup_forms import PassForm, PersonForm
from parents.selectors import own_children
from parents.views.day import NO_STORE


@gate(Permission.PICKUP_WRITE)
def first(request: ActorRequest) -> HttpResponse:
    child = own_children(request.actor).first()
    if child is None:
        return render(request, "parents/no_child.html")
    return redirect("family:child-pickup", child.pk)


@gate(Permission.PICKUP_WRITE)
def child_pickup(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    return _page(request, child, _pass_form(request, child))


@gate(Permission.PICKUP_WRITE, methods=("GET", "HEAD", "POST"))
@once
def person_add(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    form = PersonForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and submit(
        form, pickup.add_person, actor=request.actor, child=child
    ):
        messages.success(
            request, _("%(name)s is on the list.") % {"name": form.cleaned_data["name"]}
        )
        return redirect("family:child-pickup", child.pk)
    status = 422 if form.errors else 200
    return render(
        request, "parents/pickup_person.html", {"form": form, "child": child}, status=status
    )


@gate(Permission.PICKUP_WRITE, methods=("POST",))
def person_end(request: ActorRequest, pk: int, person: int) -> HttpResponse:
    found = get_object_or_404(
        PickupPerson.objects.visible_to(request.actor).filter(child=pk), pk=person
    )
    pickup.withdraw_person(actor=request.actor, person=found)
    messages.success(request, _("%(name)s is no longer on the list.") % {"name": found.name})
    return redirect("family:child-pickup", pk)


@gate(Permission.PICKUP_WRITE, methods=("POST",))
@once
def pass_make(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    form = _pass_form(request, child, request.POST)
    made: list[uuid.UUID] = []
    if submit(form, _make, actor=request.actor, child=child, made=made):
        return redirect("family:pass", made[0])
    return _page(request, child, form, status=422)


@gate(Permission.PICKUP_WRITE)
def pass_show(request: ActorRequest, bundle: uuid.UUID) -> HttpResponse:
    shown = pass_page(actor=request.actor, bundle=bundle)
    if shown is None:
        raise Http404
    return _kept_nowhere(render(request, "parents/pass.html", {"shown": shown}))


@gate(Permission.PICKUP_WRITE, methods=("POST",))
def pass_end(request: ActorRequest, bundle: uuid.UUID) -> HttpResponse:
    shown = pass_page(actor=request.actor, bundle=bundle)
    if shown is None:
        raise Http404
    pickup.end_pass(actor=request.actor, bundle=bundle)
    return redirect("family:child-pickup", shown.first.child_id)


@gate(Permission.PICKUP_WRITE, methods=("POST",))
def question_answer(request: ActorRequest, pk: int) -> HttpResponse:
    question = get_object_or_404(PickupQuestion.objects.visible_to(request.actor), pk=pk)
    agreed = request.POST.get("answer") == "yes"
    strangers.answer(actor=request.actor, question=question, agreed=agreed)
    if agreed:
        messages.success(request, _("The nursery knows that you agree."))
    else:
        messages.warning(request, _("The nursery knows that you do not agree. It calls you."))
    return redirect("family:child-day", question.child_id)


@open_to_all()
def pass_shared(request, token: str) -> HttpResponse:
    """The link that a guardian sent to the person who comes. It says no child's name."""
    bundle = bundle_of(token)
    shown: PassPage | None = None
    if bundle is not None:
        with rls.system("device secret: the link to a pass"):
            shown = shared_pass(bundle)
    if shown is None:
        raise Http404
    return _kept_nowhere(render(request, "parents/pass_shared.html", {"shown": shown}))


def _make(*, actor, child: Child, made: list, direction: str, bearer, children) -> None:
    together = (
        [child, *(each for each in children if each.pk != child.pk)] if not bearer else [child]
    )
    made.append(
        pickup.make_pass(actor=actor, children=together, direction=direction, person=bearer)
    )


def _pass_form(request: ActorRequest, child: Child, data=None) -> PassForm:
    persons = PickupPerson.objects.visible_to(request.actor).valid(today()).filter(child=child)
    return PassForm(
        data,
        children=own_children(request.actor).exclude(pk=child.pk),
        persons=persons.order_by("name", "pk"),
    )


def _page(
    request: ActorRequest, child: Child, form: PassForm, *, status: int = 200
) -> HttpResponse:
    children = list(own_children(request.actor))
    context = {
        "child": child,
        "children": children,
        "siblings": [each for each in children if each.pk != child.pk],
        "list": pickup_list(actor=request.actor, child=child),
        "passes": open_passes_of(actor=request.actor, child=child),
        "form": form,
    }
    return _kept_nowhere(render(request, "parents/pickup.html", context, status=status))


def _kept_nowhere(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = NO_STORE
    return response
