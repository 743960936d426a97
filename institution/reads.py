"""Reads of a child's data that are written down, and the words in which its guardians see them."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import audit
from core.scoping import Actor
from institution.models import DailyEntry, Institution

FIELDS: dict[str, str | Promise] = {
    "absence": _("Sick absence"),
    "allergies": _("Allergies"),
    "daily_log": _("Daily log"),
    "diet": _("What must not be given to the child"),
    "guardian_phone": _("Whole telephone number of a guardian"),
    "guardians": _("Guardians and their telephones"),
    "history": _("Earlier versions of the file"),
    "incident": _("Incident"),
    "measurement": _("Height and weight"),
    "messages": _("Messages"),
    "morning_check": _("Morning check"),
    "photos": _("Photos"),
    "pickup": _("Who may pick up, with photos"),
    "plans": _("What the family told of the days to come"),
    "resident_id": _("Resident ID number"),
}
PURPOSES: dict[str, str | Promise] = {
    "api": _("Through a connected program"),
    "care": _("Care in the class"),
    "child_file": _("Opened the child's file"),
    "correction": _("To correct an entry"),
    "emergency": _("Emergency"),
    "family": _("In the family's app"),
    "filing": _("Filing with the authority"),
    "health_record": _("Health record"),
    "health_today": _("Health overview of the day"),
    "kitchen": _("To plan the meals"),
    "messages": _("Messages with the family"),
    "photo": _("Opened a photo"),
    "pickup": _("At the door"),
    "subsidy": _("Subsidy application"),
}


def log_read(
    *,
    actor: Actor,
    entries: Iterable[DailyEntry],
    purpose: str,
    place: Institution | None = None,
) -> None:
    """Entries of the daily log were shown. `place` is the nursery, with its region, where the reader has none."""
    shown = list(entries)
    for fields, children in (
        (["daily_log"], {entry.child_id for entry in shown}),
        (["photos"], {entry.child_id for entry in shown if entry.kind == "photo"}),
    ):
        audit.viewed(
            actor=actor,
            child_ids=children,
            fields=fields,
            purpose=purpose,
            institution_id=place.pk if place else None,
            region_path=place.region.path if place else "",
        )


def place_of(actor: Actor, entries: Iterable[DailyEntry]) -> Institution | None:
    """The nursery of the first entry, for readers who belong to none."""
    first = next(iter(entries), None)
    if actor.institution_id is not None or first is None:
        return None
    return Institution.objects.select_related("region").get(pk=first.institution_id)
