"""Who is planned with which class, and who is away.

A shift plans; the right to see the children is the duty. Whoever is planned with a class without a duty there gets one
for that day alone, so that a substitute is one action, and it goes with the shift.
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from psycopg2.extras import DateRange

from core import audit
from core.calendar import today
from core.errors import NotThere, Refused
from core.permissions import Permission, Role
from core.realtime import actor_changed, announce
from core.scoping import Actor
from institution.enums import LeaveState, StaffLeaveKind
from institution.models import ClassDuty, ClassGroup, Membership, Shift, StaffLeave

TOPIC = "plan"
DAYS_AHEAD = 120
DAY = dt.timedelta(days=1)
LEAVE_DAYS = 200


@transaction.atomic
def plan_shift(
    *,
    actor: Actor,
    class_group: ClassGroup,
    membership: Membership,
    day: dt.date,
    starts_at: dt.time,
    ends_at: dt.time,
) -> Shift:
    """Raises Refused `times_reversed`, `past`, `too_far`, `class_closed`, `not_working`, `on_leave`, `shift_overlap`."""
    _check_day(day)
    _check_hours(starts_at, ends_at)
    groups = ClassGroup.objects.visible_to(actor).running(day)
    if not groups.filter(pk=class_group.pk).exists():
        raise Refused(_("This class does not run on that day."), "class_closed")
    member = _working(actor, membership, day)
    _check_leave(member, day)
    try:
        with transaction.atomic():
            shift = Shift.objects.create(
                institution_id=actor.workplace,
                class_group=class_group,
                membership=member,
                day=day,
                starts_at=starts_at,
                ends_at=ends_at,
            )
    except IntegrityError as error:
        raise _wrong(
            "membership", _("This person is planned at that time already."), "shift_overlap"
        ) from error
    substitute = _give_duty(member, class_group, day)
    audit.record(
        actor=actor,
        action="shift.planned",
        subject=shift,
        data={"class": class_group.pk, "day": str(day), "substitute": substitute},
    )
    _tell(actor, class_group.pk)
    return shift


@transaction.atomic
def remove_shift(*, actor: Actor, shift: Shift) -> None:
    mine = Shift.objects.visible_to(actor).select_for_update(of=("self",))
    found = mine.select_related("membership").filter(pk=shift.pk).first()
    if found is None:
        raise NotThere
    if found.day < today():
        raise Refused(_("What was planned for days that are over stays."), "past")
    audit.record(actor=actor, action="shift.removed", subject=found, data={"day": str(found.day)})
    _drop(found)
    _tell(actor, found.class_group_id)


@transaction.atomic
def copy_week(*, actor: Actor, monday: dt.date) -> int:
    """The plan of the week before, where a person works, is not away and is not planned yet. Answers how many shifts."""
    week = dt.timedelta(days=7)
    last = Shift.objects.visible_to(actor).filter(day__gte=monday - week, day__lt=monday)
    made = 0
    for shift in last.select_related("class_group", "membership").order_by("day", "pk"):
        try:
            with transaction.atomic():
                plan_shift(
                    actor=actor,
                    class_group=shift.class_group,
                    membership=shift.membership,
                    day=shift.day + week,
                    starts_at=shift.starts_at,
                    ends_at=shift.ends_at,
                )
            made += 1
        except Refused:  # away, gone, planned otherwise: the gap shows in the week
            continue
    return made


@transaction.atomic
def ask_leave(
    *,
    actor: Actor,
    kind: str,
    first_day: dt.date,
    last_day: dt.date,
    note: str = "",
    membership: Membership | None = None,
) -> StaffLeave:
    """For oneself; whoever keeps the roster also for others, and that is granted at once.

    Raises Refused `dates_reversed`, `too_long`, `not_working`, `leave_overlap`.
    """
    if last_day < first_day:
        raise _wrong("last_day", _("The last day lies before the first."), "dates_reversed")
    if (last_day - first_day).days > LEAVE_DAYS:
        raise _wrong("last_day", _("Please check the days: this is very long."), "too_long")
    keeps = actor.may(Permission.STAFF_WRITE)
    member = _working(actor, membership, first_day) if membership and keeps else _own(actor)
    granted = keeps and member.user_id != actor.user_id
    leave = StaffLeave(
        institution_id=actor.workplace,
        membership=member,
        kind=StaffLeaveKind(kind),
        during=(first_day, last_day + DAY),
        note=note,
        state=LeaveState.GRANTED if granted else LeaveState.ASKED,
        decided_by_id=actor.user_id if granted else None,
    )
    try:
        with transaction.atomic():
            leave.save()
    except IntegrityError as error:
        raise _wrong(
            "first_day", _("Leave on some of these days is on file already."), "leave_overlap"
        ) from error
    removed = _free(leave) if granted else 0
    audit.record(
        actor=actor,
        action="leave.granted" if granted else "leave.asked",
        subject=leave,
        data={"kind": str(kind), "shifts": removed},
    )
    _tell(actor)
    return leave


@transaction.atomic
def decide_leave(*, actor: Actor, leave: StaffLeave, granted: bool) -> StaffLeave:
    """Granted, the shifts of these days are free again and the gaps show. Raises Refused `decided`, `own_leave`."""
    mine = StaffLeave.objects.visible_to(actor).select_for_update(of=("self",))
    found = mine.select_related("membership").filter(pk=leave.pk).first()
    if found is None:
        raise NotThere
    if found.state != LeaveState.ASKED:
        raise Refused(_("This has been decided already."), "decided")
    found.state = LeaveState.GRANTED if granted else LeaveState.REFUSED
    found.decided_by_id = actor.user_id
    found.save(update_fields=["state", "decided_by"])
    removed = _free(found) if granted else 0
    audit.record(
        actor=actor,
        action="leave.granted" if granted else "leave.refused",
        subject=found,
        data={"kind": str(found.kind), "shifts": removed},
    )
    _tell(actor)
    return found


def _free(leave: StaffLeave) -> int:
    """Planned shifts in the days of a leave go, those of days that are over stay."""
    leave.refresh_from_db(fields=["during"])
    first = max(leave.during.lower, today())
    shifts = Shift.objects.filter(
        membership=leave.membership_id, day__gte=first, day__lt=leave.during.upper
    )
    found = list(shifts.select_related("membership"))
    for shift in found:
        _drop(shift)
    return len(found)


def _give_duty(member: Membership, class_group: ClassGroup, day: dt.date) -> bool:
    """Whether it was needed: only carers see no more than their classes."""
    if member.role != Role.CARER:
        return False
    known = ClassDuty.objects.filter(membership=member, class_group=class_group)
    if known.filter(during__contains=day).exists():
        return False
    ClassDuty.objects.create(
        institution_id=member.institution_id,
        membership=member,
        class_group=class_group,
        during=(day, day + DAY),
    )
    actor_changed(member.user_id)
    return True


def _drop(shift: Shift) -> None:
    same = Shift.objects.filter(
        membership=shift.membership_id, class_group=shift.class_group_id, day=shift.day
    )
    if same.count() == 1:
        gone, __ = ClassDuty.objects.filter(
            membership=shift.membership_id,
            class_group=shift.class_group_id,
            during=DateRange(shift.day, shift.day + DAY),
        ).delete()
        if gone:
            actor_changed(shift.membership.user_id)
    shift.delete()


def _working(actor: Actor, membership: Membership, day: dt.date) -> Membership:
    mine = Membership.objects.visible_to(actor).filter(pk=membership.pk)
    found = mine.select_for_update(of=("self",)).first()
    if found is None:
        raise NotThere
    if not mine.working(day).exists():
        raise _wrong("membership", _("This person does not work here on that day."), "not_working")
    return found


def _own(actor: Actor) -> Membership:
    mine = Membership.objects.visible_to(actor).working(today())
    found = mine.filter(user=actor.user_id, role=actor.role).order_by("pk").first()
    if found is None:
        raise NotThere
    return found


def _check_day(day: dt.date) -> None:
    if day < today():
        raise _wrong("day", _("This day is over."), "past")
    if day > today() + dt.timedelta(days=DAYS_AHEAD):
        raise _wrong("day", _("This day lies too far ahead."), "too_far")


def _check_hours(starts_at: dt.time, ends_at: dt.time) -> None:
    if ends_at <= starts_at:
        raise _wrong("ends_at", _("The end lies before the beginning."), "times_reversed")


def _check_leave(member: Membership, day: dt.date) -> None:
    if StaffLeave.objects.granted().on(day).filter(membership=member).exists():
        raise _wrong("membership", _("This person is on leave on that day."), "on_leave")


def _tell(actor: Actor, class_group: int | None = None) -> None:
    groups = [f"class.{class_group}"] if class_group else []
    announce(topic=TOPIC, groups=[*groups, f"institution.{actor.institution_id}"])


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
