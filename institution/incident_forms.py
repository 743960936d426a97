import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from core.calendar import now, zone
from institution.enums import BodyPart, IncidentGravity, IncidentKind
from institution.models import Child, Incident, Room
from institution.services.incidents import MOST_REASON, MOST_SEEN_BY, MOST_TEXT

MOMENT = "%Y-%m-%dT%H:%M"
OFF = {"autocomplete": "off"}


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format=MOMENT)


class RoomField(forms.ModelChoiceField):
    def label_from_instance(self, room: Room) -> str:
        return room.name


class FactsForm(forms.Form):
    """What happened. Of a draft only the kind, the time and how serious it is are asked for."""

    kind = forms.ChoiceField(label=_("What kind"), choices=IncidentKind, widget=forms.RadioSelect)
    gravity = forms.ChoiceField(
        label=_("How serious"), choices=IncidentGravity, widget=forms.RadioSelect
    )
    happened_at = forms.DateTimeField(label=_("When"), input_formats=[MOMENT], widget=MomentInput())
    room = RoomField(label=_("Where"), queryset=Room.objects.none(), required=False)
    place = forms.CharField(
        label=_("Another place"), max_length=40, required=False, widget=forms.TextInput(OFF)
    )
    body = forms.MultipleChoiceField(
        label=_("Where on the body"),
        choices=BodyPart,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    what = forms.CharField(
        label=_("What happened"),
        max_length=MOST_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    done = forms.CharField(
        label=_("What was done"),
        max_length=MOST_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    seen_by = forms.CharField(
        label=_("Who saw it"),
        max_length=MOST_SEEN_BY,
        required=False,
        widget=forms.TextInput(OFF),
    )

    def __init__(self, data=None, files=None, *, rooms, initial: dict | None = None) -> None:
        super().__init__(data, files, initial=initial)
        self.fields["room"].queryset = rooms  # type: ignore[attr-defined]  # a choice field
        self.fields["room"].empty_label = _("Not in one of our rooms")  # type: ignore[attr-defined]

    @property
    def marked(self) -> list[str]:
        return list(self["body"].value() or ())


class IncidentForm(FactsForm):
    """A draft, or with `send` at once to the review."""

    children = forms.ModelMultipleChoiceField(
        label=_("Which children"), queryset=Child.objects.none(), required=False
    )
    photo = forms.FileField(
        label=_("Photo"), required=False, widget=forms.FileInput({"accept": "image/*"})
    )
    send = forms.BooleanField(required=False)

    def __init__(self, data=None, files=None, *, rooms, children, initial=None) -> None:
        super().__init__(data, files, rooms=rooms, initial=initial)
        self.fields["children"].queryset = children  # type: ignore[attr-defined]  # a choice field

    def clean(self) -> dict:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("send"):
            self._ask("what", _("Please write what happened."))
            self._ask("done", _("Please write what was done."))
            if not cleaned.get("room") and not cleaned.get("place", "").strip():
                self.add_error("room", _("Please say where it happened."))
        cleaned["children"] = list(cleaned.get("children") or ())
        return cleaned

    def _ask(self, name: str, message) -> None:
        if name not in self.errors and not self.cleaned_data.get(name, "").strip():
            self.add_error(name, message)


class CorrectForm(FactsForm):
    reason = forms.CharField(
        label=_("Why it is corrected"), max_length=MOST_REASON, widget=forms.TextInput(OFF)
    )


def told(incident: Incident) -> dict:
    """What the form starts with."""
    return {
        "kind": incident.kind,
        "gravity": incident.gravity,
        "happened_at": incident.happened_at,
        "room": incident.room_id,
        "place": incident.place,
        "body": incident.body,
        "what": incident.what,
        "done": incident.done,
        "seen_by": incident.seen_by,
    }


def blank() -> dict:
    """Just now, and nothing worse than a scratch."""
    return {
        "gravity": IncidentGravity.MINOR,
        "happened_at": now().astimezone(zone()).replace(second=0, microsecond=0),
    }


class BackForm(forms.Form):
    reason = forms.CharField(
        label=_("What is missing"), max_length=MOST_REASON, widget=forms.TextInput(OFF)
    )


class CloseForm(forms.Form):
    reason = forms.CharField(
        label=_("Why without the family"), max_length=MOST_REASON, widget=forms.TextInput(OFF)
    )


class ApproveForm(forms.Form):
    """One text for each child's family."""

    share_photo = forms.BooleanField(label=_("Show the family the photo"), required=False)

    def __init__(self, data=None, *, children: list[Child], photo: bool) -> None:
        super().__init__(data)
        self.told = [f"text_{child.pk}" for child in children]
        for child in children:
            self.fields[f"text_{child.pk}"] = forms.CharField(
                label=_("For the family of %(name)s") % {"name": child.name},
                max_length=MOST_TEXT,
                widget=forms.Textarea({"rows": 3}),
            )
        if not photo or len(children) != 1:
            del self.fields["share_photo"]

    @property
    def texts(self) -> list[forms.BoundField]:
        return [self[name] for name in self.told]

    def clean(self) -> dict:
        cleaned = super().clean() or self.cleaned_data
        texts = {int(name.removeprefix("text_")): cleaned.pop(name, "") for name in self.told}
        return {"texts": texts, "share_photo": cleaned.get("share_photo", False)}


class ReportForm(forms.Form):
    reported_at = forms.DateTimeField(
        label=_("Reported at"), input_formats=[MOMENT], widget=MomentInput()
    )
    reported_to = forms.CharField(label=_("To whom"), max_length=60, widget=forms.TextInput(OFF))
    reference_no = forms.CharField(
        label=_("Reference number"), max_length=60, required=False, widget=forms.TextInput(OFF)
    )

    def __init__(self, data=None) -> None:
        moment: dt.datetime = now().astimezone(zone()).replace(second=0, microsecond=0)
        super().__init__(data, initial={"reported_at": moment})
