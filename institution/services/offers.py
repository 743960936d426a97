"""From the offer of a place to the first day. The last place goes to one family only: the class's row is locked."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from core.calendar import today
from core.errors import Refused
from core.scoping import Actor
from institution.enums import AdmissionState, OfferState
from institution.models import Application, ClassGroup, Contract, Enrolment, Offer, ServiceFee
from institution.services import admissions, children, entry_rules

S = AdmissionState
DAYS_AHEAD = 400
MOST_DAYS = 90


def make_offer(
    *,
    actor: Actor,
    application: Application,
    class_group: ClassGroup,
    start_on: dt.date,
    days: int | None = None,
) -> Offer:
    """A place from `start_on` on, held for `days`; settings.OFFER_DAYS unless said. One that ran out may be made anew.

    Raises Refused `step_not_allowed`, `offer_open`, `start_day`, `class_closed`, `wrong_age`, `class_full`.
    """
    held_for = settings.OFFER_DAYS if days is None else max(0, min(days, MOST_DAYS))
    with transaction.atomic():
        found = admissions.lock(actor, application)
        _close_old_offer(found)
        if found.state != S.OFFERED:
            admissions.check_step(found, S.OFFERED)
        check_offer(actor, found, class_group, start_on)
        children.lock_with_room(class_group, start_on, apart_from=found.pk)
        offer = Offer.objects.create(
            institution_id=found.institution_id,
            application=found,
            class_group=class_group,
            start_on=start_on,
            expires_on=today() + dt.timedelta(days=held_for),
            made_by_id=actor.user_id,
        )
        admissions.step(actor, found, S.OFFERED, offer=offer.pk, class_group=class_group.pk)
    return offer


def check_offer(
    actor: Actor, application: Application, class_group: ClassGroup, start_on: dt.date
) -> None:
    """Everything but whether there is room."""
    if not today() <= start_on <= today() + dt.timedelta(days=DAYS_AHEAD):
        sentence = _("The first day must lie between today and a year ahead.")
        raise Refused(sentence, "start_day", fields={"start_on": sentence}, status=400)
    children.check_class(actor, class_group, start_on)
    children.check_age(class_group, application.born_on, start_on)


def problems(
    actor: Actor, application: Application, class_group: ClassGroup, start_on: dt.date
) -> list[Refused]:
    """What would be refused, tried without doing it."""
    found = []
    room = lambda: children.check_room(class_group, start_on, apart_from=application.pk)  # noqa: E731 -- a pair of questions
    for ask in (lambda: check_offer(actor, application, class_group, start_on), room):
        try:
            ask()
        except Refused as refused:
            found.append(refused)
    return found


def sign_contract(
    *,
    actor: Actor,
    application: Application,
    mode: str,
    signed_on: dt.date,
    ends_on: dt.date | None = None,
) -> Contract:
    """The family takes the offered place. The fees of that day are written down and stay.

    Raises Refused `step_not_allowed`, `offer_expired`, `in_future`, `dates_reversed`.
    """
    with transaction.atomic():
        found = admissions.lock(actor, application)
        admissions.check_step(found, S.CONTRACTED)
        offer = Offer.objects.filter(application=found).holding(today()).first()
        if offer is None:
            raise Refused(
                _("The offer has run out, so its place is no longer held. Make a new offer."),
                "offer_expired",
            )
        if signed_on > today():
            raise _wrong("signed_on", _("The day is in the future."), "in_future")
        if ends_on is not None and ends_on < offer.start_on:
            raise _wrong("ends_on", _("The last day lies before the first day."), "dates_reversed")
        Offer.objects.filter(pk=offer.pk).update(state=OfferState.ACCEPTED)
        contract = Contract.objects.create(
            institution_id=found.institution_id,
            application=found,
            class_group_id=offer.class_group_id,
            mode=mode,
            fee_terms=_fee_terms(found.institution_id, mode, signed_on),
            starts_on=offer.start_on,
            ends_on=ends_on,
            signed_on=signed_on,
            made_by_id=actor.user_id,
        )
        admissions.step(actor, found, S.CONTRACTED, contract=contract.pk)
    return contract


def start(*, actor: Actor, application: Application, start_on: dt.date) -> Enrolment:
    """The child's first day: from here on it is on file, with its place and its guardian.

    Raises Refused `step_not_allowed`, `entry_blocked` with the reasons, `start_day`, and as `enrol_child`.
    """
    with transaction.atomic():
        found = admissions.lock(actor, application)
        admissions.check_step(found, S.STARTED)
        contract = Contract.objects.select_related("class_group").get(
            application=found, ended_on=None
        )
        if not contract.starts_on <= start_on <= today() + dt.timedelta(days=DAYS_AHEAD):
            sentence = _("The contract begins on %(day)s.") % {"day": contract.starts_on}
            raise Refused(sentence, "start_day", fields={"start_on": sentence}, status=400)
        _check_entry(found, start_on)
        place = children.enrol_child(
            actor=actor,
            name=found.name,
            sex=found.sex,
            born_on=found.born_on,
            resident_id=found.resident_id,
            class_group=contract.class_group,
            start_on=start_on,
            guardian_name=found.guardian_name,
            guardian_phone=found.guardian_phone,
            relation=found.relation,
            application_id=found.pk,
        )
        found.child_id = place.child_id
        found.resident_id = found.guardian_phone = ""  # the child's own file holds them now
        admissions.step(actor, found, S.STARTED, place=place.pk)
    return place


def _check_entry(application: Application, on: dt.date) -> None:
    reasons = entry_rules.missing(application, on)
    if reasons:
        said = " ".join(reason.text for reason in reasons)
        raise Refused(
            _("The child cannot start yet. %(reasons)s") % {"reasons": said}, "entry_blocked"
        )


def _close_old_offer(application: Application) -> None:
    open_offers = Offer.objects.filter(application=application, state=OfferState.OPEN)
    if open_offers.holding(today()).exists():
        raise Refused(_("A place is offered to this family already."), "offer_open")
    open_offers.update(state=OfferState.EXPIRED)


def _fee_terms(institution_id: int, mode: str, on: dt.date) -> list[dict]:
    fees = ServiceFee.objects.filter(institution=institution_id, mode=mode).in_force(on)
    return [
        {"mode": fee.mode, "unit": fee.unit, "amount": str(fee.amount), "from": str(fee.valid_from)}
        for fee in fees.order_by("unit", "pk")
    ]


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
