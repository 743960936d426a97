from django import forms
from django.utils.translation import gettext_lazy as _

from institution.enums import InstitutionForm, InstitutionStatus

FORMS = [("", _("All kinds")), *InstitutionForm.choices]
SORTS = ["name", "places", "use", "present", "entries"]


class InstitutionFilterForm(forms.Form):
    """What stands in the address of the list. A value that means nothing is left out, never an error page."""

    status = forms.ChoiceField(choices=InstitutionStatus, required=False)
    region = forms.CharField(max_length=20, required=False)
    form = forms.ChoiceField(choices=FORMS, required=False)
    inclusive = forms.BooleanField(required=False)
    silent = forms.BooleanField(required=False)
    q = forms.CharField(max_length=60, required=False)
    sort = forms.ChoiceField(
        choices=[(key, key) for sort in SORTS for key in (sort, f"-{sort}")], required=False
    )

    def values(self) -> dict:
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class CursorForm(forms.Form):
    before = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    after = forms.IntegerField(min_value=0, max_value=2**63 - 1, required=False)

    @classmethod
    def read(cls, given) -> dict:
        """Where to go on; the beginning for a cursor that is none."""
        form = cls(given)
        form.is_valid()
        return {name: form.cleaned_data.get(name) for name in form.fields}
