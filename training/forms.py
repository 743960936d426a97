from django import forms
from django.utils.translation import gettext_lazy as _

from core.calendar import today
from training.models import CertificateType


class TypeField(forms.ModelChoiceField):
    def label_from_instance(self, obj: CertificateType) -> str:
        return obj.shown_name


class CertificateForm(forms.Form):
    type = TypeField(
        label=_("Certificate"),
        queryset=CertificateType.objects.order_by("position", "pk"),
        to_field_name="code",
    )
    number = forms.CharField(
        label=_("Number"),
        max_length=60,
        required=False,
        help_text=_("Kept sealed; lists show the last four characters."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    issued_on = forms.DateField(
        label=_("Issued on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    expires_on = forms.DateField(
        label=_("Holds until"),
        required=False,
        help_text=_("Left empty, the usual term counts: 12 months for the health certificate."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class TrainingForm(forms.Form):
    topic = forms.CharField(label=_("Topic"), max_length=60)
    hours = forms.DecimalField(
        label=_("Training hours"),
        max_digits=4,
        decimal_places=1,
        widget=forms.NumberInput(attrs={"inputmode": "decimal"}),
    )
    held_on = forms.DateField(
        label=_("Held on"),
        initial=today,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
