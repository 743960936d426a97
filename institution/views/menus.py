"""The menu of a week: a grid of meals and days for one age, filled dish by dish, then published."""

import datetime as dt
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import reswap, retarget

from core.calendar import today
from core.errors import Refused
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from institution.enums import AgeBand, MealTime
from institution.food_forms import MealsForm, OpenForm, PickForm, SearchForm, WeekForm
from institution.models import Menu, MenuItem
from institution.selectors import dishes as library
from institution.selectors import menus as reads
from institution.selectors.diets import check_menu
from institution.services import menus
from institution.views.sheets import done, form_or_sheet

READ_AND_WRITE = ("GET", "HEAD", "POST")
WEEK = dt.timedelta(days=7)
MENU = gettext_lazy("Menu of the week")
PICK = "institution/menu_pick.html"


@gate(Permission.FOOD_READ)
def week_page(request: ActorRequest) -> HttpResponse:
    monday, band = WeekForm(request.GET).chosen()
    week = reads.week_menu(actor=request.actor, band=band, monday=monday)
    may_write = request.actor.may(Permission.FOOD_WRITE) and monday + WEEK > today()
    check = check_menu(actor=request.actor, menu=week.menu, items=week.items) if week.menu else None
    context = {
        "week": week,
        "check": check,
        "earlier": monday - WEEK,
        "later": monday + WEEK,
        "this_week": monday == reads.monday_of(today()),
        "bands": AgeBand,
        "today": today(),
        "may_write": may_write,
        "may_change": may_write and week.menu is not None and week.menu.published_at is None,
    }
    return render_partial(request, "institution/menu.html", context)


@gate(Permission.FOOD_WRITE, methods=("POST",))
@once
def menu_open(request: ActorRequest) -> HttpResponse:
    form = OpenForm(request.POST)
    monday, band = WeekForm(request.POST).chosen()
    if not submit(form, menus.open_menu, actor=request.actor):
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
    return redirect(_url(monday, band))


@gate(Permission.FOOD_WRITE, methods=READ_AND_WRITE)
def menu_meals(request: ActorRequest, pk: int) -> HttpResponse:
    menu = _menu(request, pk)
    form = MealsForm(request.POST or None, initial={"meals": menu.meals})
    if request.method == "POST" and submit(form, menus.set_meals, actor=request.actor, menu=menu):
        return done(request, menu_url(menu), _("The meals are saved."))
    return form_or_sheet(
        request,
        form,
        _("Meals at the nursery"),
        action=reverse("nursery:menu-meals", args=[menu.pk]),
        back=menu_url(menu),
        back_title=MENU,
    )


@gate(Permission.FOOD_WRITE, methods=READ_AND_WRITE)
@once
def item_pick(request: ActorRequest, pk: int) -> HttpResponse:
    """The dishes for one meal; a tap takes one."""
    menu = _menu(request, pk)
    form = PickForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and submit(form, menus.add_item, actor=request.actor, menu=menu):
        message = _("%(dish)s is on the menu.") % {"dish": form.cleaned_data["dish"].name}
        return done(request, menu_url(menu), message)
    return _choices(request, menu, form)


@gate(Permission.FOOD_WRITE, methods=("POST",))
def item_remove(request: ActorRequest, pk: int) -> HttpResponse:
    found = MenuItem.objects.visible_to(request.actor).select_related("menu", "dish")
    item = get_object_or_404(found, pk=pk)
    try:
        menus.remove_item(actor=request.actor, item=item)
    except Refused as refused:
        _say(request, refused)
    return redirect(menu_url(item.menu))


@gate(Permission.FOOD_WRITE, methods=("POST",))
def menu_publish(request: ActorRequest, pk: int) -> HttpResponse:
    menu = _menu(request, pk)
    try:
        menus.publish(actor=request.actor, menu=menu)
    except Refused as refused:
        _say(request, refused)
    else:
        messages.success(request, _("The menu is published: families read it now."))
    return redirect(menu_url(menu))


@gate(Permission.FOOD_WRITE, methods=("POST",))
def menu_take_back(request: ActorRequest, pk: int) -> HttpResponse:
    menu = _menu(request, pk)
    try:
        menus.take_back(actor=request.actor, menu=menu)
    except Refused as refused:
        _say(request, refused)
    else:
        messages.success(
            request, _("The menu is taken back. Families see it again once it is published.")
        )
    return redirect(menu_url(menu))


def _choices(request: ActorRequest, menu: Menu, form: PickForm) -> HttpResponse:
    asked = WeekForm({"week": request.GET.get("day")})
    day = asked.cleaned_data.get("week") if asked.is_valid() else None
    meal = request.GET.get("meal", "")
    words = SearchForm(request.GET).values()["q"]
    found = reads.pick_dishes(actor=request.actor, menu=menu, words=words)
    context = {
        "chosen": menu,
        "day": day or menu.monday,
        "meal": MealTime(meal) if meal in menu.meals else menu.meal_times[0],
        "words": words,
        "lines": [library.line(dish) for dish in found],
        "error": next((errors[0] for errors in form.errors.values()), ""),
        "back": menu_url(menu),
    }
    status = 422 if form.is_bound else 200
    if not request.htmx:
        return render(request, PICK, context, status=status)
    if request.htmx.target == "pick-choices":
        return render(request, f"{PICK}#choices", context, status=status)
    return reswap(
        retarget(render(request, f"{PICK}#sheet", context, status=status), "#sheet"), "innerHTML"
    )


def _menu(request: ActorRequest, pk: int) -> Menu:
    return get_object_or_404(Menu.objects.visible_to(request.actor), pk=pk)


def menu_url(menu: Menu) -> str:
    return _url(menu.monday, menu.band)


def _url(monday: dt.date, band: str) -> str:
    return f"{reverse('nursery:menu')}?{urlencode({'week': monday, 'band': str(band)})}"


def _say(request: ActorRequest, refused: Refused) -> None:
    if refused.status == 404:
        raise refused
    messages.error(request, refused.message)
