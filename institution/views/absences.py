"""Children who are ill at home: the list of those to ask after, and one case until it is closed."""

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.forms import submit
from core.http import ActorRequest, gate
from core.once import once
from core.permissions import Permission
from institution.absence_forms import CloseForm, DescribeForm, NoteForm
from institution.models import AbsenceCase
from institution.selectors.absences import case_lines, case_page
from institution.services import absences


@gate(Permission.ABSENCE_FOLLOW)
def absence_list(request: ActorRequest) -> HttpResponse:
    closed = request.GET.get("closed") == "1"
    context = {"lines": case_lines(actor=request.actor, closed=closed), "closed": closed}
    return render(request, "institution/absence_list.html", context)


@gate(Permission.ABSENCE_FOLLOW)
def absence_case(request: ActorRequest, pk: int) -> HttpResponse:
    return _page(request, _case(request, pk))


@gate(Permission.ABSENCE_FOLLOW, methods=("POST",))
def absence_describe(request: ActorRequest, pk: int) -> HttpResponse:
    case = _case(request, pk)
    form = DescribeForm(request.POST, case=case)
    if submit(form, absences.describe, actor=request.actor, case=case):
        return _done(request, case, _("The change is saved."))
    return _page(request, case, describe=form)


@gate(Permission.ABSENCE_FOLLOW, methods=("POST",))
@once
def absence_note(request: ActorRequest, pk: int) -> HttpResponse:
    case = _case(request, pk)
    form = NoteForm(request.POST)
    if submit(form, absences.add_note, actor=request.actor, case=case):
        return _done(request, case, _("The note is kept; the next is due tomorrow."))
    return _page(request, case, note=form)


@gate(Permission.ABSENCE_FOLLOW, methods=("POST",))
def absence_close(request: ActorRequest, pk: int) -> HttpResponse:
    case = _case(request, pk)
    form = CloseForm(request.POST)
    if submit(form, absences.close, actor=request.actor, case=case):
        messages.success(request, _("The case of %(name)s is closed.") % {"name": case.child.name})
        return redirect("nursery:absence-list")
    return _page(request, case, close=form)


def _case(request: ActorRequest, pk: int) -> AbsenceCase:
    rows = AbsenceCase.objects.visible_to(request.actor)
    return get_object_or_404(rows.select_related("child", "class_group", "closed_by"), pk=pk)


def _done(request: ActorRequest, case: AbsenceCase, message: str) -> HttpResponse:
    messages.success(request, message)
    return redirect("nursery:absence-case", case.pk)


def _page(request: ActorRequest, case: AbsenceCase, **forms: Form) -> HttpResponse:
    context = {
        "line": case_page(actor=request.actor, case=case),
        "describe": DescribeForm(case=case),
        "note": NoteForm(),
        "close": CloseForm(),
    }
    status = 422 if forms else 200
    return render(request, "institution/absence_case.html", context | forms, status=status)
