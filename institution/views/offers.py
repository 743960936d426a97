"""From the offer of a place to the first day, a form for each step."""

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate
from core.once import once
from core.permissions import Permission
from institution.admission_forms import ContractForm, OfferForm, StartForm
from institution.models import Application
from institution.selectors.admissions import application_file
from institution.services import entry_rules, offers

READ_AND_WRITE = ("GET", "HEAD", "POST")


@gate(Permission.ADMISSIONS_WRITE, methods=READ_AND_WRITE)
@once
def offer_make(request: ActorRequest, pk: int) -> HttpResponse:
    application = _application(request, pk)
    initial = {
        "class_group": request.GET.get("class_group"),
        "start_on": max(application.wished_month, today()),
    }
    form = OfferForm(request.POST or None, actor=request.actor, initial=initial)
    known = {"actor": request.actor, "application": application}
    if request.method == "POST" and submit(form, offers.make_offer, **known):
        messages.success(request, _("The place is offered and held."))
        return redirect("nursery:application-page", application.pk)
    return _form(request, application, form, gettext_lazy("Offer a place"))


@gate(Permission.ADMISSIONS_WRITE, methods=READ_AND_WRITE)
@once
def contract_sign(request: ActorRequest, pk: int) -> HttpResponse:
    application = _application(request, pk)
    form = ContractForm(request.POST or None)
    known = {"actor": request.actor, "application": application}
    if request.method == "POST" and submit(form, offers.sign_contract, **known):
        messages.success(request, _("The contract is on file, with the fees of today."))
        return redirect("nursery:application-page", application.pk)
    return _form(request, application, form, gettext_lazy("Sign the contract"))


@gate(Permission.ADMISSIONS_WRITE, methods=READ_AND_WRITE)
@once
def application_start(request: ActorRequest, pk: int) -> HttpResponse:
    application = _application(request, pk)
    file = application_file(actor=request.actor, application=application)
    form = StartForm(request.POST or None, initial={"start_on": file.first_day})
    known = {"actor": request.actor, "application": application}
    if request.method == "POST" and submit(form, offers.start, **known):
        messages.success(request, _("%(name)s has a place now.") % {"name": application.name})
        return redirect("nursery:application-page", application.pk)
    reasons = entry_rules.missing(application, file.first_day)
    missing = [(each, request.actor.may(each.permission)) for each in reasons]
    return _form(request, application, form, gettext_lazy("Start"), missing=missing)


def _application(request: ActorRequest, pk: int) -> Application:
    return get_object_or_404(Application.objects.visible_to(request.actor), pk=pk)


def _form(
    request: ActorRequest, application: Application, form: Form, title: Promise, **more
) -> HttpResponse:
    context = {"form": form, "application": application, "title": title} | more
    status = 422 if form.is_bound else 200
    return render(request, "institution/application_step.html", context, status=status)
