"""Times at which families may look at the nursery, and who comes when."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import now
from core.errors import NotThere, Refused
from core.scoping import Actor
from institution.enums import AdmissionState
from institution.models import Application, VisitBooking, VisitSlot
from institution.services import admissions

DAYS_AHEAD = 180


def add_slot(*, actor: Actor, starts_at: dt.datetime, places: int) -> VisitSlot:
    """Raises Refused `slot_time`, `slot_there`."""
    if not now() <= starts_at <= now() + dt.timedelta(days=DAYS_AHEAD):
        raise _wrong(_("The visit must lie between now and half a year ahead."), "slot_time")
    try:
        with transaction.atomic():
            slot = VisitSlot.objects.create(
                institution_id=actor.workplace,
                starts_at=starts_at,
                places=places,
                made_by_id=actor.user_id,
            )
            audit.record(
                actor=actor, action="visit.slot.added", subject=slot, data={"places": places}
            )
    except IntegrityError as error:
        raise _wrong(_("There is a visit at this time already."), "slot_there") from error
    return slot


def remove_slot(*, actor: Actor, slot: VisitSlot) -> None:
    """Raises Refused `slot_booked`."""
    with transaction.atomic():
        mine = VisitSlot.objects.visible_to(actor).select_for_update(of=("self",))
        found = mine.filter(pk=slot.pk).first()
        if found is None:
            raise NotThere
        if VisitBooking.objects.filter(slot=found).exists():
            raise Refused(
                _("Families have booked this visit. Give them another time first."), "slot_booked"
            )
        audit.record(actor=actor, action="visit.slot.removed", subject=found)
        found.delete()


def book_visit(*, actor: Actor, application: Application, slot: VisitSlot) -> VisitBooking:
    """Another slot takes the place of the one before. Raises Refused `step_not_allowed`, `visit_over`, `visit_full`."""
    try:
        with transaction.atomic():
            found = admissions.lock(actor, application)
            if found.state != AdmissionState.VISIT:
                admissions.check_step(found, AdmissionState.VISIT)
            open_slot = VisitSlot.objects.visible_to(actor).filter(pk=slot.pk).first()
            if open_slot is None:
                raise NotThere
            if open_slot.starts_at < now():
                raise _wrong(_("This visit is over. Choose a later one."), "visit_over", "slot")
            booking, _new = VisitBooking.objects.update_or_create(
                application=found,
                defaults={"slot": open_slot},
                create_defaults={"slot": open_slot, "institution_id": found.institution_id},
            )
            admissions.step(actor, found, AdmissionState.VISIT, slot=open_slot.pk)
    except IntegrityError as error:
        if "every place" not in str(error):
            raise
        sentence = _("Every place of this visit is booked. Choose another one.")
        raise _wrong(sentence, "visit_full", "slot", 409) from error
    return booking


def _wrong(message: str, code: str, field: str = "starts_at", status: int = 400) -> Refused:
    return Refused(message, code, fields={field: message}, status=status)
