"""Who of the staff is with which class: clocked by the person, corrected by the director with a reason."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import local_day, now, today, zone
from core.errors import NotThere, Refused
from core.realtime import announce
from core.scoping import Actor
from institution.models import ClassGroup, Institution, Membership, StaffPresence

TOPIC = "presence"
DAYS_BACK = 62  # the month before stays open for corrections


@transaction.atomic
def clock_in(*, actor: Actor, class_group: ClassGroup | None) -> StaffPresence:
    """Come, or go to another class; without a class the person is in the house and counts for none.

    Raises Refused `no_post`, `class_closed`.
    """
    member = _self(actor)
    _check_class(class_group)
    moment = now()
    open_row = _open(member, moment)
    wanted = class_group.pk if class_group else None
    if open_row is not None and open_row.class_group_id == wanted:
        return open_row
    left = open_row.class_group_id if open_row else None
    if open_row is not None:
        _close(open_row, moment)
    stretch = StaffPresence.objects.create(
        institution_id=actor.workplace,
        membership=member,
        class_group=class_group,
        day=local_day(moment),
        during=(moment, None),
    )
    action = "presence.moved" if open_row else "presence.clocked_in"
    audit.record(actor=actor, action=action, subject=stretch, data={"class": wanted})
    _tell(actor, {left, wanted})
    return stretch


@transaction.atomic
def clock_out(*, actor: Actor) -> StaffPresence:
    """Raises Refused `no_post`, `not_here`."""
    member = _self(actor)
    moment = now()
    open_row = _open(member, moment)
    if open_row is None:
        raise Refused(_("You are not clocked in."), "not_here")
    _close(open_row, moment)
    audit.record(actor=actor, action="presence.clocked_out", subject=open_row)
    _tell(actor, {open_row.class_group_id})
    return open_row


def add_presence(
    *,
    actor: Actor,
    membership: Membership,
    class_group: ClassGroup | None,
    day: dt.date,
    came_at: dt.time,
    left_at: dt.time | None,
    reason: str,
) -> StaffPresence:
    """What somebody forgot to clock. Raises as `correct_presence`."""
    stretch = StaffPresence(
        institution_id=actor.workplace, membership=membership, day=day, class_group=class_group
    )
    return _said_by_director(
        actor, stretch, class_group, came_at, left_at, reason, "presence.added"
    )


def correct_presence(
    *,
    actor: Actor,
    presence: StaffPresence,
    class_group: ClassGroup | None,
    came_at: dt.time,
    left_at: dt.time | None,
    reason: str,
) -> StaffPresence:
    """Raises Refused `reason_needed`, `times_reversed`, `in_future`, `too_old`, `presence_overlap`, `class_closed`."""
    action = "presence.corrected"
    return _said_by_director(actor, presence, class_group, came_at, left_at, reason, action)


@transaction.atomic
def remove_presence(*, actor: Actor, presence: StaffPresence) -> None:
    """One that never was; its history keeps it."""
    found = _locked(actor, presence)
    audit.record(actor=actor, action="presence.removed", subject=found)
    found.delete()
    _tell(actor, {found.class_group_id})


def _said_by_director(actor, stretch, class_group, came_at, left_at, reason, action):
    day = stretch.day
    if not reason.strip():
        raise _wrong("reason", _("Please say why."), "reason_needed")
    _check_class(class_group)
    start = _moment(day, came_at)
    end = _moment(day, left_at) if left_at else None
    if end is not None and end <= start:
        raise _wrong("left_at", _("The end lies before the beginning."), "times_reversed")
    if max(start, end or start) > now():
        raise _wrong("left_at" if end else "came_at", _("The time is in the future."), "in_future")
    if end is None and day != today():
        raise _wrong("left_at", _("Enter until when; the day is over."), "times_reversed")
    if day < today() - dt.timedelta(days=DAYS_BACK):
        raise Refused(_("This day lies too far back to be changed."), "too_old")
    with transaction.atomic():
        if stretch.pk:
            before = stretch.class_group_id
            stretch = _locked(actor, stretch)
        else:
            before = None
            member = Membership.objects.visible_to(actor).working(day)
            if not member.filter(pk=stretch.membership_id).exists():
                raise NotThere
        stretch.class_group = class_group
        stretch.during = (start, end)
        stretch.corrected_by_id = actor.user_id
        stretch.reason = reason.strip()
        _save(stretch)
        audit.record(actor=actor, action=action, subject=stretch, data={"day": str(day)})
        _tell(actor, {before, stretch.class_group_id})
    return stretch


def _save(stretch: StaffPresence) -> None:
    try:
        with transaction.atomic():
            stretch.save()
    except IntegrityError as error:
        raise Refused(
            _("This person was already somewhere else for a part of that time."), "presence_overlap"
        ) from error


def _self(actor: Actor) -> Membership:
    """Locked, so that two taps at once come one after the other."""
    mine = Membership.objects.visible_to(actor).working(today())
    held = mine.filter(user=actor.user_id, role=actor.role)
    found = held.select_for_update(of=("self",)).order_by("pk").first()
    if found is None:
        raise Refused(_("You have no post here today."), "no_post", status=403)
    return found


def _open(member: Membership, moment: dt.datetime) -> StaffPresence | None:
    """Today's; one that was forgotten on an earlier day ends when the nursery closed on that day."""
    running = StaffPresence.objects.running().filter(membership=member).select_for_update()
    found = running.order_by("pk").first()
    if found is None or found.day == local_day(moment):
        return found
    closes = Institution.objects.get(pk=found.institution_id).closes_at
    _close(found, _moment(found.day, closes))
    return None


def _close(stretch: StaffPresence, moment: dt.datetime) -> None:
    """Never empty: a stretch that ends where it began lasts a second."""
    begun = stretch.during.lower
    stretch.during = (begun, moment if moment > begun else begun + dt.timedelta(seconds=1))
    stretch.save(update_fields=["during"])
    stretch.refresh_from_db(fields=["during"])


def _check_class(class_group: ClassGroup | None) -> None:
    if class_group is not None and class_group.closed_on and class_group.closed_on <= today():
        raise _wrong("class_group", _("This class does not run any more."), "class_closed")


def _locked(actor: Actor, presence: StaffPresence) -> StaffPresence:
    mine = StaffPresence.objects.visible_to(actor).filter(pk=presence.pk)
    found = mine.select_for_update(of=("self",)).first()
    if found is None:
        raise NotThere
    return found


def _moment(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, zone())


def _tell(actor: Actor, classes: set[int | None]) -> None:
    groups = [f"class.{pk}" for pk in sorted(pk for pk in classes if pk is not None)]
    announce(topic=TOPIC, groups=[*groups, f"institution.{actor.institution_id}"])


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
