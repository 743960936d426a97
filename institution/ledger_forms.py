"""The forms of the ledgers, made from what an entry of each kind carries."""

import datetime as dt
from typing import cast

from django import forms
from django.utils.translation import gettext_lazy as _

from core.calendar import today
from core.display import WEEKDAYS
from core.scoping import Actor
from institution.calendar_forms import date_field
from institution.enums import LedgerKind, LedgerRepeat
from institution.ledgers import LEDGERS, Ledger
from institution.models import LedgerSchedule, Room

OFF = {"autocomplete": "off"}
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2100, 12, 1)  # months that an address may name
PHOTOS = {"accept": "image/*", "multiple": True, "data-photos": True}


class PhotosInput(forms.FileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Any number of files, as a list; what they are is looked at when they are stored."""

    widget = PhotosInput

    def clean(self, data, initial=None) -> list:
        if not data:
            return super().clean(None, initial) or []
        return [super(PhotosField, self).clean(each, initial) for each in data]


class EntryForm(forms.Form):
    """`what` is known where a task is done, and there is none of it where something ends."""

    def __init__(
        self,
        *args,
        ledger: Ledger,
        asks_what: bool = False,
        asks_time: bool = True,
        asks_why: bool = False,
        needs_photo: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ledger = ledger
        if asks_why:
            self.fields["reason"] = _text(_("Why it is corrected"), 120)
        if asks_what:
            self.fields["what"] = _text(ledger.what, 60)
        for name, label in ledger.labels.items():
            self.fields[name] = _field(ledger, name, label)
        if asks_what and ledger.kind == LedgerKind.HAZARD:
            self.fields["mend_by"] = date_field(_("To be mended by"), required=False)
        self.fields["note"] = forms.CharField(
            label=_("Note"),
            max_length=300,
            required=False,
            widget=forms.Textarea({"rows": 2, "wide": True}),
        )
        if asks_time:
            self.fields["at"] = forms.DateTimeField(
                label=_("When, if not just now"),
                required=False,
                widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            )
        self.fields["photos"] = PhotosField(
            label=_("Photos"), required=needs_photo, widget=PhotosInput(PHOTOS)
        )

    def clean(self) -> dict:
        cleaned = super().clean() or {}
        detail = {
            name: cleaned.pop(name)
            for name in self.ledger.labels
            if cleaned.get(name) not in (None, "")
        }
        return {
            name: value for name, value in cleaned.items() if name not in self.ledger.labels
        } | {"detail": detail}


class StrikeForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is struck"),
        max_length=120,
        widget=forms.TextInput(OFF),
        help_text=_("The entry stays to be read; it counts no more."),
    )


class RoomField(forms.ModelChoiceField):
    def label_from_instance(self, room: Room) -> str:
        return room.name


class RhythmForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Ledger"),
        choices=lambda: [
            (kind, ledger.title) for kind, ledger in LEDGERS.items() if ledger.repeated
        ],
    )
    what = forms.CharField(
        label=_("What is done"),
        max_length=60,
        widget=forms.TextInput(OFF),
        help_text=_("For example: toys and tables."),
    )
    room = RoomField(
        label=_("Where"),
        queryset=Room.objects.none(),
        required=False,
        empty_label=_("The whole nursery"),
    )
    repeat = forms.ChoiceField(label=_("How often"), choices=LedgerRepeat)
    every_days = forms.IntegerField(
        label=_("Every how many days"),
        min_value=1,
        required=False,
        initial=1,
        help_text=_("1 is every day of care."),
        widget=forms.NumberInput({"inputmode": "numeric"}),
    )
    weekday = forms.TypedChoiceField(
        label=_("Weekday"),
        choices=lambda: [("", "—"), *((n, name) for n, name in enumerate(WEEKDAYS, start=1))],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Asked for where it is every week."),
    )
    needs_photo = forms.BooleanField(label=_("Each entry needs a photo"), required=False)
    basis = forms.CharField(
        label=_("Where it is laid down"),
        max_length=120,
        required=False,
        widget=forms.TextInput(OFF | {"wide": True}),
        help_text=_("The regulation and its clause. Empty: the nursery's own setting."),
    )
    valid_from = date_field(_("Valid from"), initial=today)

    def __init__(self, *args, actor: Actor, schedule: LedgerSchedule | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        rooms = Room.objects.visible_to(actor).order_by("name", "pk")
        cast("RoomField", self.fields["room"]).queryset = rooms
        if schedule is not None:
            for name in ("kind", "what", "room"):  # which task it is does not change
                del self.fields[name]


class MonthForm(forms.Form):
    """What is chosen in an address: the month as 2026-12, a ledger, a task."""

    month = forms.DateField(input_formats=["%Y-%m"], required=False)
    kind = forms.ChoiceField(choices=LedgerKind, required=False)
    task = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def chosen(self) -> tuple[dt.date, str, int | None]:
        self.is_valid()
        found = self.cleaned_data
        month = min(max(found.get("month") or today(), EARLIEST), LATEST).replace(day=1)
        return month, found.get("kind") or "", found.get("task")


def _text(label, most: int, **options) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, widget=forms.TextInput(OFF), **options)


def _field(ledger: Ledger, name: str, label) -> forms.Field:
    if name in ledger.choices:
        return forms.ChoiceField(label=label, choices=list(ledger.choices[name].items()))
    if name in ledger.numbers:
        needed = (ledger.kind, name) in {("drill", "people"), ("drill", "minutes")}
        widget = forms.NumberInput({"inputmode": "numeric"})
        most = {"minutes": 600, "people": 2000}.get(name, 10_000)
        return forms.IntegerField(
            label=label, min_value=1, max_value=most, required=needed, widget=widget
        )
    if name == "findings":
        return forms.CharField(
            label=label,
            max_length=300,
            required=False,
            widget=forms.Textarea({"rows": 2, "wide": True}),
        )
    return _text(label, 60, required=name != "mender")
