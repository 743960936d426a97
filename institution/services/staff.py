"""The staff files of a nursery: taking people on, keeping what an inspection asks for, ending a post."""

import datetime as dt
import re

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from core import audit, rls
from core.calendar import now, today
from core.crypto import normalise
from core.errors import NotThere, Refused
from core.models import User
from core.permissions import Role
from core.realtime import actor_changed, announce
from core.scoping import Actor
from core.signin.sessions import end_everything
from core.validators import check_resident_id
from institution.actors import posts_of
from institution.enums import StaffPost
from institution.models import (
    Membership,
    Shift,
    StaffFile,
    StaffIdentity,
    StaffLeave,
    StaffPresence,
)

TOPIC = "roster"
DAYS_AHEAD = 180
DAYS_BACK = 366 * 50
ROLES = {
    StaffPost.DIRECTOR: Role.DIRECTOR,
    StaffPost.CARER: Role.CARER,
    StaffPost.HEALTH_WORKER: Role.HEALTH_WORKER,
    StaffPost.CLERK: Role.CLERK,
}
POSTS = {role: post for post, role in ROLES.items()}
FACTS = (
    "employment",
    "education",
    "contract_kind",
    "contract_from",
    "contract_until",
    "health_number",
    "health_until",
    "clearance_asked_on",
    "clearance_clear_on",
)
OTHER_DOCUMENT = re.compile(r"[A-Z0-9]{6,20}")


def add_staff(
    *,
    actor: Actor,
    name: str,
    phone: str,
    document_number: str,
    post: str,
    start_on: dt.date,
    **facts,
) -> StaffFile:
    """A person known by the document number or the phone keeps the account, whichever nursery the person comes from.

    Raises Refused `document`, `start_too_far`, `identity_differs`, `phone_taken`, `full_time_elsewhere`, `already_here`,
    `dates_reversed`, `in_future`.
    """
    _check_start(start_on)
    number = _checked(document_number)
    with transaction.atomic():
        user = _person(name=name, phone=phone, number=number)
        file = StaffFile(
            institution_id=actor.workplace,
            user=user,
            post=StaffPost(post),
            during=(start_on, None),
            **facts,
        )
        file.membership = _membership(file, start_on)
        _store(actor, file, number)
        actor_changed(user.pk)
    return file


def open_file(*, actor: Actor, membership: Membership, document_number: str, **facts) -> StaffFile:
    """The file of somebody who has a post on the platform already. Raises as `add_staff`."""
    number = _checked(document_number)
    with transaction.atomic():
        mine = Membership.objects.visible_to(actor).working(today())
        found = mine.select_for_update(of=("self",)).filter(pk=membership.pk).first()
        if found is None:
            raise NotThere
        known = _with_document(number)
        if known is not None and known.user_id != found.user_id:
            raise _wrong(
                "document_number",
                _("Another person is on file with this document number."),
                "identity_differs",
            )
        file = StaffFile(
            institution_id=actor.workplace,
            user_id=found.user_id,
            membership=found,
            post=POSTS[Role(found.role)],
            during=(found.started_on, found.ended_on),
            **facts,
        )
        _store(actor, file, number)
    return file


def change_staff(
    *, actor: Actor, staff: StaffFile, document_number: str = "", **facts
) -> StaffFile:
    """A blank document number keeps the one on file. Raises as `add_staff`."""
    unknown = facts.keys() - set(FACTS)
    if unknown:
        raise TypeError(f"not of the staff file: {sorted(unknown)}")
    number = _checked(document_number) if document_number else ""
    with transaction.atomic():
        file = _locked(actor, staff)
        changed = sorted(n for n, value in facts.items() if getattr(file, n) != value)
        for name in changed:
            setattr(file, name, facts[name])
        _check(file)
        if number and _identify(file.user, number):
            changed.append("document_number")
        if changed:
            _save(file)
            audit.record(
                actor=actor, action="staff.changed", subject=file, data={"fields": changed}
            )
    return file


