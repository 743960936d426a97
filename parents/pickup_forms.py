from django import forms
from django.utils.translation import gettext_lazy as _

from core.validators import check_mobile
from institution.enums import Direction, PickupRelation
from institution.models import Child, PickupPerson

DATE = {"type": "date"}
OFF = {"autocomplete": "off"}


class PersonForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=40, widget=forms.TextInput(OFF))
    relation = forms.ChoiceField(label=_("Who is it to the child"), choices=PickupRelation)
    phone = forms.CharField(
        label=_("Mobile number"), max_length=20, widget=forms.TextInput(OFF | {"inputmode": "tel"})
    )
    photo = forms.FileField(
        label=_("Photo of the face"),
        help_text=_("The carer compares it at the door."),
        widget=forms.FileInput({"accept": "image/*"}),
    )
    last_day = forms.DateField(
        label=_("Allowed until"),
        required=False,
        help_text=_("Left empty, until you take it back."),
        widget=forms.DateInput(DATE, format="%Y-%m-%d"),
    )
    adult = forms.BooleanField(
        label=_("This person is an adult and knows about it."),
        error_messages={"required": _("Only an adult may pick a child up.")},
    )

    def clean_phone(self) -> str:
        return check_mobile(phone=self.cleaned_data["phone"])

    def clean(self) -> dict:
        cleaned = super().clean() or self.cleaned_data
        cleaned.pop("adult", None)
        return cleaned


class ChildrenField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, child: Child) -> str:
        return child.name


class PassForm(forms.Form):
    """Which way, who comes, and which children of the family go together."""

    direction = forms.ChoiceField(label=_("Which way"), choices=Direction, widget=forms.RadioSelect)
    bearer = forms.ModelChoiceField(
        label=_("Who comes"), queryset=PickupPerson.objects.none(), required=False
    )
    children = ChildrenField(
        label=_("Who goes along"), queryset=Child.objects.none(), required=False
    )

    def __init__(self, data=None, *, children, persons) -> None:
        super().__init__(data)
        self.fields["children"].queryset = children  # type: ignore[attr-defined]  # a choice field
        self.fields["bearer"].queryset = persons  # type: ignore[attr-defined]  # a choice field
