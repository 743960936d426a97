"""The forms of the nursery's calendar."""

import datetime as dt
from typing import cast

from django import forms
from django.utils.translation import gettext_lazy as _

from core.calendar import today
from core.scoping import Actor
from institution.enums import ClosureReason
from institution.forms import ClassField
from institution.models import ClassGroup

DATE = {"type": "date"}


def date_field(label, **options) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(DATE, format="%Y-%m-%d"), **options)


def note_field(**options) -> forms.CharField:
    return forms.CharField(
        label=_("Note"),
        max_length=120,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
        **options,
    )


class ClosureForm(forms.Form):
    first_day = date_field(_("First closed day"))
    last_day = date_field(_("Last closed day"))
    reason = forms.ChoiceField(label=_("Reason"), choices=ClosureReason)
    class_group = ClassField(
        label=_("Who is closed"),
        queryset=ClassGroup.objects.none(),
        required=False,
        empty_label=_("The whole nursery"),
    )
    note = note_field(help_text=_("Families read it."))

    def __init__(self, *args, actor: Actor, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        classes = ClassGroup.objects.visible_to(actor).running(today()).order_by("name", "pk")
        cast("ClassField", self.fields["class_group"]).queryset = classes


class ExtraDayForm(forms.Form):
    day = date_field(_("Day"))
    note = note_field(help_text=_("Families read it."))


class MonthForm(forms.Form):
    """The month in an address: 2026-12."""

    month = forms.DateField(input_formats=["%Y-%m"])

    def first(self) -> dt.date:
        chosen = self.cleaned_data["month"] if self.is_valid() else today()
        return max(chosen, dt.date(2000, 1, 1)).replace(day=1)
