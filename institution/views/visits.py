"""Times for visits, and who comes when."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.forms import submit
from core.http import ActorRequest, gate
from core.once import once
from core.permissions import Permission
from institution.admission_forms import SlotForm, VisitForm
from institution.models import Application, VisitSlot
from institution.selectors import admissions as selectors
from institution.services import visits

READ_AND_WRITE = ("GET", "HEAD", "POST")


@gate(Permission.ADMISSIONS_WRITE, methods=READ_AND_WRITE)
@once
def visit_list(request: ActorRequest) -> HttpResponse:
    form = SlotForm(request.POST or None)
    if request.method == "POST" and submit(form, visits.add_slot, actor=request.actor):
        messages.success(request, _("Families can be booked for this time now."))
        return redirect("nursery:visit-list")
    context = {"visits": selectors.visits(actor=request.actor), "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "institution/visit_list.html", context, status=status)


@gate(Permission.ADMISSIONS_WRITE, methods=("POST",))
def slot_remove(request: ActorRequest, pk: int) -> HttpResponse:
    slot = get_object_or_404(VisitSlot.objects.visible_to(request.actor), pk=pk)
    visits.remove_slot(actor=request.actor, slot=slot)
    messages.success(request, _("The time is taken off."))
    return redirect("nursery:visit-list")


@gate(Permission.ADMISSIONS_WRITE, methods=("POST",))
@once
def visit_book(request: ActorRequest, pk: int) -> HttpResponse:
    application = get_object_or_404(Application.objects.visible_to(request.actor), pk=pk)
    form = VisitForm(request.POST, actor=request.actor)
    known = {"actor": request.actor, "application": application}
    if submit(form, visits.book_visit, **known):
        messages.success(request, _("The visit is booked."))
        return redirect("nursery:application-page", application.pk)
    context = {"form": form, "application": application, "title": _("Book a visit")}
    return render(request, "institution/application_step.html", context, status=422)
