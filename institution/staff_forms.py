"""The forms of the staff: files, corrections of the clock, the roster and leave."""

import datetime as dt

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from core.calendar import today
from core.scoping import Actor
from core.validators import check_mobile
from institution.enums import (
    ContractKind,
    Education,
    Employment,
    StaffLeaveKind,
    StaffPost,
)
from institution.forms import ClassField
from institution.models import ClassGroup, Institution, Membership, StaffFile, StaffPresence

DATE = {"type": "date"}
TIME = {"type": "time"}
OFF = {"autocomplete": "off"}
CHOOSE = [("", _("Please choose"))]


def _date(label, *, required: bool = False, help_text="", **options) -> forms.DateField:
    widget = forms.DateInput(DATE, format="%Y-%m-%d")
    return forms.DateField(
        label=label, required=required, help_text=help_text, widget=widget, **options
    )


def _time(label, *, required: bool = True, help_text="") -> forms.TimeField:
    widget = forms.TimeInput(TIME, format="%H:%M")
    return forms.TimeField(label=label, required=required, help_text=help_text, widget=widget)


class FactsForm(forms.Form):
    """What every staff file holds. The numbers are sealed and not shown: an empty field keeps the one on file."""

    document_number = forms.CharField(
        label=_("Document number"),
        max_length=30,
        help_text=_("Resident ID card, passport or permit. Kept encrypted, shown masked."),
        widget=forms.TextInput(OFF),
    )
    employment = forms.ChoiceField(label=_("Employment"), choices=Employment)
    education = forms.ChoiceField(
        label=_("Education"), choices=[*CHOOSE, *Education.choices], required=False
    )
    contract_kind = forms.ChoiceField(
        label=_("Labour contract"), choices=[*CHOOSE, *ContractKind.choices], required=False
    )
    contract_from = _date(_("Contract from"))
    contract_until = _date(_("Contract until"), help_text=_("Left empty, the contract has no end."))
    health_number = forms.CharField(
        label=_("Number of the health certificate"),
        max_length=40,
        required=False,
        widget=forms.TextInput(OFF),
    )
    health_until = _date(_("Health certificate until"))
    clearance_asked_on = _date(
        _("Records asked for on"),
        help_text=_(
            "Query of the police or the prosecution before the first day, and every year again."
        ),
    )
    clearance_clear_on = _date(_("Answered without a record on"))


class StaffNewForm(FactsForm):
    field_order = ["name", "phone", "document_number", "post", "start_on"]

    name = forms.CharField(label=_("Name"), max_length=64, widget=forms.TextInput(OFF))
    phone = forms.CharField(
        label=_("Mobile phone"),
        max_length=20,
        widget=forms.TextInput(OFF | {"inputmode": "tel"}),
    )
    post = forms.ChoiceField(
        label=_("Post"),
        choices=StaffPost,
        initial=StaffPost.CARER,
        help_text=_(
            "Directors, carers, health workers and clerks can sign in; the others have a file only."
        ),
    )
    start_on = _date(_("First day"), required=True, initial=today)

    def clean_phone(self) -> str:
        return check_mobile(phone=self.cleaned_data["phone"])


class StaffEditForm(FactsForm):
    def __init__(self, data=None, *, file: StaffFile, identified: bool) -> None:
        self.file = file
        hidden = {"document_number", "health_number"}
        shown = {n: getattr(file, n) for n in self.base_fields if n not in hidden}
        super().__init__(data, initial=shown)
        keeps = _("A number is on file. Enter one here only to replace it.")
        if identified:
            self.fields["document_number"].required = False
            self.fields["document_number"].help_text = keeps
        if file.health_number:
            self.fields["health_number"].help_text = keeps

    def clean(self) -> dict:
        super().clean()
        if not self.cleaned_data.get("health_number"):
            self.cleaned_data["health_number"] = self.file.health_number
        return self.cleaned_data


class StaffEndForm(forms.Form):
    last_day = _date(_("Last day"), required=True, initial=today)
    reason = forms.CharField(
        label=_("Reason"), max_length=80, required=False, widget=forms.TextInput(OFF)
    )


PURPOSES = [
    ("clearance", _("To ask for records")),
    ("contract", _("Contract or insurance")),
    ("filing", _("Filing with the authority")),
    ("emergency", _("Emergency")),
]


class StaffPurposeForm(forms.Form):
    purpose = forms.ChoiceField(
        label=_("What is it needed for?"),
        choices=[*CHOOSE, *PURPOSES],
        help_text=_("Who looked, when and for what is kept on record."),
    )


class StaffFilterForm(forms.Form):
    """What stands in the address of the list. A value that means nothing is left out."""

    q = forms.CharField(max_length=60, required=False)
    gone = forms.BooleanField(required=False)

    def values(self) -> dict:
        self.is_valid()
        return {
            "q": self.cleaned_data.get("q") or "",
            "gone": bool(self.cleaned_data.get("gone")),
        }


class MemberField(forms.ModelChoiceField):
    def label_from_instance(self, member: Membership) -> str:
        return f"{member.user.name} · {member.get_role_display()}"


