"""From a child's page: another class, or the end of its place."""

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import submit
from core.http import ActorRequest, gate
from core.once import once
from core.permissions import Permission
from institution.admission_forms import ClassForm, LeaveForm
from institution.models import Child
from institution.services import moves

READ_AND_WRITE = ("GET", "HEAD", "POST")


@gate(Permission.CHILDREN_WRITE, methods=READ_AND_WRITE)
@once
def class_change(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    form = ClassForm(request.POST or None, actor=request.actor)
    known = {"actor": request.actor, "child": child}
    if request.method == "POST" and submit(form, moves.change_class, **known):
        messages.success(request, _("The change of class is saved."))
        return redirect("nursery:child-page", child.pk)
    return _form(request, child, form, gettext_lazy("Change of class"))


@gate(Permission.CHILDREN_WRITE, methods=READ_AND_WRITE)
def place_end(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    form = LeaveForm(request.POST or None)
    known = {"actor": request.actor, "child": child}
    if request.method == "POST" and submit(form, moves.end_place, **known):
        messages.success(request, _("The last day is on file."))
        return redirect("nursery:child-page", child.pk)
    return _form(request, child, form, gettext_lazy("End the place"))


def _form(request: ActorRequest, child: Child, form: Form, title: Promise) -> HttpResponse:
    context = {"form": form, "child": child, "title": title}
    status = 422 if form.is_bound else 200
    return render(request, "institution/child_move.html", context, status=status)
