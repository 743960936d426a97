"""What the kitchen keeps from whom: needs of children, substitutes for dishes, and what is served today."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import reswap, retarget

from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from institution.food_forms import NeedForm, SearchForm, SubstituteForm
from institution.models import Child, DietNeed, MenuItem
from institution.selectors import diets as reads
from institution.selectors import dishes as library
from institution.selectors.menus import pick_dishes
from institution.services import diets
from institution.views.menus import menu_url
from institution.views.sheets import Back, done, saved, sheet

READ_AND_WRITE = ("GET", "HEAD", "POST")
NEEDS = Back(gettext_lazy("Allergies and diet"), "nursery:diet-list")
PICK = "institution/substitute_pick.html"


@gate(Permission.FOOD_READ)
def meals_today(request: ActorRequest) -> HttpResponse:
    context = {
        "menus": reads.meals_today(actor=request.actor, day=today()),
        "day": today(),
    }
    return render_partial(request, "institution/meals_today.html", context)


@gate(Permission.FOOD_READ)
def need_list(request: ActorRequest) -> HttpResponse:
    context = {
        "lines": reads.need_lines(actor=request.actor, day=today()),
        "may_write": request.actor.may(Permission.FOOD_WRITE),
        "today": today(),
    }
    return render_partial(request, "institution/diet_list.html", context)


@gate(Permission.FOOD_WRITE, methods=READ_AND_WRITE)
@once
def need_add(request: ActorRequest) -> HttpResponse:
    form = NeedForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and submit(form, diets.add_need, actor=request.actor):
        return saved(request, _("The kitchen takes care of it from then on."), NEEDS)
    title = _("Add what a child must not be given")
    return sheet(request, form, title=title, action=reverse("nursery:diet-add"), back=NEEDS)


@gate(Permission.FOOD_WRITE, methods=("POST",))
def need_end(request: ActorRequest, pk: int) -> HttpResponse:
    need = get_object_or_404(DietNeed.objects.visible_to(request.actor), pk=pk)
    diets.end_need(actor=request.actor, need=need)
    messages.success(request, _("From today on the kitchen need not think of it any more."))
    return redirect(NEEDS.url)


@gate(Permission.FOOD_WRITE, methods=READ_AND_WRITE)
@once
def substitute_pick(request: ActorRequest, pk: int, child: int) -> HttpResponse:
    """The dishes that this child may eat; a tap takes one."""
    found = MenuItem.objects.visible_to(request.actor).select_related("menu", "dish")
    item = get_object_or_404(found, pk=pk)
    eater = get_object_or_404(Child.objects.visible_to(request.actor), pk=child)
    form = SubstituteForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and submit(
        form, diets.choose_substitute, actor=request.actor, item=item, child=eater
    ):
        told = {"name": eater.name, "dish": form.cleaned_data["dish"].name}
        return done(request, menu_url(item.menu), _("%(name)s gets %(dish)s instead.") % told)
    return _choices(request, item, eater, form)


def _choices(
    request: ActorRequest, item: MenuItem, child: Child, form: SubstituteForm
) -> HttpResponse:
    words = SearchForm(request.GET).values()["q"]
    found = pick_dishes(actor=request.actor, menu=item.menu, words=words, most=200)
    fit = reads.fit_dishes(actor=request.actor, item=item, child=child, found=found)
    context = {
        "item": item,
        "child": child,
        "words": words,
        "lines": [library.line(dish) for dish in fit],
        "error": next((errors[0] for errors in form.errors.values()), ""),
        "back": menu_url(item.menu),
    }
    status = 422 if form.is_bound else 200
    if not request.htmx:
        return render(request, PICK, context, status=status)
    if request.htmx.target == "pick-choices":
        return render(request, f"{PICK}#choices", context, status=status)
    response = render(request, f"{PICK}#sheet", context, status=status)
    return reswap(retarget(response, "#sheet"), "innerHTML")
