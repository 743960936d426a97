"""What an institution says of itself for the filing: who it is, its site, its service, its fees and its documents."""

import datetime as dt
import re
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import today
from core.errors import NotThere, Refused
from core.scoping import Actor
from core.validators import check_credit_code
from institution.enums import FeeUnit, LicenceKind, ServiceMode
from institution.models import Institution, Licence, ServiceFee

IDENTITY = (
    "name",
    "credit_code",
    "nature",
    "form",
    "operation",
    "legal_representative",
    "person_in_charge",
    "phone",
    "address",
    "opened_on",
)
SITE = ("places", "floor_area", "outdoor_area", "lowest_storey", "highest_storey")
SERVICE = (
    "service_modes",
    "opens_at",
    "closes_at",
    "inclusive",
    "inclusive_from",
    "inclusive_until",
    "introduction",
)
FIELDS = frozenset({*IDENTITY, *SITE, *SERVICE})
PHONE = re.compile(r"[0-9][0-9 -]{5,18}[0-9]")
MOST_YUAN = Decimal(100_000)
FEE_DAYS_AHEAD = 400


def change_file(*, actor: Actor, **changes) -> Institution:
    """Raises Refused `credit_code`, `credit_code_taken`, `phone`, `dates_reversed`, `hours_reversed`, `storeys_reversed`.

    What a rule of the place limits is not refused here: institution.selectors.file says it, with the rule.
    """
    unknown = changes.keys() - FIELDS
    if unknown:
        raise TypeError(f"not of the file: {sorted(unknown)}")
    try:
        with transaction.atomic():
            institution = _own(actor)
            changed = sorted(n for n, value in changes.items() if getattr(institution, n) != value)
            for name in changed:
                setattr(institution, name, changes[name])
            _check(institution, changed)
            if changed:
                institution.save(update_fields=changed)
                audit.record(
                    actor=actor,
                    action="institution.changed",
                    subject=institution,
                    region_path=institution.region.path,
                    data={"fields": changed},
                )
    except IntegrityError as error:
        raise _wrong(
            "credit_code", _("Another institution has this code."), "credit_code_taken"
        ) from error
    return institution


def set_fee(
    *, actor: Actor, mode: str, unit: str, amount: Decimal | None, valid_from: dt.date
) -> ServiceFee:
    """What a way of service costs from a day on; no amount ends it. The same day again corrects what was said for it.

    Raises Refused `out_of_range`, `too_far`, `not_charged`.
    """
    if amount is not None and not 0 <= amount <= MOST_YUAN:
        raise _wrong(
            "amount",
            _("Please check the amount: from 0 to %(most)s yuan.") % {"most": MOST_YUAN},
            "out_of_range",
        )
    if valid_from > today() + dt.timedelta(days=FEE_DAYS_AHEAD):
        raise _wrong(
            "valid_from", _("Please check the day: it is more than a year ahead."), "too_far"
        )
    with transaction.atomic():
        institution = _own(actor)
        fees = ServiceFee.objects.filter(institution=institution, mode=mode, unit=unit)
        if amount is None and not fees.filter(valid_from__lte=valid_from).exists():
            raise _wrong(
                "amount",
                _("This is not charged before that day, so enter an amount."),
                "not_charged",
            )
        fee, _new = fees.update_or_create(
            valid_from=valid_from,
            defaults={"amount": amount},
            create_defaults={
                "institution": institution,
                "mode": ServiceMode(mode),
                "unit": FeeUnit(unit),
                "amount": amount,
            },
        )
        audit.record(
            actor=actor,
            action="institution.fee.set",
            subject=fee,
            region_path=institution.region.path,
            data={"mode": str(mode), "unit": str(unit), "ended": amount is None},
        )
    return fee


def add_licence(
    *,
    actor: Actor,
    kind: str,
    number: str,
    issuer: str,
    issued_on: dt.date,
    valid_until: dt.date | None = None,
) -> Licence:
    """Add or renew: of one kind the document issued last counts. Raises Refused `in_future`, `dates_reversed`,
    `already_added`."""
    if issued_on > today():
        raise _wrong("issued_on", _("The day is in the future."), "in_future")
    if valid_until is not None and valid_until < issued_on:
        raise _wrong(
            "valid_until", _("The last day lies before the day of issue."), "dates_reversed"
        )
    with transaction.atomic():
        institution = _own(actor)
        same = Licence.objects.filter(
            institution=institution, kind=kind, number=number, issued_on=issued_on
        )
        if same.exists():
            raise _wrong(
                "number",
                _("This document is already on file with this day of issue."),
                "already_added",
            )
        licence = Licence.objects.create(
            institution=institution,
            kind=LicenceKind(kind),
            number=number,
            issuer=issuer,
            issued_on=issued_on,
            valid_until=valid_until,
            added_by_id=actor.user_id,
        )
        _record_licence(actor, institution, licence, "institution.licence.added")
    return licence


def remove_licence(*, actor: Actor, licence: Licence) -> None:
    """One that was entered by mistake. A document that ran out stays: the next one renews it."""
    with transaction.atomic():
        institution = _own(actor)
        found = Licence.objects.visible_to(actor).select_for_update().filter(pk=licence.pk).first()
        if found is None:
            raise NotThere
        _record_licence(actor, institution, found, "institution.licence.removed")
        found.delete()


def _own(actor: Actor) -> Institution:
    """Locked, so that two people who change the file at once do so one after the other."""
    mine = Institution.objects.visible_to(actor).filter(pk=actor.workplace)
    return mine.select_for_update(of=("self",)).select_related("region").get()


def _check(institution: Institution, changed: list[str]) -> None:
    if "credit_code" in changed:
        try:
            institution.credit_code = check_credit_code(code=institution.credit_code)
        except ValidationError as error:
            raise _wrong("credit_code", str(error.message), "credit_code") from error
    if "phone" in changed and institution.phone and not PHONE.fullmatch(institution.phone):
        raise _wrong(
            "phone", _("Enter a telephone number in digits, such as 0537-2300000."), "phone"
        )
    if institution.closes_at <= institution.opens_at:
        raise _wrong("closes_at", _("It closes before it opens."), "hours_reversed")
    low, high = institution.lowest_storey, institution.highest_storey
    if low is not None and high is not None and high < low:
        raise _wrong(
            "highest_storey", _("The highest floor lies below the lowest."), "storeys_reversed"
        )
    begin, end = institution.inclusive_from, institution.inclusive_until
    if begin and end and end < begin:
        raise _wrong("inclusive_until", _("The last day lies before the first."), "dates_reversed")


def _record_licence(actor: Actor, institution: Institution, licence: Licence, action: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=licence,
        region_path=institution.region.path,
        data={"kind": str(licence.kind)},
    )


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