def end_staff(*, actor: Actor, staff: StaffFile, last_day: dt.date, reason: str = "") -> StaffFile:
    """The last day is a day of work: after it there is no sign-in for this post, no duty in a class and no shift.

    Raises Refused `own_post`, `already_ended`, `before_start`, `end_too_far`.
    """
    if last_day > today() + dt.timedelta(days=DAYS_AHEAD):
        raise _wrong("last_day", _("The last day is more than half a year ahead."), "end_too_far")
    end = last_day + dt.timedelta(days=1)
    with transaction.atomic():
        file = _locked(actor, staff)
        if file.user_id == actor.user_id:
            raise Refused(_("Nobody ends one's own post."), "own_post")
        if file.during.upper is not None and file.during.upper <= today():
            raise Refused(_("This post has ended already."), "already_ended")
        if last_day < file.during.lower:
            raise _wrong("last_day", _("The last day lies before the first."), "before_start")
        file.during = (file.during.lower, end)
        file.leave_reason = reason
        _save(file)
        if file.membership_id:
            _end_membership(file.membership_id, end)
        audit.record(
            actor=actor, action="staff.ended", subject=file, data={"last_day": str(last_day)}
        )
        actor_changed(file.user_id)
        announce(topic=TOPIC, groups=[f"institution.{actor.institution_id}"])
        user = User.objects.get(pk=file.user_id)
        if end <= today() and not posts_of(user):
            end_everything(actor=actor, user=user, reason="post ended")
    file.refresh_from_db(fields=["during"])
    return file


# What ends on the day `end` for a member of staff; what begins later has no reason to stay.
_CUT_DUTIES = """
UPDATE institution_classduty SET during = daterange(lower(during), %(end)s)
 WHERE membership_id = %(member)s AND lower(during) < %(end)s AND NOT coalesce(upper(during) <= %(end)s, false);
DELETE FROM institution_classduty WHERE membership_id = %(member)s AND lower(during) >= %(end)s;
"""


def _end_membership(pk: int, end: dt.date) -> None:
    Membership.objects.filter(pk=pk).update(ended_on=end)
    with connection.cursor() as cursor:
        cursor.execute(_CUT_DUTIES, {"member": pk, "end": end})
    Shift.objects.filter(membership=pk, day__gte=end).delete()
    StaffLeave.objects.filter(membership=pk, during__startswith__gte=end).delete()
    if end <= today():
        here = StaffPresence.objects.select_for_update().running().filter(membership=pk)
        for stretch in here:
            stretch.during = (stretch.during.lower, max(now(), stretch.during.lower))
            stretch.save(update_fields=["during"])


def unmask_staff(*, actor: Actor, staff: StaffFile, field: str, purpose: str) -> str:
    """A whole number, for a stated purpose. Each look is a record."""
    with transaction.atomic():
        file = _locked(actor, staff)
        audit.record(
            actor=actor,
            action="staff.unmasked",
            subject=file,
            data={"field": field, "purpose": purpose},
        )
    match field:
        case "phone":
            return file.user.phone
        case "health_number":
            return file.health_number
        case _:
            known = StaffIdentity.objects.visible_to(actor).filter(user=file.user_id).first()
            return known.document_number if known else ""


def _locked(actor: Actor, staff: StaffFile) -> StaffFile:
    mine = StaffFile.objects.visible_to(actor).filter(pk=staff.pk)
    found = mine.select_for_update(of=("self",)).select_related("user").first()
    if found is None:
        raise NotThere
    return found


def _check_start(start_on: dt.date) -> None:
    if start_on > today() + dt.timedelta(days=DAYS_AHEAD):
        raise _wrong(
            "start_on", _("The first day is more than half a year ahead."), "start_too_far"
        )
    if start_on < today() - dt.timedelta(days=DAYS_BACK):
        raise _wrong("start_on", _("Please check the year."), "start_too_far")


