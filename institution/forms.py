import datetime as dt
from typing import cast

from django import forms
from django.contrib.auth import authenticate
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.calendar import today
from core.devices import codes, pins
from core.models.device import MACHINES
from core.scoping import Actor
from core.validators import check_mobile, check_resident_id
from institution.enums import AlertOutcome, AllergySeverity, Relation, Sex
from institution.models import Child, ClassGroup

DAYS_AHEAD = 180
DATE = {"type": "date"}


class ClassField(forms.ModelChoiceField):
    def label_from_instance(self, class_group: ClassGroup) -> str:
        return f"{class_group.name} · {class_group.get_class_type_display()}"


class ChildForm(forms.Form):
    """The child itself. The resident id may be missing: a newborn often has none yet."""

    name = forms.CharField(
        label=_("Name"), max_length=40, widget=forms.TextInput({"autocomplete": "off"})
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex)
    born_on = forms.DateField(label=_("Born on"), widget=forms.DateInput(DATE, format="%Y-%m-%d"))
    resident_id = forms.CharField(
        label=_("Resident ID number"),
        max_length=30,
        required=False,
        help_text=_("May be added later. Kept encrypted, shown masked."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def clean_born_on(self) -> dt.date:
        born = self.cleaned_data["born_on"]
        if born > today():
            raise forms.ValidationError(_("The date of birth is in the future."), "future")
        if born < today() - dt.timedelta(days=6 * 366):
            raise forms.ValidationError(_("Please check the year of birth."), "too_old")
        return born

    def clean_resident_id(self) -> str:
        number = self.cleaned_data["resident_id"].strip()
        if not number:
            return ""
        return check_resident_id(number=number, born=self.cleaned_data.get("born_on"))


class EnrolForm(ChildForm):
    class_group = ClassField(
        label=_("Class"), queryset=ClassGroup.objects.none(), empty_label=_("Please choose")
    )
    start_on = forms.DateField(
        label=_("First day"), initial=today, widget=forms.DateInput(DATE, format="%Y-%m-%d")
    )
    guardian_name = forms.CharField(
        label=_("Guardian's name"), max_length=64, widget=forms.TextInput({"autocomplete": "off"})
    )
    guardian_phone = forms.CharField(
        label=_("Guardian's mobile phone"),
        max_length=20,
        help_text=_("The guardian signs in with it and sees the child's day."),
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )
    relation = forms.ChoiceField(label=_("Relation"), choices=Relation)

    def __init__(self, *args, actor: Actor, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        classes = ClassGroup.objects.visible_to(actor).running(today()).order_by("name", "pk")
        cast("ClassField", self.fields["class_group"]).queryset = classes

    def clean_start_on(self) -> dt.date:
        start = self.cleaned_data["start_on"]
        if start > today() + dt.timedelta(days=DAYS_AHEAD):
            raise forms.ValidationError(
                _("The first day is more than half a year ahead."), "too_far"
            )
        if start < today() - dt.timedelta(days=DAYS_AHEAD):
            raise forms.ValidationError(_("The first day is more than half a year ago."), "too_old")
        return start

    def clean_guardian_phone(self) -> str:
        return check_mobile(phone=self.cleaned_data["guardian_phone"])


class SheetForm(forms.Form):
    """A workbook of children; while its rows are enrolled, how far that is."""

    sheet = forms.FileField(
        label=_("Filled-in sheet (.xlsx)"),
        allow_empty_file=True,
        widget=forms.FileInput({"accept": ".xlsx"}),
    )
    after = forms.IntegerField(required=False, min_value=1, max_value=10_000)
    enrolled = forms.IntegerField(required=False, min_value=0, max_value=10_000)

    def clean(self) -> dict:
        given = super().clean() or self.cleaned_data
        return given | {"after": given.get("after") or 1, "enrolled": given.get("enrolled") or 0}


class EditForm(ChildForm):
    """An empty resident id keeps the one on file: the form does not show it."""

    def __init__(self, data: QueryDict | None = None, *, child: Child) -> None:
        self.child = child
        shown = {name: getattr(child, name) for name in ("name", "sex", "born_on")}
        super().__init__(data, initial=shown)
        if child.resident_id:
            self.fields["resident_id"].help_text = _(
                "A number is on file. Enter one here only to replace it."
            )

    def clean(self) -> dict:
        super().clean()
        cleaned = self.cleaned_data
        if not cleaned.get("resident_id") and "resident_id" not in self.errors:
            cleaned["resident_id"] = self.child.resident_id
        return cleaned


class AllergyForm(forms.Form):
    substance = forms.CharField(
        label=_("Allergic to"), max_length=40, widget=forms.TextInput({"autocomplete": "off"})
    )
    severity = forms.ChoiceField(label=_("Severity"), choices=AllergySeverity)


PURPOSES = [
    ("filing", _("Filing with the authority")),
    ("subsidy", _("Subsidy application")),
    ("health_record", _("Health record")),
    ("emergency", _("Emergency")),
]


class PurposeForm(forms.Form):
    purpose = forms.ChoiceField(
        label=_("What is it needed for?"),
        choices=[("", _("Please choose")), *PURPOSES],
        help_text=_("Who looked, when and for what is kept on record."),
    )


class RosterFilterForm(forms.Form):
    """What stands in the address of the roster. A value that means nothing is left out."""

    q = forms.CharField(max_length=60, required=False)
    class_group = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def values(self) -> dict:
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in self.fields}


class DayForm(forms.Form):
    day = forms.DateField(required=False)

    def chosen(self) -> dt.date:
        """The day in the address; today for none, for nonsense and for the future."""
        self.is_valid()
        return min(self.cleaned_data.get("day") or today(), today())


ANSWERS = [
    ("choice", _("One of several answers")),
    ("number", _("A number")),
    ("text", _("A short text")),
]
ICONS = [
    ("notebook-pen", _("Notebook")),
    ("trees", _("Outdoors")),
    ("bath", _("Washing")),
    ("sparkles", _("Special")),
    ("book-open", _("Reading")),
    ("music", _("Music")),
    ("footprints", _("Walking")),
    ("toy-brick", _("Play")),
    ("droplets", _("Cream or drops")),
    ("shield-check", _("Check")),
]


class KindForm(forms.Form):
    """One own kind with one answer; more fields are for the API."""

    label = forms.CharField(
        label=_("Name of the kind"),
        max_length=20,
        help_text=_("As it stands on the board, for example: outdoor play."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    icon = forms.ChoiceField(label=_("Icon"), choices=ICONS, widget=forms.RadioSelect)
    answer = forms.ChoiceField(label=_("What is recorded"), choices=ANSWERS)
    question = forms.CharField(
        label=_("Name of the answer"),
        max_length=20,
        help_text=_("For example: how long."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    choices = forms.CharField(
        label=_("Answers"),
        max_length=200,
        required=False,
        help_text=_("Two to eight, one on each line. Only for several answers."),
        widget=forms.Textarea({"rows": 4}),
    )
    unit = forms.CharField(
        label=_("Unit"),
        max_length=8,
        required=False,
        help_text=_("Only for a number, for example: min."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    most = forms.IntegerField(
        label=_("Greatest number"), min_value=1, max_value=100_000, required=False
    )

    def clean(self) -> dict:
        super().clean()
        cleaned = self.cleaned_data
        if cleaned.get("answer") == "choice" and len(self._choices(cleaned)) < 2:
            self.add_error("choices", _("Write at least two answers, one on each line."))
        return cleaned

    @staticmethod
    def _choices(cleaned: dict) -> list[str]:
        lines = (line.strip() for line in cleaned.get("choices", "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def definition(self) -> dict:
        """The one field of the kind as EntryKind keeps it."""
        cleaned = self.cleaned_data
        spec = {"name": "answer", "label": cleaned["question"], "type": cleaned["answer"]}
        if cleaned["answer"] == "choice":
            return spec | {"choices": self._choices(cleaned)}
        if cleaned["answer"] == "number":
            return spec | {
                "unit": cleaned["unit"].strip(),
                "min": 0,
                "max": cleaned["most"] or 1000,
            }
        return spec


class TabletForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the device"),
        max_length=40,
        help_text=_("As people call it, for example: tablet of the small class."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    class_group = ClassField(
        label=_("Room"),
        queryset=ClassGroup.objects.none(),
        required=False,
        empty_label=_("The whole nursery"),
        help_text=_("In a room, only its own children are shown, whoever signs in."),
    )

    def __init__(self, *args, actor: Actor, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        classes = ClassGroup.objects.visible_to(actor).running(today()).order_by("name", "pk")
        cast("ClassField", self.fields["class_group"]).queryset = classes

    def values(self) -> dict:
        room = self.cleaned_data["class_group"]
        return {"name": self.cleaned_data["name"], "class_group_id": room.pk if room else None}


class MachineForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[(kind.value, kind.label) for kind in MACHINES]
    )
    name = forms.CharField(
        label=_("Name of the device"),
        max_length=40,
        help_text=_("Where it hangs or what it watches, for example: front door."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            {
                "class": "input code num",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "autofocus": True,
                "spellcheck": "false",
                "maxlength": codes.LENGTH + 1,
            }
        ),
    )


class PinForm(forms.Form):
    """A PIN one chooses oneself, with the password as proof that it is oneself."""

    pin = forms.CharField(label=_("New PIN, six digits"), max_length=pins.DIGITS)
    again = forms.CharField(label=_("Once more"), max_length=pins.DIGITS)
    password = forms.CharField(
        label=_("Your password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, *args, request, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        for name in ("pin", "again"):
            self.fields[name].widget = forms.PasswordInput(
                {"inputmode": "numeric", "autocomplete": "off", "maxlength": pins.DIGITS}
            )

    def clean(self) -> dict:
        super().clean()
        cleaned = self.cleaned_data
        if cleaned.get("pin") != cleaned.get("again"):
            self.add_error("again", _("The two are not the same."))
        if not self.errors and not self._knows_password(cleaned["password"]):
            self.add_error("password", _("This password is not right."))
        return cleaned

    def _knows_password(self, password: str) -> bool:
        """Counted with the wrong passwords of the sign-in page."""
        user = self.request.user
        found = authenticate(self.request, username=user.get_username(), password=password)
        return found is not None and found.pk == user.pk


class CloseAlertForm(forms.Form):
    """That it ended by itself is not for people to say."""

    outcome = forms.ChoiceField(
        label=_("What came of it"),
        choices=[
            ("", _("Please choose")),
            *(choice for choice in AlertOutcome.choices if choice[0] != AlertOutcome.ENDED),
        ],
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=200,
        required=False,
        help_text=_("What was done, in a sentence."),
        widget=forms.Textarea({"rows": 3}),
    )


class MessageForm(forms.Form):
    """`message_id` is made with the page, so that the same form sent twice is one message."""

    message_id = forms.UUIDField(widget=forms.HiddenInput)
    body = forms.CharField(label=_("Message"), max_length=1000, widget=forms.Textarea({"rows": 2}))


class FamilyMessageForm(MessageForm):
    is_request = forms.BooleanField(label=_("Please do this for my child"), required=False)


class ReadForm(forms.Form):
    seq = forms.IntegerField(min_value=1, max_value=2**31 - 1)


class MessageHoursForm(forms.Form):
    begins = forms.TimeField(label=_("Begins"), widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    ends = forms.TimeField(label=_("Ends"), widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    valid_from = forms.DateField(
        label=_("From the day"), widget=forms.DateInput(DATE, format="%Y-%m-%d")
    )


class RemindForm(forms.Form):
    """Which reminder of the notice it is, as the page that asks has counted."""

    number = forms.IntegerField(min_value=1)


class NoticeForm(forms.Form):
    title = forms.CharField(
        label=_("Title"), max_length=60, widget=forms.TextInput({"autocomplete": "off"})
    )
    class_group = ClassField(
        label=_("For"), queryset=None, required=False, empty_label=_("All families")
    )
    body = forms.CharField(label=_("Text"), max_length=2000, widget=forms.Textarea({"rows": 8}))

    def __init__(self, *args, classes, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ModelChoiceField", self.fields["class_group"]).queryset = classes
