"""What a nursery's staff have: certificates added or renewed, hours of training."""

import calendar
import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import today
from core.errors import NotThere, Refused
from core.scoping import Actor
from institution.models import Membership
from training.models import Certificate, CertificateType, TrainingRecord

MOST_HOURS = 24


@transaction.atomic
def add_certificate(
    *,
    actor: Actor,
    membership: Membership,
    type: CertificateType,  # noqa: A002 -- the model's own word
    issued_on: dt.date,
    number: str = "",
    expires_on: dt.date | None = None,
) -> Certificate:
    """Add or renew: the certificate issued last is the one that counts. Without a last day the kind's term tells it."""
    membership = _lock_member(actor, membership)
    _check_past(issued_on, "issued_on")
    expires_on = expires_on or usual_end(type, issued_on)
    if expires_on is not None and expires_on < issued_on:
        message = _("The last day lies before the day of issue.")
        raise Refused(message, "dates_reversed", fields={"expires_on": message})
    if Certificate.objects.filter(membership=membership, type=type, issued_on=issued_on).exists():
        message = _("This person already has this certificate with this day of issue.")
        raise Refused(message, "already_added", fields={"issued_on": message})
    certificate = Certificate.objects.create(
        institution_id=membership.institution_id,
        membership=membership,
        type=type,
        number=number,
        issued_on=issued_on,
        expires_on=expires_on,
        added_by_id=actor.user_id,
    )
    _record(actor, "training.certificate.add", certificate, membership, {"type": type.code})
    return certificate


@transaction.atomic
def add_training(
    *, actor: Actor, membership: Membership, topic: str, hours: Decimal, held_on: dt.date
) -> TrainingRecord:
    membership = _lock_member(actor, membership)
    _check_past(held_on, "held_on")
    if not 0 < hours <= MOST_HOURS:
        message = _("Please check the hours: more than 0 and at most %(most)s a day.") % {
            "most": MOST_HOURS
        }
        raise Refused(message, "out_of_range", fields={"hours": message})
    if TrainingRecord.objects.filter(membership=membership, topic=topic, held_on=held_on).exists():
        message = _("This training is already recorded for that day.")
        raise Refused(message, "already_added", fields={"topic": message})
    training = TrainingRecord.objects.create(
        institution_id=membership.institution_id,
        membership=membership,
        topic=topic,
        hours=hours,
        held_on=held_on,
        added_by_id=actor.user_id,
    )
    _record(actor, "training.record.add", training, membership, {})
    return training


def usual_end(type: CertificateType, issued_on: dt.date) -> dt.date | None:  # noqa: A002
    """The same day so many months later, or the last of a shorter month."""
    if type.validity_months is None:
        return None
    year, month = divmod(issued_on.year * 12 + issued_on.month - 1 + type.validity_months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(issued_on.day, last))


def _lock_member(actor: Actor, membership: Membership) -> Membership:
    """Locked, so that the same paper sent twice is added once."""
    found = (
        Membership.objects.visible_to(actor)
        .working(today())
        .select_for_update(of=("self",))
        .select_related("institution__region")
        .filter(pk=membership.pk)
        .first()
    )
    if found is None:
        raise NotThere(_("This person does not work here any more."), "member_not_found")
    return found


def _check_past(day: dt.date, name: str) -> None:
    if day > today():
        message = _("The day is in the future.")
        raise Refused(message, "in_future", fields={name: message})


def _record(actor: Actor, action: str, row, membership: Membership, data: dict) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=row,
        institution_id=membership.institution_id,
        region_path=membership.institution.region.path,
        data=data | {"membership": membership.pk},
    )
