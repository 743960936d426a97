"""The forms of admissions: an application, and each of its steps."""

import datetime as dt
from typing import cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.calendar import now, today
from core.display import moment
from core.scoping import Actor
from core.validators import check_mobile
from institution.enums import (
    AdmissionSource,
    AdmissionState,
    ClassType,
    LeavingReason,
    Relation,
    ServiceMode,
)
from institution.forms import ChildForm, ClassField
from institution.models import Application, ClassGroup, VisitSlot
from institution.services.offers import MOST_DAYS

OFF = {"autocomplete": "off"}
DATE = {"type": "date"}


def _date(label, **options) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(DATE, format="%Y-%m-%d"), **options)


class ApplicationForm(ChildForm):
    guardian_name = forms.CharField(
        label=_("Guardian's name"), max_length=64, widget=forms.TextInput(OFF)
    )
    guardian_phone = forms.CharField(
        label=_("Guardian's mobile phone"),
        max_length=20,
        help_text=_("Kept encrypted, shown masked."),
        widget=forms.TextInput(OFF | {"inputmode": "tel"}),
    )
    relation = forms.ChoiceField(label=_("Relation"), choices=Relation)
    wished_month = forms.DateField(
        label=_("Wished month"),
        input_formats=["%Y-%m", "%Y-%m-%d"],
        widget=forms.DateInput({"type": "month"}, format="%Y-%m"),
    )
    class_type = forms.ChoiceField(
        label=_("Wished class"), choices=[("", _("Any")), *ClassType.choices], required=False
    )
    source = forms.ChoiceField(label=_("How the family came"), choices=AdmissionSource)
    sibling = forms.BooleanField(label=_("A brother or sister is in care here"), required=False)
    priority = forms.TypedChoiceField(
        label=_("Priority"),
        choices=[(0, _("None")), (1, _("Raised")), (2, _("High")), (3, _("First"))],
        coerce=int,
        required=False,
        empty_value="0",
        help_text=_("By the rules of the nursery; comes before everything else in the order."),
    )
    priority_reason = forms.CharField(
        label=_("Reason of the priority"),
        max_length=60,
        required=False,
        widget=forms.TextInput(OFF),
    )
    note = forms.CharField(
        label=_("Note of the office"),
        max_length=200,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )

    def clean_priority(self) -> int:
        return int(self.cleaned_data["priority"])

    def clean_wished_month(self) -> dt.date:
        return self.cleaned_data["wished_month"].replace(day=1)

    def clean_guardian_phone(self) -> str:
        return check_mobile(phone=self.cleaned_data["guardian_phone"])


class NewApplicationForm(ApplicationForm):
    state = forms.ChoiceField(
        label=_("What it is"),
        choices=[
            (AdmissionState.APPLIED, _("An application")),
            (AdmissionState.ENQUIRY, _("Only an enquiry")),
        ],
    )


class EditApplicationForm(ApplicationForm):
    """Numbers on file are not shown; a field left empty keeps its own."""

    def __init__(self, data=None, *, application: Application) -> None:
        self.application = application
        hidden = {"resident_id", "guardian_phone"}
        shown = {n: getattr(application, n) for n in self.base_fields if n not in hidden}
        super().__init__(data, initial=shown)
        self.fields["guardian_phone"].required = False
        kept = _("A number is on file. Enter one here only to replace it.")
        self.fields["guardian_phone"].help_text = kept
        if application.resident_id:
            self.fields["resident_id"].help_text = kept

    def clean_guardian_phone(self) -> str:
        if not self.cleaned_data["guardian_phone"].strip():
            return self.application.guardian_phone
        return super().clean_guardian_phone()

    def clean(self) -> dict:
        super().clean()
        cleaned = self.cleaned_data
        if not cleaned.get("resident_id") and "resident_id" not in self.errors:
            cleaned["resident_id"] = self.application.resident_id
        return cleaned


class MoveForm(forms.Form):
    to = forms.ChoiceField(choices=AdmissionState, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"), max_length=200, required=False, widget=forms.TextInput(OFF)
    )


class ClassForm(forms.Form):
    """A class of the nursery from a day on."""

    class_group = ClassField(
        label=_("Class"), queryset=ClassGroup.objects.none(), empty_label=_("Please choose")
    )
    start_on = _date(_("First day"))

    def __init__(self, data=None, *, actor: Actor, initial: dict | None = None) -> None:
        super().__init__(data, initial=initial)
        classes = ClassGroup.objects.visible_to(actor).running(today()).order_by("name", "pk")
        cast("ClassField", self.fields["class_group"]).queryset = classes


class OfferForm(ClassForm):
    days = forms.IntegerField(
        label=_("Held for, days"),
        min_value=0,
        max_value=MOST_DAYS,
        help_text=_("After that the place is free again."),
    )

    def __init__(self, data=None, *, actor: Actor, initial: dict | None = None) -> None:
        usual = {"days": settings.OFFER_DAYS}
        super().__init__(data, actor=actor, initial=usual | (initial or {}))


class ContractForm(forms.Form):
    mode = forms.ChoiceField(label=_("Way of service"), choices=ServiceMode)
    signed_on = _date(_("Signed on"), initial=today)
    ends_on = _date(_("Agreed until"), required=False, help_text=_("Left empty, it has no end."))


class StartForm(forms.Form):
    start_on = _date(_("First day"))


class LeaveForm(forms.Form):
    last_day = _date(_("Last day"), initial=today)
    reason = forms.ChoiceField(
        label=_("Why"), choices=[("", _("Please choose")), *LeavingReason.choices]
    )


class SlotForm(forms.Form):
    starts_at = forms.DateTimeField(
        label=_("Day and time"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    places = forms.IntegerField(label=_("Families at once"), min_value=1, max_value=50, initial=4)


class SlotField(forms.ModelChoiceField):
    def label_from_instance(self, slot: VisitSlot) -> str:
        return _("%(when)s, %(free)s free") % {"when": moment(slot.starts_at), "free": slot.free}


class VisitForm(forms.Form):
    slot = SlotField(
        label=_("Visit"), queryset=VisitSlot.objects.none(), empty_label=_("Please choose")
    )

    def __init__(self, data=None, *, actor: Actor) -> None:
        super().__init__(data)
        slots = VisitSlot.objects.visible_to(actor).coming(now()).with_free()
        cast("SlotField", self.fields["slot"]).queryset = slots.order_by("starts_at", "pk")


class PlanForm(forms.Form):
    """What stands in the address of the planner: which application is tried where."""

    application = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    class_group = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    month = forms.DateField(input_formats=["%Y-%m"], required=False)

    def values(self) -> dict:
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}
