from django import forms
from django.utils.translation import gettext_lazy as _

from core.calendar import today
from institution.enums import AbsenceClose, Symptom
from institution.models import AbsenceCase
from institution.selectors.absences import illness_name, rules_on
from institution.services.absences import MOST_NOTE

OFF = {"autocomplete": "off"}


class DescribeForm(forms.Form):
    symptoms = forms.MultipleChoiceField(
        label=_("Symptoms"),
        choices=Symptom,
        required=False,
        widget=forms.CheckboxSelectMultiple({"wide": True}),
    )
    illness = forms.ChoiceField(label=_("Illness"), required=False)
    hospital = forms.CharField(
        label=_("Hospital or doctor"),
        max_length=60,
        required=False,
        help_text=_("Left empty where nobody was asked."),
        widget=forms.TextInput(OFF),
    )

    def __init__(self, data=None, *, case: AbsenceCase) -> None:
        initial = {"symptoms": case.symptoms, "illness": case.illness, "hospital": case.hospital}
        super().__init__(data, initial=initial)
        listed = [(rule.code, illness_name(rule)) for rule in rules_on(today()).values()]
        self.fields["illness"].choices = [("", _("Not known yet")), *listed]  # type: ignore[attr-defined]  # a choice field


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("How is the child today"),
        max_length=MOST_NOTE,
        widget=forms.Textarea({"rows": 2, "wide": True}),
    )


class CloseForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Closed because"), choices=[("", _("Please choose")), *AbsenceClose.choices]
    )
    certificate_no = forms.CharField(
        label=_("Doctor's certificate"),
        max_length=60,
        required=False,
        help_text=_("Who issued it, and its number."),
        widget=forms.TextInput(OFF),
    )
