"""The kitchen's library: dishes, what is in them, and ingredients."""

from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from institution.enums import AgeBand, Nutrient
from institution.food_forms import AmountForm, DishForm, IngredientForm, SearchForm
from institution.models import Dish, Ingredient
from institution.selectors import dishes as library
from institution.services import dishes
from institution.views.sheets import Back, done, form_or_sheet, saved, sheet

READ_AND_WRITE = ("GET", "HEAD", "POST")
PAGE = 30
DISHES = Back(gettext_lazy("Dishes"), "nursery:dish-list")
INGREDIENTS = Back(gettext_lazy("Ingredients"), "nursery:ingredient-list")


@gate(Permission.FOOD_READ)
def dish_list(request: ActorRequest) -> HttpResponse:
    filters = SearchForm(request.GET).values()
    found = library.dishes(actor=request.actor, words=filters["q"], band=filters["band"])
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [library.line(dish) for dish in page],
        "filters": filters,
        "query": request.GET,
        "bands": AgeBand,
        "may_write": request.actor.may(Permission.FOOD_WRITE),
    }
    return render_partial(request, "institution/dish_list.html", context)


@gate(Permission.FOOD_READ)
def dish_page(request: ActorRequest, pk: int) -> HttpResponse:
    dish = _dish(request, pk)
    context = {
        "line": library.line(dish),
        "amounts": library.amount_lines(dish),
        "servings": library.servings_of(dish),
        "may_write": request.actor.may(Permission.FOOD_WRITE),
    }
    return render_partial(request, "institution/dish_page.html", context)


@gate(Permission.FOOD_WRITE, methods=READ_AND_WRITE)
@once
def dish_add(request: ActorRequest) -> HttpResponse:
    form = DishForm(request.POST or None)
    if request.method == "POST" and submit(form, dishes.add_dish, actor=request.actor):
        made = Dish.objects.visible_to(request.actor).get(
            name=" ".join(form.cleaned_data["name"].split())
        )
        message = _("The dish is in the library. Now enter what is in it.")
        return done(request, reverse("nursery:dish-page", args=[made.pk]), message)
    return sheet(
        request, form, title=_("Add a dish"), action=reverse("nursery:dish-add"), back=DISHES
    )


@gate(Permission.FOOD_WRITE, methods=READ_AND_WRITE)
def dish_edit(request: ActorRequest, pk: int) -> HttpResponse:
    dish = _dish(request, pk)
    form = DishForm(request.POST or None, dish=dish)
    if request.method == "POST" and submit(
        form, dishes.change_dish, actor=request.actor, dish=dish
    ):
        return done(request, _url(dish), _("The change is saved."))
    return _of_dish(request, form, dish, gettext_lazy("Change the dish"), "nursery:dish-edit")


@gate(Permission.FOOD_WRITE, methods=READ_AND_WRITE)
def dish_amounts(request: ActorRequest, pk: int) -> HttpResponse:
    """What one ingredient weighs for each age. Opened from its row, it stands there already."""
    dish = _dish(request, pk)
    form = AmountForm(
        request.POST or None, actor=request.actor, dish=dish, initial=_known(request, dish)
    )
    if request.method == "POST" and submit(
        form, dishes.set_amounts, actor=request.actor, dish=dish
    ):
        return done(request, _url(dish), _("The amounts are saved."))
    return _of_dish(request, form, dish, gettext_lazy("Amounts"), "nursery:dish-amounts")


@gate(Permission.FOOD_READ)
def ingredient_list(request: ActorRequest) -> HttpResponse:
    filters = SearchForm(request.GET).values()
    found = library.ingredients(actor=request.actor, words=filters["q"])
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [
            (row, [getattr(row, nutrient) for nutrient in Nutrient.values[:4]]) for row in page
        ],
        "nutrients": Nutrient.labels[:4],
        "filters": filters,
        "query": request.GET,
        "may_write": request.actor.may(Permission.FOOD_WRITE),
    }
    return render_partial(request, "institution/ingredient_list.html", context)


@gate(Permission.FOOD_WRITE, methods=READ_AND_WRITE)
@once
def ingredient_add(request: ActorRequest) -> HttpResponse:
    form = IngredientForm(request.POST or None)
    if request.method == "POST" and submit(form, dishes.add_ingredient, actor=request.actor):
        return saved(request, _("The ingredient is in the library."), INGREDIENTS)
    return sheet(
        request,
        form,
        title=_("Add an ingredient"),
        action=reverse("nursery:ingredient-add"),
        back=INGREDIENTS,
    )


@gate(Permission.FOOD_WRITE, methods=READ_AND_WRITE)
def ingredient_edit(request: ActorRequest, pk: int) -> HttpResponse:
    ingredient = get_object_or_404(Ingredient.objects.visible_to(request.actor), pk=pk)
    form = IngredientForm(request.POST or None, ingredient=ingredient)
    if request.method == "POST" and submit(
        form, dishes.change_ingredient, actor=request.actor, ingredient=ingredient
    ):
        return saved(request, _("The change is saved."), INGREDIENTS)
    action = reverse("nursery:ingredient-edit", args=[ingredient.pk])
    return sheet(request, form, title=ingredient.name, action=action, back=INGREDIENTS)


def _dish(request: ActorRequest, pk: int) -> Dish:
    found = library.with_amounts(Dish.objects.visible_to(request.actor))
    return get_object_or_404(found, pk=pk)


def _url(dish: Dish) -> str:
    return reverse("nursery:dish-page", args=[dish.pk])


def _of_dish(
    request: ActorRequest, form: Form, dish: Dish, title: Promise, name: str
) -> HttpResponse:
    return form_or_sheet(
        request,
        form,
        title,
        action=reverse(name, args=[dish.pk]),
        back=_url(dish),
        back_title=dish.name,
    )


def _known(request: ActorRequest, dish: Dish) -> dict:
    """The amounts of the ingredient that a row has chosen."""
    for line in library.amount_lines(dish):
        if str(line.ingredient.pk) == request.GET.get("ingredient"):
            served = zip(library.servings_of(dish), line.grams, strict=True)
            grams = {f"grams_{serving.band}": amount for serving, amount in served}
            return {"ingredient": line.ingredient.pk} | grams
    return {}
