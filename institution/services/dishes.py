"""The kitchen's library: what a nursery cooks with, and its dishes with the amounts of each age."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.errors import NotThere, Refused
from core.scoping import Actor
from institution.enums import AgeBand, FoodMark, Nutrient, Texture
from institution.models import Dish, DishAmount, DishServing, Ingredient, Institution

FIGURES = frozenset(Nutrient.values)
MOST_PER_100_G = Decimal(99_999)
MOST_GRAMS = Decimal(1000)


@dataclass(frozen=True, kw_only=True)
class Serving:
    """A dish as an age band gets it: grams of each ingredient for one child."""

    band: str
    texture: str
    grams: Mapping[int, Decimal] = field(default_factory=dict)


def add_ingredient(
    *, actor: Actor, name: str, marks: Iterable[str] = (), source: str = "", **figures
) -> Ingredient:
    """Raises Refused `name_missing`, `ingredient_known`, `source_missing`, `out_of_range`."""
    row = Ingredient(institution_id=actor.workplace)
    return _keep_ingredient(actor, row, "food.ingredient_added", name, marks, source, figures)


def change_ingredient(
    *,
    actor: Actor,
    ingredient: Ingredient,
    name: str,
    marks: Iterable[str] = (),
    source: str = "",
    active: bool = True,
    **figures,
) -> Ingredient:
    """As `add_ingredient`. One no longer in use stays in the dishes that hold it."""
    with transaction.atomic():
        row = _locked(actor, Ingredient, ingredient.pk)
        row.active = active
        return _keep_ingredient(actor, row, "food.ingredient_changed", name, marks, source, figures)


def add_dish(*, actor: Actor, name: str, servings: Iterable[Serving]) -> Dish:
    """Raises Refused `name_missing`, `dish_known`, `no_age`, `band_twice`, `grams`; NotThere for an ingredient that is not."""
    name, servings = _name(name), list(servings)
    with transaction.atomic():
        institution = _own(actor)
        if Dish.objects.filter(institution=institution, name=name).exists():
            raise _wrong("name", _("A dish of this name is in the library already."), "dish_known")
        dish = Dish.objects.create(institution=institution, name=name)
        _serve(dish, servings)
        for serving in servings:
            _fill(actor, dish, serving)
        _record(actor, institution, dish, "food.dish_added")
    return dish


def change_dish(
    *, actor: Actor, dish: Dish, name: str, servings: Iterable[Serving], active: bool = True
) -> Dish:
    """Name, ages and textures. An age that is left out loses its amounts; those of the others stay.

    Raises Refused `name_missing`, `dish_known`, `no_age`, `band_twice`.
    """
    name, servings = _name(name), list(servings)
    with transaction.atomic():
        institution = _own(actor)
        row = _locked(actor, Dish, dish.pk)
        if Dish.objects.filter(institution=institution, name=name).exclude(pk=row.pk).exists():
            raise _wrong("name", _("A dish of this name is in the library already."), "dish_known")
        row.name, row.active = name, active
        row.save(update_fields=["name", "active"])
        _serve(row, servings)
        _record(actor, institution, row, "food.dish_changed")
    return row


def set_amounts(
    *, actor: Actor, dish: Dish, ingredient: Ingredient, grams: Mapping[str, Decimal | None]
) -> None:
    """How much of one ingredient each age gets; no amount takes it out for that age. Raises Refused `grams`, `not_served`."""
    with transaction.atomic():
        institution = _own(actor)
        row = _locked(actor, Dish, dish.pk)
        found = _locked(actor, Ingredient, ingredient.pk)
        servings = {each.band: each for each in row.servings.order_by("pk")}
        for band, amount in grams.items():
            serving = servings.get(band)
            if amount is None:
                DishAmount.objects.filter(serving=serving, ingredient=found).delete()
                continue
            if serving is None:
                raise _wrong(f"grams_{band}", _("The dish is not for this age."), "not_served")
            _check_grams(amount, f"grams_{band}")
            DishAmount.objects.update_or_create(
                serving=serving,
                ingredient=found,
                defaults={"grams": amount},
                create_defaults={"grams": amount, "institution": institution},
            )
        _record(actor, institution, row, "food.dish_changed")


def _keep_ingredient(
    actor: Actor,
    row: Ingredient,
    action: str,
    name: str,
    marks: Iterable[str],
    source: str,
    figures: dict,
) -> Ingredient:
    unknown = figures.keys() - FIGURES
    if unknown:
        raise TypeError(f"no nutrients: {sorted(unknown)}")
    row.name, row.marks, row.source = (
        _name(name),
        [FoodMark(mark) for mark in marks],
        source.strip(),
    )
    for nutrient in Nutrient.values:
        amount = figures.get(nutrient)
        if amount is not None and not 0 <= amount <= MOST_PER_100_G:
            raise _wrong(nutrient, _("Please check the amount."), "out_of_range")
        setattr(row, nutrient, amount)
    if not row.source and any(figures.get(each) is not None for each in FIGURES):
        raise _wrong("source", _("Please say where the figures come from."), "source_missing")
    try:
        with transaction.atomic():
            institution = _own(actor)
            row.save()
            _record(actor, institution, row, action)
    except IntegrityError as error:
        raise _wrong(
            "name", _("This ingredient is in the library already."), "ingredient_known"
        ) from error
    return row


def _serve(dish: Dish, servings: list[Serving]) -> None:
    if not servings:
        raise Refused(_("Please choose a texture for at least one age."), "no_age", status=400)
    wanted = {AgeBand(each.band): Texture(each.texture) for each in servings}
    if len(wanted) < len(servings):
        raise Refused(_("An age is told twice."), "band_twice", status=400)
    dish.servings.exclude(band__in=wanted).delete()
    for band, texture in wanted.items():
        DishServing.objects.update_or_create(
            dish=dish,
            band=band,
            defaults={"texture": texture},
            create_defaults={"texture": texture, "institution_id": dish.institution_id},
        )


def _fill(actor: Actor, dish: Dish, told: Serving) -> None:
    known = Ingredient.objects.visible_to(actor).filter(pk__in=told.grams)
    if known.count() < len(told.grams):
        raise NotThere(_("This ingredient is not there."), "ingredient_not_found")
    serving = dish.servings.get(band=told.band)
    for ingredient, grams in told.grams.items():
        _check_grams(grams, "grams")
        DishAmount.objects.create(
            institution_id=dish.institution_id,
            serving=serving,
            ingredient_id=ingredient,
            grams=grams,
        )


def _check_grams(grams: Decimal, name: str) -> None:
    if not 0 < grams <= MOST_GRAMS:
        raise _wrong(
            name,
            _("Please check the grams: more than 0 and at most %(most)s.") % {"most": MOST_GRAMS},
            "grams",
        )


def _name(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise _wrong("name", _("Please give it a name."), "name_missing")
    return text


def _own(actor: Actor) -> Institution:
    """Locked, so that two people who change the library at once do so one after the other."""
    mine = Institution.objects.visible_to(actor).filter(pk=actor.workplace)
    return mine.select_for_update(of=("self",)).select_related("region").get()


def _locked(actor: Actor, model, pk: int):
    found = model.objects.visible_to(actor).select_for_update().filter(pk=pk).first()
    if found is None:
        raise NotThere
    return found


def _record(
    actor: Actor, institution: Institution, subject: Dish | Ingredient, action: str
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=subject,
        region_path=institution.region.path,
    )


def _wrong(field_name: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field_name: message}, status=400)
