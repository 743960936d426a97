from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from institution.enums import AbsenceReason
from institution.models import PlannedDay

WEEKS = (1, 2, 4, 8)
TIME = {"type": "time"}


class PlanForm(forms.Form):
    """One day: comes at other hours, or stays away."""

    coming = forms.TypedChoiceField(
        label=_("On this day"),
        choices=[("no", _("Does not come")), ("yes", _("Comes at other hours"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = forms.ChoiceField(
        label=_("Why"), choices=AbsenceReason, required=False, widget=forms.RadioSelect
    )
    arrives_at = forms.TimeField(
        label=_("Comes at"), required=False, widget=forms.TimeInput(TIME, format="%H:%M")
    )
    leaves_at = forms.TimeField(
        label=_("Is fetched at"), required=False, widget=forms.TimeInput(TIME, format="%H:%M")
    )
    note = forms.CharField(
        label=_("Note for the carers"),
        max_length=80,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    weeks = forms.TypedChoiceField(
        label=_("Repeat"),
        choices=[
            (0, _("Only this day")),
            *(
                (number, ngettext_lazy("%d more week", "%d more weeks", number) % number)
                for number in WEEKS
            ),
        ],
        coerce=int,
        required=False,
    )

    def clean_weeks(self) -> int:
        return self.cleaned_data["weeks"] or 0

    def __init__(self, data=None, *, plan: PlannedDay | None) -> None:
        initial: dict = {"coming": "no"}
        if plan is not None:
            initial = {
                "coming": "yes" if plan.coming else "no",
                "reason": plan.reason,
                "arrives_at": plan.arrives_at,
                "leaves_at": plan.leaves_at,
                "note": plan.note,
            }
        super().__init__(data, initial=initial)
