"""An application from the first question of a family to the waiting list, and how it may end."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import now, today
from core.errors import NotThere, Refused
from core.scoping import Actor
from institution import admissions
from institution.enums import AdmissionState, LeavingReason, OfferState
from institution.models import (
    Application,
    ApplicationStep,
    Child,
    Contract,
    Enrolment,
    Offer,
    VisitBooking,
)
from institution.services.children import child_with_number

S = AdmissionState
FIELDS = (
    "name",
    "sex",
    "born_on",
    "resident_id",
    "guardian_name",
    "guardian_phone",
    "relation",
    "wished_month",
    "class_type",
    "source",
    "sibling",
    "priority",
    "priority_reason",
    "note",
)
MONTHS_AHEAD = 36


def add_application(
    *,
    actor: Actor,
    name: str,
    sex: str,
    born_on: dt.date,
    guardian_name: str,
    guardian_phone: str,
    relation: str,
    wished_month: dt.date,
    source: str,
    state: str = S.APPLIED,
    resident_id: str = "",
    class_type: str = "",
    sibling: bool = False,
    priority: int = 0,
    priority_reason: str = "",
    note: str = "",
) -> Application:
    """An enquiry, or an application at once. A child that is on file here is linked, never written down a second time.

    Raises Refused `already_applied`, `identity_differs`, `too_far`, `priority_reason`, `step_not_allowed`.
    """
    if state not in (S.ENQUIRY, S.APPLIED):
        raise _not_a_step("", state)
    application = Application(
        institution_id=actor.workplace,
        name=name,
        sex=sex,
        born_on=born_on,
        resident_id=resident_id,
        guardian_name=guardian_name,
        guardian_phone=guardian_phone,
        relation=relation,
        wished_month=wished_month.replace(day=1),
        class_type=class_type,
        source=source,
        sibling=sibling,
        priority=priority,
        priority_reason=priority_reason,
        note=note,
        state=AdmissionState(state),
        state_since=now(),
        added_by_id=actor.user_id,
    )
    _check(application)
    with transaction.atomic():
        application.child = known_child(application)
        _save(application)
        keep_step(actor, application, before="")
        audit.record(
            actor=actor,
            action="admission.added",
            subject=application,
            child_ids=_child_ids(application),
            data={"state": str(state)},
        )
    return application


def change_application(*, actor: Actor, application: Application, **changes) -> Application:
    """Raises Refused as `add_application`, and `closed`."""
    if unknown := changes.keys() - set(FIELDS):
        raise TypeError(f"not of an application: {sorted(unknown)}")
    with transaction.atomic():
        found = lock(actor, application)
        if not found.is_open:
            raise Refused(_("This application is closed, so it is not changed any more."), "closed")
        if "wished_month" in changes:
            changes["wished_month"] = changes["wished_month"].replace(day=1)
        changed = sorted(n for n, value in changes.items() if getattr(found, n) != value)
        for field in changed:
            setattr(found, field, changes[field])
        _check(found)
        if changed:
            found.child = known_child(found)
            _save(found)
            audit.record(
                actor=actor,
                action="admission.changed",
                subject=found,
                child_ids=_child_ids(found),
                data={"fields": changed},
            )
    return found


def move(*, actor: Actor, application: Application, to: str, reason: str = "") -> Application:
    """A step that needs nothing but saying so. What was offered or agreed before ends with it.

    Raises Refused `step_not_allowed`, `reason_missing`, `already_applied`.
    """
    with transaction.atomic():
        found = lock(actor, application)
        if to not in admissions.SAID:
            raise _not_a_step(found.state, to)
        check_step(found, to)
        if to in admissions.WITH_REASON and not reason:
            raise Refused(
                _("Say why, so that it can be read later."),
                "reason_missing",
                fields={"reason": _("Say why, so that it can be read later.")},
            )
        _end_what_was(found, to)
        step(actor, found, to, reason=reason)
    return found


def check_step(application: Application, to: str) -> None:
    if not admissions.allowed(application.state, to):
        raise _not_a_step(application.state, to)


def step(actor: Actor, application: Application, to: str, *, reason: str = "", **data) -> None:
    """Into the state `to`, with its record. The caller has locked the application and asked `check_step`."""
    before = application.state
    application.state = AdmissionState(to)
    application.state_since = now()
    if to == S.WAITING and application.waiting_since is None:
        application.waiting_since = today()
    _save(application)
    keep_step(actor, application, before=before, reason=reason)
    audit.record(
        actor=actor,
        action="admission.moved",
        subject=application,
        child_ids=_child_ids(application),
        data={"from": before, "to": str(to)} | data,
    )


def keep_step(actor: Actor, application: Application, *, before: str, reason: str = "") -> None:
    ApplicationStep.objects.create(
        institution_id=application.institution_id,
        application=application,
        before=before,
        state=application.state,
        reason=reason,
        made_by_id=actor.user_id,
    )


def lock(actor: Actor, application: Application) -> Application:
    mine = Application.objects.visible_to(actor).select_for_update(of=("self",))
    found = mine.filter(pk=application.pk).first()
    if found is None:
        raise NotThere
    return found


def known_child(application: Application) -> Child | None:
    """The child with this number, if it is or was in care here. Of one that is elsewhere nothing is linked."""
    found = child_with_number(application.resident_id) if application.resident_id else None
    if found is None:
        return None
    here = Enrolment.objects.filter(child=found, institution=application.institution_id)
    if not here.exists():
        return None
    if (found.name, found.born_on) != (application.name, application.born_on):
        sentence = _("This resident ID number is on file with another name or date of birth.")
        raise Refused(sentence, "identity_differs", fields={"resident_id": sentence})
    return found


def unmask_phone(*, actor: Actor, application: Application, purpose: str) -> str:
    with transaction.atomic():
        audit.record(
            actor=actor,
            action="admission.unmasked",
            subject=application,
            child_ids=_child_ids(application),
            data={"field": "guardian_phone", "purpose": purpose},
        )
    return application.guardian_phone


def _check(application: Application) -> None:
    months = (application.wished_month.year - today().year) * 12
    months += application.wished_month.month - today().month
    if not -1 <= months <= MONTHS_AHEAD:
        sentence = _("The wished month is over or more than three years ahead.")
        raise Refused(sentence, "too_far", fields={"wished_month": sentence}, status=400)
    if bool(application.priority) != bool(application.priority_reason):
        sentence = _("A priority and its reason are told together.")
        raise Refused(sentence, "priority_reason", fields={"priority_reason": sentence}, status=400)


def _save(application: Application) -> None:
    try:
        with transaction.atomic():
            application.save()
    except IntegrityError as error:
        if "institution_application_once" not in str(error):
            raise
        sentence = _("There is an application for this child here already.")
        raise Refused(sentence, "already_applied", fields={"resident_id": sentence}) from error


def _end_what_was(application: Application, to: str) -> None:
    """A visit still to come, an open offer, or a contract whose child never came."""
    coming = VisitBooking.objects.filter(application=application, slot__starts_at__gte=now())
    coming.delete()
    answer = OfferState.DECLINED if to == S.WITHDRAWN else OfferState.WITHDRAWN
    offers = Offer.objects.filter(application=application, state=OfferState.OPEN)
    offers.filter(expires_on__lt=today()).update(state=OfferState.EXPIRED)
    offers.update(state=answer)
    Contract.objects.filter(application=application, ended_on=None).update(
        ended_on=today(), end_reason=LeavingReason.OTHER
    )


def _not_a_step(now_in: str, to: str) -> Refused:
    names = {"now": AdmissionState(now_in).label if now_in else "–", "to": AdmissionState(to).label}
    sentence = _("An application does not go from “%(now)s” to “%(to)s”.") % names
    return Refused(sentence, "step_not_allowed")


def _child_ids(application: Application) -> list[int]:
    return [application.child_id] if application.child_id else []
