from django import forms
from django.utils.translation import gettext_lazy as _

from core.calendar import today
from health.enums import Action, EntryPaper, Finding, Position, RuleCode
from health.models import HealthRule

TICKED = [
    (code.value, code.label) for code in Finding if code != Finding.FEVER
]  # a fever is told by the temperature


class CheckForm(forms.Form):
    temperature = forms.DecimalField(
        label=_("Temperature, °C"),
        max_digits=4,
        decimal_places=1,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "autofocus": True}),
    )
    findings = forms.MultipleChoiceField(
        label=_("Findings"), choices=TICKED, required=False, widget=forms.CheckboxSelectMultiple
    )
    action = forms.ChoiceField(label=_("What was done"), choices=Action, initial=Action.ADMITTED)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    replaces = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, rules: dict[str, HealthRule], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if fever := rules.get(RuleCode.FEVER):
            self.fields["temperature"].help_text = _("From %(low)s °C it is a fever.") % {
                "low": fever.low_said
            }


class MeasurementForm(forms.Form):
    measured_on = forms.DateField(
        label=_("Measured on"),
        initial=today,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    weight_kg = forms.DecimalField(
        label=_("Weight, kg"),
        max_digits=5,
        decimal_places=2,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "autofocus": True}),
    )
    length_cm = forms.DecimalField(
        label=_("Length or height, cm"),
        max_digits=5,
        decimal_places=1,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "decimal"}),
    )
    measure = forms.ChoiceField(label=_("Measured"), choices=Position, required=False)
    head_cm = forms.DecimalField(
        label=_("Head circumference, cm"),
        max_digits=5,
        decimal_places=1,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "decimal"}),
    )
    replaces = forms.IntegerField(required=False, widget=forms.HiddenInput)


class PaperForm(forms.Form):
    paper = forms.ChoiceField(label=_("What was looked at"), choices=EntryPaper)
    day = forms.DateField(
        label=_("Day"),
        initial=today,
        help_text=_("Of an examination the day it was made; of the vaccination certificate today."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    passed = forms.TypedChoiceField(
        label=_("Result"),
        choices=[("yes", _("In order")), ("no", _("Not in order"))],
        coerce=lambda said: said == "yes",
    )
    issuer = forms.CharField(
        label=_("Made out by"),
        max_length=60,
        required=False,
        help_text=_("The hospital or health centre."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
