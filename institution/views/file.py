"""The institution's file: one page, and a form for each of its sections."""

from dataclasses import dataclass

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from institution.enums import LicenceKind, ServiceMode
from institution.file_forms import (
    FeeForm,
    IdentityForm,
    LicenceForm,
    SectionForm,
    ServiceForm,
    SiteForm,
)
from institution.models import Licence
from institution.selectors.file import institution_file, own_institution
from institution.services import file
from institution.views.sheets import Back, saved, sheet

READ_AND_WRITE = ("GET", "HEAD", "POST")
FILE = Back(gettext_lazy("Nursery file"), "nursery:file")


@dataclass(frozen=True)
class Section:
    title: Promise
    form: type[SectionForm]


SECTIONS = {
    "identity": Section(gettext_lazy("Identity"), IdentityForm),
    "site": Section(gettext_lazy("Site and places"), SiteForm),
    "service": Section(gettext_lazy("Service"), ServiceForm),
}


@gate(Permission.NURSERY_READ)
def file_page(request: ActorRequest) -> HttpResponse:
    institution = own_institution(request.actor)
    context = {
        "file": institution_file(actor=request.actor, institution=institution, day=today()),
        "institution": institution,
        "may_write": request.actor.may(Permission.INSTITUTION_WRITE),
    }
    return render_partial(request, "institution/file.html", context)


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
def file_edit(request: ActorRequest, section: str) -> HttpResponse:
    form = SECTIONS[section].form(request.POST or None, institution=own_institution(request.actor))
    if request.method == "POST" and submit(form, file.change_file, actor=request.actor):
        return _done(request, _("The change is saved."))
    return _form(request, form, SECTIONS[section].title, f"nursery:file-{section}")


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
@once
def fee_set(request: ActorRequest) -> HttpResponse:
    form = FeeForm(request.POST or None, initial=_asked(request, mode=ServiceMode))
    if request.method == "POST" and submit(form, file.set_fee, actor=request.actor):
        return _done(request, _("The fee is saved."))
    return _form(request, form, gettext_lazy("Set a fee"), "nursery:fee-set")


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
@once
def licence_add(request: ActorRequest) -> HttpResponse:
    form = LicenceForm(request.POST or None, initial=_asked(request, kind=LicenceKind))
    if request.method == "POST" and submit(form, file.add_licence, actor=request.actor):
        return _done(request, _("The document is on file."))
    return _form(request, form, gettext_lazy("Add a document"), "nursery:licence-add")


@gate(Permission.INSTITUTION_WRITE, methods=("POST",))
def licence_remove(request: ActorRequest, pk: int) -> HttpResponse:
    licence = get_object_or_404(Licence.objects.visible_to(request.actor), pk=pk)
    file.remove_licence(actor=request.actor, licence=licence)
    messages.success(request, _("The document is no longer on file."))
    return redirect("nursery:file")


def _asked(request: ActorRequest, **allowed) -> dict:
    """What a link beside a row has chosen already."""
    return {
        name: request.GET[name]
        for name, choices in allowed.items()
        if request.GET.get(name) in choices.values
    }


def _done(request: ActorRequest, message: str) -> HttpResponse:
    return saved(request, message, FILE)


def _form(request: ActorRequest, form: Form, title: Promise, name: str) -> HttpResponse:
    return sheet(request, form, title=title, action=reverse(name), back=FILE)
