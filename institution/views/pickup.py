"""Who may pick a child up, beside the board; and what to do when somebody else is there."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import submit
from core.http import ActorRequest, gate
from core.once import once
from core.permissions import Permission
from institution.models import Child, PickupQuestion
from institution.selectors.pickup import pickup_list, questions_of
from institution.services import strangers


class AskForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Who is it, as the person says"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off"}),
    )


@gate(Permission.DAILY_LOG_WRITE)
def child_pickup(request: ActorRequest, pk: int) -> HttpResponse:
    """A part of the child's sheet on the board."""
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    context = {
        "list": pickup_list(actor=request.actor, child=child, purpose="pickup"),
        "questions": questions_of(actor=request.actor, child=child),
    }
    response = render(request, "institution/child_pickup.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@gate(Permission.DAILY_LOG_WRITE, methods=("GET", "HEAD", "POST"))
@once
def pickup_ask(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    form = AskForm(request.POST or None)
    if request.method == "POST" and submit(form, strangers.ask, actor=request.actor, child=child):
        messages.success(request, _("The guardians are asked now."))
        return redirect("nursery:pickup-ask", child.pk)
    context = {
        "child": child,
        "form": form,
        "list": pickup_list(actor=request.actor, child=child, purpose="pickup"),
        "questions": questions_of(actor=request.actor, child=child),
    }
    response = render(
        request, "institution/pickup_ask.html", context, status=422 if form.errors else 200
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@gate(Permission.DAILY_LOG_WRITE, methods=("POST",))
def hand_over(request: ActorRequest, pk: int) -> HttpResponse:
    question = get_object_or_404(
        PickupQuestion.objects.visible_to(request.actor).select_related("child"), pk=pk
    )
    strangers.hand_over(actor=request.actor, question=question)
    messages.success(
        request,
        _("%(children)s went home with %(name)s.")
        % {"children": question.child.name, "name": question.name},
    )
    return redirect("nursery:pickup-ask", question.child_id)
