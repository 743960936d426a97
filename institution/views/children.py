import datetime as dt

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from core.stepup import stepup
from institution.forms import (
    AllergyForm,
    DayForm,
    EditForm,
    EnrolForm,
    PurposeForm,
    RosterFilterForm,
)
from institution.models import Child
from institution.reads import log_read
from institution.selectors.children import child_file, roster, states
from institution.selectors.day import child_day
from institution.selectors.nursery import classes_on
from institution.selectors.pickup import pickup_list
from institution.services import children
from institution.services.unmasking import unmask_phone, unmask_resident_id
from institution.timeline import items
from institution.views.display import state_words

PAGE = 20
SHOWN_SECONDS = 30  # a whole number on a screen


@gate(Permission.NURSERY_READ)
def child_list(request: ActorRequest) -> HttpResponse:
    filters = RosterFilterForm(request.GET).values()
    found = roster(
        actor=request.actor,
        day=today(),
        words=filters["q"],
        class_group=filters["class_group"] or None,
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    now = states(actor=request.actor, child_ids=[each.child_id for each in page], day=today())
    context = {
        "page": page,
        "rows": [(place, state_words(now[place.child_id])) for place in page],
        "classes": classes_on(actor=request.actor, day=today()),
        "filters": filters,
        "query": request.GET,
        "may_write": request.actor.may(Permission.CHILDREN_WRITE),
    }
    return render_partial(request, "institution/child_list.html", context)


@gate(Permission.NURSERY_READ)
def child_page(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    return _page(request, child, DayForm(request.GET).chosen())


def _page(request: ActorRequest, child: Child, day: dt.date, **forms) -> HttpResponse:
    actor = request.actor
    read = child_day(actor=actor, child=child, day=day)
    file = child_file(actor=actor, child=child)
    log_read(actor=actor, entries=read.entries, purpose="child_file")
    context = {
        "file": file,
        "day": read,
        "state": state_words(read.state),
        "lines": items(actor=actor, entries=read.entries),
        "earlier": day - dt.timedelta(days=1),
        "later": day + dt.timedelta(days=1) if day < today() else None,
        "may_write": actor.may(Permission.CHILDREN_WRITE),
        "may_unmask": actor.may(Permission.CHILD_UNMASK),
        "may_message": actor.may(Permission.TEAM_MESSAGES),
        "may_see_history": actor.may(Permission.HISTORY_READ),
        "purpose": _purpose(None),
        "guardians": [(each, _purpose(each.pk)) for each in file.guardians],
        "allergy": AllergyForm(),
        "pickup": pickup_list(actor=actor, child=child, purpose="child_file"),
    }
    status = 422 if forms else 200
    return render(request, "institution/child_page.html", context | forms, status=status)


def _purpose(guardian: int | None, data: QueryDict | None = None) -> PurposeForm:
    """Several stand on one page, so each has ids of its own."""
    return PurposeForm(data, auto_id=f"phone-{guardian}-%s" if guardian else "identity-%s")


@gate(Permission.CHILD_UNMASK, methods=("POST",))
@stepup
def child_unmask(request: ActorRequest, pk: int, guardian: int | None = None) -> HttpResponse:
    """A whole number, for a stated purpose: the child's, or a guardian's phone. A POST, because looking is written down."""
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    form = _purpose(guardian, request.POST)
    context = {"child": child, "purpose": form, "guardian": guardian, "seconds": SHOWN_SECONDS}
    context["number"] = ""
    if form.is_valid():
        purpose = form.cleaned_data["purpose"]
        context["number"] = (
            unmask_resident_id(actor=request.actor, child=child, purpose=purpose)
            if guardian is None
            else unmask_phone(actor=request.actor, child=child, guardian=guardian, purpose=purpose)
        )
    status = 200 if form.is_valid() else 422
    template = "institution/child_unmask.html" + ("#secret" if request.htmx else "")
    response = render(request, template, context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@gate(Permission.CHILDREN_WRITE, methods=("GET", "HEAD", "POST"))
@once
def child_new(request: ActorRequest) -> HttpResponse:
    form = EnrolForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and submit(form, children.enrol_child, actor=request.actor):
        messages.success(
            request, _("%(name)s has a place now.") % {"name": form.cleaned_data["name"]}
        )
        return redirect("nursery:child-list")
    return render(
        request, "institution/child_new.html", {"form": form}, status=422 if form.errors else 200
    )


@gate(Permission.CHILDREN_WRITE, methods=("GET", "HEAD", "POST"))
def child_edit(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    form = EditForm(request.POST or None, child=child)
    if request.method == "POST" and submit(
        form, children.update_child, actor=request.actor, child=child
    ):
        messages.success(request, _("The change is saved."))
        return redirect("nursery:child-page", child.pk)
    return render(
        request,
        "institution/child_edit.html",
        {"form": form, "child": child},
        status=422 if form.errors else 200,
    )


@gate(Permission.CHILDREN_WRITE, methods=("POST",))
@once
def allergy_new(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    form = AllergyForm(request.POST)
    if submit(form, children.add_allergy, actor=request.actor, child=child):
        return redirect("nursery:child-page", child.pk)
    return _page(request, child, today(), allergy=form)


@gate(Permission.CHILDREN_WRITE, methods=("POST",))
def allergy_remove(request: ActorRequest, pk: int, allergy: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    children.remove_allergy(actor=request.actor, child=child, pk=allergy)
    return redirect("nursery:child-page", child.pk)
