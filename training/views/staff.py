"""One member of staff: what the person holds and was trained in, and the two forms that add to it."""

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from institution.models import Membership
from training import selectors
from training.forms import CertificateForm, TrainingForm
from training.services import records

READ_AND_WRITE = ("GET", "HEAD", "POST")


@gate(Permission.TRAINING_READ)
def staff_detail(request: ActorRequest, pk: int) -> HttpResponse:
    day, actor = today(), request.actor
    membership = get_object_or_404(selectors.member(actor, pk, day))
    context = {
        "membership": membership,
        "certificates": selectors.papers_of(actor, membership, day),
        "trainings": selectors.trainings_of(actor, membership),
        "hours": selectors.hours_this_year(actor, membership, day),
        "year": day.year,
        "may_write": actor.may(Permission.TRAINING_WRITE),
    }
    return render_partial(request, "training/staff_detail.html", context)


@gate(Permission.TRAINING_WRITE, methods=READ_AND_WRITE)
@once
def certificate_add(request: ActorRequest, pk: int) -> HttpResponse:
    membership = get_object_or_404(selectors.member(request.actor, pk, today()))
    form = CertificateForm(request.POST or None, initial={"type": request.GET.get("type")})
    if submit(form, records.add_certificate, actor=request.actor, membership=membership):
        return _done(
            request,
            membership,
            _("Certificate of %(name)s saved.") % {"name": membership.user.name},
        )
    return _form(request, "training/certificate_add.html", membership, form)


@gate(Permission.TRAINING_WRITE, methods=READ_AND_WRITE)
@once
def training_add(request: ActorRequest, pk: int) -> HttpResponse:
    membership = get_object_or_404(selectors.member(request.actor, pk, today()))
    form = TrainingForm(request.POST or None)
    if submit(form, records.add_training, actor=request.actor, membership=membership):
        return _done(
            request, membership, _("Training of %(name)s saved.") % {"name": membership.user.name}
        )
    return _form(request, "training/training_add.html", membership, form)


def _done(request: ActorRequest, membership: Membership, message: str) -> HttpResponse:
    messages.success(request, message)
    if request.htmx:
        return HttpResponseClientRedirect(request.htmx.current_url_abs_path or "/training/")
    return redirect("training:staff-detail", membership.pk)


def _form(request: ActorRequest, template: str, membership: Membership, form: Form) -> HttpResponse:
    context = {"membership": membership, "form": form}
    status = 422 if form.is_bound else 200
    if not request.htmx:
        return render(request, template, context, status=status)
    response = render(request, f"{template}#sheet", context, status=status)
    return reswap(retarget(response, "#sheet"), "innerHTML")
