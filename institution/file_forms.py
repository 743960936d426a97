"""The forms of the institution's file, a section each."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.calendar import today
from institution.enums import (
    FeeUnit,
    InstitutionForm,
    InstitutionNature,
    LicenceKind,
    OperationMode,
    ServiceMode,
)
from institution.models import Institution

DATE = {"type": "date"}
OFF = {"autocomplete": "off"}
CHOOSE = [("", _("Please choose"))]


def _date(label, *, required: bool = False, help_text="", **options) -> forms.DateField:
    widget = forms.DateInput(DATE, format="%Y-%m-%d")
    return forms.DateField(
        label=label, required=required, help_text=help_text, widget=widget, **options
    )


class SectionForm(forms.Form):
    """Shows what is on file."""

    def __init__(self, data=None, *, institution: Institution) -> None:
        super().__init__(data, initial={n: getattr(institution, n) for n in self.base_fields})


class IdentityForm(SectionForm):
    name = forms.CharField(label=_("Name"), max_length=80, widget=forms.TextInput(OFF))
    credit_code = forms.CharField(
        label=_("Unified social credit code"),
        max_length=30,
        help_text=_("The 18 characters on the licence."),
        widget=forms.TextInput(OFF | {"autocapitalize": "characters", "spellcheck": "false"}),
    )
    nature = forms.ChoiceField(
        label=_("Nature"), choices=[*CHOOSE, *InstitutionNature.choices], required=False
    )
    form = forms.ChoiceField(label=_("Form"), choices=InstitutionForm)
    operation = forms.ChoiceField(label=_("Operation"), choices=OperationMode)
    opened_on = _date(_("Opened on"))
    legal_representative = forms.CharField(
        label=_("Legal representative"), max_length=40, required=False, widget=forms.TextInput(OFF)
    )
    person_in_charge = forms.CharField(
        label=_("Person in charge"), max_length=40, required=False, widget=forms.TextInput(OFF)
    )
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=20,
        required=False,
        help_text=_("Shown on the public page."),
        widget=forms.TextInput(OFF | {"inputmode": "tel"}),
    )
    address = forms.CharField(label=_("Address"), max_length=160, widget=forms.TextInput(OFF))


class SiteForm(SectionForm):
    places = forms.IntegerField(label=_("Places"), min_value=0, max_value=5000)
    floor_area = forms.DecimalField(
        label=_("Floor area, m²"), min_value=0, max_digits=8, decimal_places=1, required=False
    )
    outdoor_area = forms.DecimalField(
        label=_("Outdoor area, m²"), min_value=0, max_digits=8, decimal_places=1, required=False
    )
    lowest_storey = forms.IntegerField(
        label=_("Lowest floor of the children's rooms"),
        min_value=-9,
        max_value=99,
        required=False,
        help_text=_("1 is the ground floor, a basement is -1."),
    )
    highest_storey = forms.IntegerField(
        label=_("Highest floor of the children's rooms"), min_value=-9, max_value=99, required=False
    )


class ServiceForm(SectionForm):
    service_modes = forms.MultipleChoiceField(
        label=_("Ways of service"),
        choices=ServiceMode,
        required=False,
        widget=forms.CheckboxSelectMultiple({"wide": True}),
    )
    opens_at = forms.TimeField(
        label=_("Opens at"), widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    closes_at = forms.TimeField(
        label=_("Closes at"), widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    inclusive = forms.BooleanField(label=_("Recognised as inclusive"), required=False)
    inclusive_from = _date(_("Inclusive from"))
    inclusive_until = _date(
        _("Inclusive until"), help_text=_("Left empty, the recognition has no end.")
    )
    introduction = forms.CharField(
        label=_("Introduction"),
        max_length=1000,
        required=False,
        help_text=_("Shown on the public page."),
        widget=forms.Textarea({"rows": 4, "wide": True}),
    )


class FeeForm(forms.Form):
    mode = forms.ChoiceField(label=_("Way of service"), choices=ServiceMode)
    unit = forms.ChoiceField(label=_("Charged by"), choices=FeeUnit)
    amount = forms.DecimalField(
        label=_("Yuan"),
        min_value=0,
        max_digits=8,
        decimal_places=2,
        required=False,
        help_text=_("Left empty, nothing is charged by this any more from that day on."),
        widget=forms.NumberInput({"inputmode": "decimal", "step": "0.01"}),
    )
    valid_from = _date(_("Charged from"), required=True, initial=today)


class LicenceForm(forms.Form):
    kind = forms.ChoiceField(label=_("Document"), choices=LicenceKind)
    number = forms.CharField(label=_("Number"), max_length=60, widget=forms.TextInput(OFF))
    issuer = forms.CharField(label=_("Issued by"), max_length=60, widget=forms.TextInput(OFF))
    issued_on = _date(_("Issued on"), required=True)
    valid_until = _date(_("Holds until"), help_text=_("Left empty, the document has no end."))
