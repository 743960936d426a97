"""A child goes to another class of its nursery, or leaves it."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import today
from core.errors import Refused
from core.realtime import announce
from core.scoping import Actor
from institution.enums import AdmissionState
from institution.models import Application, Attendance, Child, ClassGroup, Contract, Enrolment
from institution.services import admissions, children

DAYS_AHEAD = 400


def change_class(
    *, actor: Actor, child: Child, class_group: ClassGroup, start_on: dt.date
) -> Enrolment:
    """From `start_on` on in the other class, without a day between.

    Raises Refused `no_place`, `same_class`, `start_day`, `class_closed`, `wrong_age`, `class_full`.
    """
    with transaction.atomic():
        place = _place(actor, child, start_on)
        if place.class_group_id == class_group.pk:
            raise _wrong("class_group", _("The child is in this class already."), "same_class")
        if start_on <= place.during.lower:
            raise _wrong(
                "start_on",
                _("The child is in its class since %(day)s; choose a later day.")
                % {"day": place.during.lower},
                "start_day",
            )
        children.check_class(actor, class_group, start_on)
        children.check_age(class_group, child.born_on, start_on)
        children.lock_with_room(class_group, start_on)
        before, until = place.class_group, place.during.upper
        place.during = (place.during.lower, start_on)
        place.save(update_fields=["during"])
        new = Enrolment.objects.create(
            institution_id=place.institution_id,
            class_group=class_group,
            child=child,
            during=(start_on, until),
        )
        audit.record(
            actor=actor,
            action="child.class_changed",
            subject=new,
            child_ids=[child.pk],
            data={"from": before.pk, "to": class_group.pk, "on": str(start_on)},
        )
        groups = {*children.groups_of(before), *children.groups_of(class_group)}
        announce(topic=children.TOPIC, groups=sorted(groups))
    return new


def end_place(*, actor: Actor, child: Child, last_day: dt.date, reason: str) -> Enrolment:
    """The child leaves after `last_day`. Its contract ends that day, for the reason.

    Raises Refused `no_place`, `was_here`, `too_far`.
    """
    if last_day > today() + dt.timedelta(days=DAYS_AHEAD):
        raise _wrong("last_day", _("The last day is more than a year ahead."), "too_far")
    with transaction.atomic():
        place = _place(actor, child, last_day)
        _check_not_here_after(place, last_day)
        end = last_day + dt.timedelta(days=1)
        place.during = (place.during.lower, end)
        place.save(update_fields=["during"])
        later = Enrolment.objects.filter(
            child=child, institution=place.institution_id, during__startswith__gte=end
        )
        dropped = later.delete()[0]  # a change of class that will not happen
        audit.record(
            actor=actor,
            action="child.left",
            subject=place,
            child_ids=[child.pk],
            data={"last_day": str(last_day), "reason": str(reason), "later_places": dropped},
        )
        _end_application(actor, child, place.institution_id, last_day, reason)
        announce(topic=children.TOPIC, groups=children.groups_of(place.class_group))
    return place


def _place(actor: Actor, child: Child, day: dt.date) -> Enrolment:
    places = Enrolment.objects.visible_to(actor).filter(child=child).on(day)
    found = places.select_for_update(of=("self",)).select_related("class_group").first()
    if found is None or found.institution_id != actor.workplace:
        raise Refused(_("The child has no place here on that day."), "no_place")
    return found


def _check_not_here_after(place: Enrolment, last_day: dt.date) -> None:
    came = Attendance.objects.filter(
        institution=place.institution_id,
        child=place.child_id,
        day__gt=last_day,
        arrived_at__isnull=False,
    )
    last = came.order_by("-day", "pk").values_list("day", flat=True).first()
    if last:
        sentence = _("The child was here on %(day)s, so it cannot have left before.") % {
            "day": last
        }
        raise _wrong("last_day", sentence, "was_here")


def _end_application(
    actor: Actor, child: Child, institution_id: int, last_day: dt.date, reason: str
) -> None:
    started = Application.objects.filter(
        child=child, institution=institution_id, state=AdmissionState.STARTED
    )
    for application in started.select_for_update(of=("self",)).order_by("pk"):
        Contract.objects.filter(application=application, ended_on=None).update(
            ended_on=last_day, end_reason=reason
        )
        admissions.step(actor, application, AdmissionState.LEFT)


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
