"""The forms of classes and rooms."""

from typing import cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.calendar import today
from core.scoping import Actor
from institution.calendar_forms import date_field
from institution.enums import ClassType, RoomPurpose
from institution.forms import ClassField
from institution.models import ClassGroup, Room

OFF = {"autocomplete": "off"}


class RoomField(forms.ModelChoiceField):
    def label_from_instance(self, obj) -> str:
        return obj.name


class ClassForm(forms.Form):
    name = forms.CharField(label=_("What it is called"), max_length=40, widget=forms.TextInput(OFF))
    class_type = forms.ChoiceField(label=_("Type"), choices=ClassType)
    places = forms.IntegerField(label=_("Places"), min_value=1)
    opened_on = date_field(_("Opens on"), initial=today)


class NameForm(forms.Form):
    name = forms.CharField(label=_("What it is called"), max_length=40, widget=forms.TextInput(OFF))


class PlacesForm(forms.Form):
    places = forms.IntegerField(label=_("Places"), min_value=1)
    valid_from = date_field(_("Valid from"), initial=today)


class CloseClassForm(forms.Form):
    last_day = date_field(_("Last day"), help_text=_("From the next day on the class is closed."))


class RoomForm(forms.Form):
    name = forms.CharField(label=_("What it is called"), max_length=40, widget=forms.TextInput(OFF))
    purpose = forms.ChoiceField(label=_("Purpose"), choices=RoomPurpose)
    storey = forms.IntegerField(
        label=_("Floor"),
        min_value=-9,
        max_value=99,
        help_text=_("1 is the ground floor, a basement is -1."),
    )
    area = forms.DecimalField(label=_("Area, m²"), min_value=1, max_digits=6, decimal_places=1)


class RoomUseForm(forms.Form):
    class_group = ClassField(label=_("Class"), queryset=ClassGroup.objects.none())
    room = RoomField(label=pgettext_lazy("site", "Room"), queryset=Room.objects.none())
    first_day = date_field(_("First day"), initial=today)
    last_day = date_field(_("Last day"), required=False, help_text=_("Left empty, it has no end."))

    def __init__(self, *args, actor: Actor, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        classes = ClassGroup.objects.visible_to(actor).exclude(closed_on__lte=today())
        cast("ClassField", self.fields["class_group"]).queryset = classes.order_by("name", "pk")
        rooms = Room.objects.visible_to(actor).order_by("storey", "name", "pk")
        cast("RoomField", self.fields["room"]).queryset = rooms
