"""Somebody who is not on the list wants to take a child: an alert, a question to the family, and one yes at most."""

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, jobs
from core.calendar import day_bounds, now, today
from core.errors import NotThere, Refused
from core.live.groups import child_groups
from core.realtime import announce
from core.scoping import Actor
from institution.enums import AlertKind
from institution.models import Attendance, Child, PickupQuestion
from institution.services import alerts, daily_log
from institution.services.pickup import TOPIC, guardianship_of

SETTLE = "institution.tasks.settle_pickup_question"
MOST_OPEN = 3


def ask(*, actor: Actor, child: Child, name: str) -> PickupQuestion:
    """The guardians see it at once. Raises Refused `no_name`, `not_here`, `asked_already`."""
    if not name.strip():
        raise _wrong(_("Please ask for the name and write it down."), "no_name")
    with transaction.atomic():
        here = Attendance.objects.visible_to(actor).on(today()).present().filter(child=child)
        place = here.select_for_update(of=("self",)).first()
        if place is None:
            raise Refused(
                _("%(name)s is not at the nursery now.") % {"name": child.name}, "not_here"
            )
        if open_questions(actor, child).count() >= MOST_OPEN:
            raise Refused(_("The family has been asked. Please call them."), "asked_already")
        question = PickupQuestion.objects.create(
            institution_id=place.institution_id,
            class_group_id=place.class_group_id,
            child=child,
            name=name.strip()[:40],
            asked_by_id=actor.user_id,
            asked_at=now(),
        )
        _raise(actor, question)
        _record(actor, question, "pickup.family_asked")
        _tell(question)
    return question


def answer(*, actor: Actor, question: PickupQuestion, agreed: bool) -> PickupQuestion:
    """By a guardian. Raises Refused `not_a_guardian`, `answered_already`, `past`."""
    with transaction.atomic():
        rows = PickupQuestion.objects.visible_to(actor).select_for_update(of=("self",))
        found = rows.filter(pk=question.pk).select_related("child", "institution__region").first()
        if found is None:
            raise NotThere
        guardianship_of(actor, found.child_id)
        if found.agreed is not None:
            raise Refused(_("This question was answered already."), "answered_already")
        if found.asked_at < day_bounds(today())[0]:
            raise Refused(_("This day is over."), "past")
        found.agreed, found.answered_at, found.answered_by_id = agreed, now(), actor.user_id
        found.save(update_fields=["agreed", "answered_at", "answered_by"])
        action = "pickup.family_agreed" if agreed else "pickup.family_refused"
        _record(actor, found, action, region_path=found.institution.region.path)
        _tell(found)
        jobs.later(SETTLE, question_id=found.pk)  # a family has no right to alerts
    return found


def settle(*, question_id: int) -> None:
    """The alert follows the answer: over after a yes, and after a no graver than before, by what it says."""
    question = PickupQuestion.objects.filter(pk=question_id).first()
    if question is None or question.agreed is None:
        return
    if question.agreed:
        _end(question)
    else:
        _raise(None, question)


def hand_over(*, actor: Actor, question: PickupQuestion) -> PickupQuestion:
    """The family said yes: the child goes home with this person, once. Raises Refused `no_yes`, `used_already`."""
    with transaction.atomic():
        rows = PickupQuestion.objects.visible_to(actor).select_for_update(of=("self",))
        found = rows.filter(pk=question.pk).select_related("child").first()
        if found is None:
            raise NotThere
        if not found.agreed or found.asked_at < day_bounds(today())[0]:
            raise Refused(_("The family has not said yes."), "no_yes")
        if found.used_at is not None:
            raise Refused(_("This yes was used already."), "used_already")
        moment = now()
        person = {"kind": "asked", "id": found.pk}
        entry = daily_log.NewEntry(
            id=found.entry,
            child_id=found.child_id,
            kind="leave",
            at=moment,
            detail=msgspec.json.encode({"by": found.name, "person": person}),
            checked=True,
        )
        (stored,) = daily_log.record(actor=actor, entries=[entry])
        if stored.status == "refused":
            raise Refused(stored.message, stored.code)
        found.used_at, found.used_by_id = moment, actor.user_id
        found.save(update_fields=["used_at", "used_by"])
        _end(found)
        _record(actor, found, "pickup.handed_over")
        _tell(found)
    return found


def open_questions(actor: Actor, child: Child):
    """Today's that nobody has answered."""
    rows = PickupQuestion.objects.visible_to(actor).filter(child=child, agreed=None)
    return rows.filter(asked_at__gte=day_bounds(today())[0])


def _raise(actor: Actor | None, question: PickupQuestion) -> None:
    alerts.raise_alert(
        actor=actor,
        institution_id=question.institution_id,
        kind=AlertKind.UNKNOWN_PERSON,
        key=_key(question),
        evidence={"question": question.pk, "family_refused": question.agreed is False},
        class_group_id=question.class_group_id,
        child_id=question.child_id,
    )


def _end(question: PickupQuestion) -> None:
    alerts.condition_ended(
        institution_id=question.institution_id, kind=AlertKind.UNKNOWN_PERSON, key=_key(question)
    )


def _key(question: PickupQuestion) -> str:
    return f"asked:{question.pk}"


def _record(actor: Actor, question: PickupQuestion, action: str, *, region_path: str = "") -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=question,
        institution_id=question.institution_id,
        region_path=region_path or actor.region_path,
        child_ids=[question.child_id],
    )


def _tell(question: PickupQuestion) -> None:
    announce(
        topic=TOPIC,
        groups=[*child_groups([question.child_id]), f"institution.{question.institution_id}"],
    )


def _wrong(message: str, code: str) -> Refused:
    return Refused(message, code, fields={"name": message}, status=400)
