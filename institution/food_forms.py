"""The forms of the kitchen."""

import datetime as dt
from decimal import Decimal
from typing import cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.calendar import local_day, now, today, zone
from core.scoping import Actor
from institution.calendar_forms import date_field
from institution.enums import (
    AgeBand,
    DietCode,
    FoodMark,
    MealEntryKind,
    MealTime,
    Nutrient,
    Texture,
)
from institution.models import Child, Dish, FoodSample, Ingredient
from institution.selectors.menus import monday_of
from institution.services.dishes import Serving

TEXT = {"autocomplete": "off"}


def amount_field(label, places: int = 2) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=Decimal(0),
        max_digits=7,
        decimal_places=places,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )


class IngredientForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the ingredient"), max_length=40, widget=forms.TextInput(TEXT)
    )
    source = forms.CharField(
        label=_("Source of the figures"),
        max_length=120,
        required=False,
        help_text=_("A table or a label. Needed as soon as one figure is entered."),
        widget=forms.TextInput(TEXT),
    )
    marks = forms.MultipleChoiceField(
        label=_("Contains"), choices=FoodMark, required=False, widget=forms.CheckboxSelectMultiple
    )
    active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args, ingredient: Ingredient | None = None, **kwargs) -> None:
        if ingredient is not None:
            names = ["name", "source", "marks", "active", *Nutrient.values]
            kwargs["initial"] = {name: getattr(ingredient, name) for name in names}
        super().__init__(*args, **kwargs)
        for nutrient in Nutrient:
            self.fields[nutrient.value] = amount_field(nutrient.label)
        self.order_fields(["name", "source", "marks", *Nutrient.values, "active"])
        if ingredient is None:
            del self.fields["active"]


class DishForm(forms.Form):
    name = forms.CharField(label=_("Name of the dish"), max_length=40, widget=forms.TextInput(TEXT))

    def __init__(self, *args, dish: Dish | None = None, **kwargs) -> None:
        self.dish = dish
        if dish is not None:
            textures = {f"texture_{each.band}": each.texture for each in dish.servings.all()}
            kwargs["initial"] = {"name": dish.name, "active": dish.active} | textures
        super().__init__(*args, **kwargs)
        for band in AgeBand:
            self.fields[f"texture_{band}"] = forms.ChoiceField(
                label=band.label,
                choices=[("", _("Not for this age")), *Texture.choices],
                required=False,
            )
        if dish is not None:
            self.fields["active"] = forms.BooleanField(label=_("In use"), required=False)

    def clean(self) -> dict:
        """As the service takes it."""
        told = cast("dict", super().clean())
        textures = {band: told.pop(f"texture_{band}", "") for band in AgeBand.values}
        told["servings"] = [
            Serving(band=band, texture=texture) for band, texture in textures.items() if texture
        ]
        return told


class NamedField(forms.ModelChoiceField):
    """Of rows that are known by their name."""

    def label_from_instance(self, obj) -> str:
        return obj.name