def _checked(number: str) -> str:
    """A resident id by its check digit, another document by its shape."""
    text = normalise(number)
    if len(text) == 18 and text[:17].isdecimal():
        try:
            return check_resident_id(number=text)
        except ValidationError as error:
            raise _wrong("document_number", str(error.message), "document") from error
    if not OTHER_DOCUMENT.fullmatch(text):
        sentence = _("Enter the number of the resident ID card, a passport or a permit.")
        raise _wrong("document_number", sentence, "document")
    return text


def _with_document(number: str) -> StaffIdentity | None:
    """Wherever in the city: the number is that of one person."""
    with rls.system("staff: same document elsewhere"):
        return StaffIdentity.objects.filter(document_number_index__of=number).first()


def _person(*, name: str, phone: str, number: str) -> User:
    known = _with_document(number)
    if known is not None:
        user = User.objects.get(pk=known.user_id)
        if user.name != name:
            raise _wrong(
                "document_number",
                _("This document number is on file with another name."),
                "identity_differs",
            )
        return user
    called = User.objects.filter(phone_index__of=phone).first()
    if called is not None:
        if called.name != name or _has_identity(called.pk):
            raise _wrong("phone", _("Another person is on file with this phone."), "phone_taken")
        return called
    return User.objects.create_waiting("staff", name=name, phone=phone)


def _has_identity(user_id: int) -> bool:
    with rls.system("staff: same document elsewhere"):
        return StaffIdentity.objects.filter(user=user_id).exists()


def _membership(file: StaffFile, start_on: dt.date) -> Membership | None:
    role = ROLES.get(StaffPost(file.post))
    if role is None:
        return None
    held = Membership.objects.filter(institution=file.institution_id, user=file.user, role=role)
    running = held.filter(ended_on=None, staff_file=None).first()
    if running is not None:
        file.during = (running.started_on, None)
        return running
    if held.filter(ended_on=None).exists():
        raise _already_here()
    return Membership.objects.create(
        institution_id=file.institution_id, user=file.user, role=role, started_on=start_on
    )


def _store(actor: Actor, file: StaffFile, number: str) -> None:
    _check(file)
    _save(file)
    # after the file: by it the database lets the nursery see who the person is
    _identify(file.user, number)
    audit.record(actor=actor, action="staff.added", subject=file, data={"post": str(file.post)})
    announce(topic=TOPIC, groups=[f"institution.{actor.institution_id}"])


def _identify(user: User, number: str) -> bool:
    """Whether this said something new of the person."""
    known = _with_document(number)
    if known is not None:
        if known.user_id != user.pk:
            raise _wrong(
                "document_number",
                _("Another person is on file with this document number."),
                "identity_differs",
            )
        return False
    identity = StaffIdentity.objects.filter(user=user.pk).first() or StaffIdentity(user=user)
    identity.document_number = number
    try:
        with transaction.atomic():
            identity.save()
    except IntegrityError as error:  # entered elsewhere at this moment
        raise _wrong(
            "document_number",
            _("Another person is on file with this document number."),
            "identity_differs",
        ) from error
    return True


def _check(file: StaffFile) -> None:
    if file.contract_from and file.contract_until and file.contract_until < file.contract_from:
        raise _wrong("contract_until", _("The last day lies before the first."), "dates_reversed")
    asked, clear = file.clearance_asked_on, file.clearance_clear_on
    for name, day in (("clearance_asked_on", asked), ("clearance_clear_on", clear)):
        if day and day > today():
            raise _wrong(name, _("The day is in the future."), "in_future")
    if clear and (asked is None or clear < asked):
        raise _wrong(
            "clearance_clear_on", _("The answer lies before the question."), "dates_reversed"
        )


def _save(file: StaffFile) -> None:
    try:
        with transaction.atomic():
            file.save()
    except IntegrityError as error:
        broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        if broken == "institution_stafffile_full_time_once":
            raise _wrong(
                "employment",
                _(
                    "This person works full time at another nursery on some of these days. "
                    "That post must end first, or this one be part time."
                ),
                "full_time_elsewhere",
            ) from error
        if broken == "institution_stafffile_one_post":
            raise _already_here() from error
        raise


def _already_here() -> Refused:
    return Refused(_("This person has a post here on some of these days already."), "already_here")


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