def own_classes(actor: Actor, day: dt.date):
    """Every class of the nursery by name: a carer helps where help is needed, not only in the own class."""
    running = ClassGroup.objects.filter(institution=actor.workplace).running(day)
    return running.order_by("name", "pk")


class ClockForm(forms.Form):
    class_group = forms.ModelChoiceField(queryset=ClassGroup.objects.none(), required=False)

    def __init__(self, data=None, *, actor: Actor) -> None:
        super().__init__(data)
        self.fields["class_group"].queryset = own_classes(actor, today())  # type: ignore[attr-defined]


class PresenceForm(forms.Form):
    class_group = ClassField(
        label=_("Class"),
        queryset=ClassGroup.objects.none(),
        required=False,
        empty_label=_("In the house, with no class"),
    )
    came_at = _time(_("Begins at"))
    left_at = _time(
        _("Until"), required=False, help_text=_("Left empty, the person is still there.")
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=120,
        help_text=_("For example: forgot to clock in."),
        widget=forms.TextInput(OFF),
    )

    def __init__(
        self, data=None, *, actor: Actor, day: dt.date, presence: StaffPresence | None = None
    ) -> None:
        super().__init__(data, initial=_as_typed(presence) if presence else None)
        self.fields["class_group"].queryset = own_classes(actor, day)  # type: ignore[attr-defined]


def _as_typed(presence: StaffPresence) -> dict:
    during = presence.during
    return {
        "class_group": presence.class_group_id,
        "came_at": localtime(during.lower).time(),
        "left_at": localtime(during.upper).time() if during.upper else None,
    }


class PresenceAddForm(PresenceForm):
    field_order = ["membership", "day"]

    membership = MemberField(
        label=_("Person"), queryset=Membership.objects.none(), empty_label=_("Please choose")
    )
    day = _date(_("Day"), required=True, initial=today)

    def __init__(self, data=None, *, actor: Actor, day: dt.date) -> None:
        super().__init__(data, actor=actor, day=day)
        self.initial["day"] = day
        working = Membership.objects.visible_to(actor).working(day).select_related("user")
        self.fields["membership"].queryset = working.order_by("user__name", "pk")  # type: ignore[attr-defined]


class ShiftForm(forms.Form):
    class_group = ClassField(
        label=_("Class"), queryset=ClassGroup.objects.none(), empty_label=_("Please choose")
    )
    day = _date(_("Day"), required=True)
    membership = MemberField(
        label=_("Person"),
        queryset=Membership.objects.none(),
        empty_label=_("Please choose"),
        help_text=_(
            "Whoever has no duty in this class gets one for this day and sees its children."
        ),
    )
    starts_at = _time(_("Begins at"))
    ends_at = _time(_("Until"))

    def __init__(self, data=None, *, actor: Actor, place: Institution, free, asked: dict) -> None:
        hours = {"starts_at": place.opens_at, "ends_at": place.closes_at}
        super().__init__(data, initial=hours | asked)
        groups = ClassGroup.objects.visible_to(actor).running(asked.get("day") or today())
        self.fields["class_group"].queryset = groups.order_by("name", "pk")  # type: ignore[attr-defined]
        self.fields["membership"].queryset = free  # type: ignore[attr-defined]


class LeaveForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=StaffLeaveKind)
    first_day = _date(_("First day"), required=True, initial=today)
    last_day = _date(_("Last day"), required=True, initial=today)
    note = forms.CharField(
        label=_("Note"), max_length=120, required=False, widget=forms.TextInput(OFF)
    )


class LeaveForForm(LeaveForm):
    """The director enters it for somebody: it is granted at once."""

    field_order = ["membership"]

    membership = MemberField(
        label=_("Person"), queryset=Membership.objects.none(), empty_label=_("Please choose")
    )

    def __init__(self, data=None, *, actor: Actor) -> None:
        super().__init__(data)
        working = Membership.objects.visible_to(actor).working(today()).select_related("user")
        self.fields["membership"].queryset = working.order_by("user__name", "pk")  # type: ignore[attr-defined]


class MonthForm(forms.Form):
    """The month of a day in the address; this month for none, for nonsense and for the future."""

    month = forms.DateField(required=False)

    def period(self) -> tuple[dt.date, dt.date]:
        """The first day, and the last or today."""
        self.is_valid()
        chosen = min(self.cleaned_data.get("month") or today(), today())
        first = chosen.replace(day=1)
        last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        return first, min(last, today())


class WeekForm(forms.Form):
    week = forms.DateField(required=False)

    def chosen(self) -> dt.date:
        """A day of the week in the address, at most a year away; else of the week at hand."""
        self.is_valid()
        day = self.cleaned_data.get("week") or at_hand()
        return day if abs((day - today()).days) < 366 else at_hand()


def at_hand() -> dt.date:
    """Today; at the weekend the Monday that comes."""
    day = today()
    return day if day.weekday() < 5 else day + dt.timedelta(days=7 - day.weekday())
