"""The staff of the nursery: the list with what is missing first, a page for each person, taking on and leaving."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from core.stepup import stepup
from institution.models import Membership, StaffFile
from institution.selectors import staff as reads
from institution.services import staff
from institution.staff_forms import (
    FactsForm,
    StaffEditForm,
    StaffEndForm,
    StaffFilterForm,
    StaffNewForm,
    StaffPurposeForm,
)
from institution.views.sheets import done, form_or_sheet

READ_AND_WRITE = ("GET", "HEAD", "POST")
SHOWN_SECONDS = 30  # a whole number on a screen
STAFF = gettext_lazy("Staff")
NUMBERS = {
    "phone": gettext_lazy("Mobile phone"),
    "document_number": gettext_lazy("Document number"),
    "health_number": gettext_lazy("Number of the health certificate"),
}


@gate(Permission.STAFF_READ)
def staff_list(request: ActorRequest) -> HttpResponse:
    filters = StaffFilterForm(request.GET).values()
    lines = reads.staff_lines(
        actor=request.actor, day=today(), words=filters["q"], gone=filters["gone"]
    )
    context = {
        "lines": lines,
        "filters": filters,
        "urgent": sum(line.rank == reads.WORST for line in lines),
        "soon": sum(line.rank == reads.BAD for line in lines),
        "may_write": request.actor.may(Permission.STAFF_WRITE),
    }
    return render_partial(request, "institution/staff_list.html", context)


@gate(Permission.STAFF_READ)
def staff_page(request: ActorRequest, pk: int) -> HttpResponse:
    return render(request, "institution/staff_page.html", _page(request, _file(request, pk)))


def _page(request: ActorRequest, file: StaffFile) -> dict:
    actor = request.actor
    return {
        "page": reads.staff_page(actor=actor, file=file),
        "file": file,
        "numbers": [
            (name, title, StaffPurposeForm(auto_id=f"{name}-%s")) for name, title in NUMBERS.items()
        ],
        "may_write": actor.may(Permission.STAFF_WRITE),
        "may_unmask": actor.may(Permission.STAFF_UNMASK),
        "may_train": actor.may(Permission.TRAINING_READ),
        "ended": file.during.upper is not None and file.during.upper <= today(),
        "own": file.user_id == actor.user_id,
        "waits": not file.user.has_usable_password(),
    }


@gate(Permission.STAFF_WRITE, methods=READ_AND_WRITE)
@once
def staff_new(request: ActorRequest) -> HttpResponse:
    form = StaffNewForm(request.POST or None)
    url = reverse("nursery:staff-list")
    if request.method == "POST" and submit(form, staff.add_staff, actor=request.actor):
        return done(
            request, url, _("%(name)s works here now.") % {"name": form.cleaned_data["name"]}
        )
    return form_or_sheet(
        request,
        form,
        gettext_lazy("Take somebody on"),
        action=reverse("nursery:staff-new"),
        back=url,
        back_title=STAFF,
    )


@gate(Permission.STAFF_WRITE, methods=READ_AND_WRITE)
@once
def staff_open(request: ActorRequest, pk: int) -> HttpResponse:
    """A file for somebody who has a post already."""
    working = Membership.objects.visible_to(request.actor).working(today()).filter(staff_file=None)
    member = get_object_or_404(working.select_related("user"), pk=pk)
    form = FactsForm(request.POST or None)
    known = {"actor": request.actor, "membership": member}
    url = reverse("nursery:staff-list")
    if request.method == "POST" and submit(form, staff.open_file, **known):
        return done(request, url, _("The file is open."))
    return form_or_sheet(
        request,
        form,
        _("Staff file of %(name)s") % {"name": member.user.name},
        action=reverse("nursery:staff-open", args=[pk]),
        back=url,
        back_title=STAFF,
    )


@gate(Permission.STAFF_WRITE, methods=READ_AND_WRITE)
def staff_edit(request: ActorRequest, pk: int) -> HttpResponse:
    file = _file(request, pk)
    identified = bool(reads.staff_page(actor=request.actor, file=file).document)
    form = StaffEditForm(request.POST or None, file=file, identified=identified)
    url = reverse("nursery:staff-page", args=[pk])
    if request.method == "POST" and submit(
        form, staff.change_staff, actor=request.actor, staff=file
    ):
        return done(request, url, _("The change is saved."))
    return form_or_sheet(
        request,
        form,
        _("Staff file of %(name)s") % {"name": file.user.name},
        action=reverse("nursery:staff-edit", args=[pk]),
        back=url,
        back_title=file.user.name,
    )


@gate(Permission.STAFF_WRITE, methods=READ_AND_WRITE)
def staff_end(request: ActorRequest, pk: int) -> HttpResponse:
    file = _file(request, pk)
    form = StaffEndForm(request.POST or None)
    url = reverse("nursery:staff-page", args=[pk])
    if request.method == "POST" and submit(form, staff.end_staff, actor=request.actor, staff=file):
        said = {"name": file.user.name, "day": form.cleaned_data["last_day"]}
        return done(request, url, _("The last day of %(name)s is %(day)s.") % said)
    return form_or_sheet(
        request,
        form,
        _("End the post of %(name)s") % {"name": file.user.name},
        action=reverse("nursery:staff-end", args=[pk]),
        back=url,
        back_title=file.user.name,
        danger=_("End the post"),
    )


@gate(Permission.STAFF_UNMASK, methods=("POST",))
@stepup
def staff_unmask(request: ActorRequest, pk: int, field: str) -> HttpResponse:
    """A whole number, for a stated purpose. A POST, because looking is written down."""
    file = _file(request, pk)
    form = StaffPurposeForm(request.POST, auto_id=f"{field}-%s")
    context = {
        "file": file,
        "title": NUMBERS[field],
        "purpose": form,
        "seconds": SHOWN_SECONDS,
        "number": "",
    }
    if form.is_valid():
        purpose = form.cleaned_data["purpose"]
        context["number"] = staff.unmask_staff(
            actor=request.actor, staff=file, field=field, purpose=purpose
        )
    status = 200 if form.is_valid() else 422
    template = "institution/staff_unmask.html" + ("#secret" if request.htmx else "")
    response = render(request, template, context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _file(request: ActorRequest, pk: int) -> StaffFile:
    files = StaffFile.objects.visible_to(request.actor).select_related("user", "membership")
    return get_object_or_404(files, pk=pk)