class AmountForm(forms.Form):
    ingredient = NamedField(
        label=_("Ingredient"), queryset=Ingredient.objects.none(), empty_label=_("Please choose")
    )

    def __init__(self, *args, actor: Actor, dish: Dish, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        known = Ingredient.objects.visible_to(actor).filter(active=True).order_by("name", "pk")
        cast("NamedField", self.fields["ingredient"]).queryset = known
        served = {serving.band for serving in dish.servings.all()}
        self.bands = [band for band in AgeBand if band.value in served]
        for band in self.bands:
            self.fields[f"grams_{band}"] = amount_field(
                _("Grams, %(age)s") % {"age": band.label}, places=1
            )

    def clean(self) -> dict:
        told = cast("dict", super().clean())
        told["grams"] = {band.value: told.pop(f"grams_{band}", None) for band in self.bands}
        return told


class WeekForm(forms.Form):
    """The week and the age in an address."""

    week = forms.DateField(required=False)
    band = forms.ChoiceField(choices=AgeBand, required=False)

    def chosen(self) -> tuple[dt.date, AgeBand]:
        """The Monday and the age; what cannot be read is the week at hand and the middle age."""
        self.is_valid()
        day = self.cleaned_data.get("week") or today()
        if abs((day - today()).days) > 366:
            day = today()
        return monday_of(day), AgeBand(self.cleaned_data.get("band") or AgeBand.M12)


class OpenForm(forms.Form):
    week = forms.DateField()
    band = forms.ChoiceField(choices=AgeBand)
    copy = forms.BooleanField(required=False)


class MealsForm(forms.Form):
    meals = forms.MultipleChoiceField(
        label=_("Meals at the nursery"), choices=MealTime, widget=forms.CheckboxSelectMultiple
    )


class PickForm(forms.Form):
    """One dish into one meal."""

    day = forms.DateField()
    meal = forms.ChoiceField(choices=MealTime)
    dish = forms.ModelChoiceField(queryset=Dish.objects.none())

    def __init__(self, *args, actor: Actor, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        known = Dish.objects.visible_to(actor).filter(active=True).order_by("name", "pk")
        cast("forms.ModelChoiceField", self.fields["dish"]).queryset = known


class SearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=40)
    band = forms.ChoiceField(choices=AgeBand, required=False)

    def values(self) -> dict[str, str]:
        """What cannot be read counts as not chosen."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class NeedForm(forms.Form):
    child = NamedField(
        label=_("Child"), queryset=Child.objects.none(), empty_label=_("Please choose")
    )
    code = forms.ChoiceField(label=_("Not to be given"), choices=DietCode)
    valid_from = date_field(_("From"), initial=today)
    last_day = date_field(_("Last day"), required=False, help_text=_("Empty: until it is ended."))
    note = forms.CharField(
        label=_("Note"),
        max_length=80,
        required=False,
        help_text=_("Kept encrypted; the care staff and the child's guardians read it."),
        widget=forms.TextInput(TEXT),
    )

    def __init__(self, *args, actor: Actor, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        children = Child.objects.visible_to(actor).enrolled(today()).order_by("name", "pk")
        cast("NamedField", self.fields["child"]).queryset = children


class SubstituteForm(forms.Form):
    dish = forms.ModelChoiceField(queryset=Dish.objects.none())

    def __init__(self, *args, actor: Actor, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        known = Dish.objects.visible_to(actor).filter(active=True).order_by("name", "pk")
        cast("forms.ModelChoiceField", self.fields["dish"]).queryset = known


class SampleForm(forms.Form):
    grams = forms.DecimalField(
        label=_("Grams"),
        max_digits=5,
        decimal_places=1,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    taken_at = forms.TimeField(
        label=_("Taken at"), widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )

    def __init__(self, *args, day: dt.date, sample: FoodSample | None, **kwargs) -> None:
        self.day, self.sample = day, sample
        at = sample.taken_at if sample else now()
        kwargs["initial"] = {"taken_at": timezone.localtime(at).time()}
        if sample is not None:
            kwargs["initial"]["grams"] = sample.grams
        super().__init__(*args, **kwargs)
        if day < today():
            self.fields["late"] = forms.BooleanField(
                label=_("Taken only today"), required=False, initial=self._late(sample)
            )

    @staticmethod
    def _late(sample: FoodSample | None) -> bool:
        return sample is not None and local_day(sample.taken_at) > sample.day

    def clean(self) -> dict:
        told = cast("dict", super().clean())
        day = today() if told.pop("late", False) else self.day
        if told.get("taken_at"):
            told["taken_at"] = dt.datetime.combine(day, told["taken_at"], zone())
        return told


class MealEntryForm(forms.Form):
    day = date_field(_("Day"), initial=today)
    kind = forms.ChoiceField(label=_("Kind"), choices=MealEntryKind)
    amount = forms.DecimalField(
        label=_("Amount, yuan"),
        max_digits=12,
        decimal_places=2,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    text = forms.CharField(label=_("What for"), max_length=80, widget=forms.TextInput(TEXT))
