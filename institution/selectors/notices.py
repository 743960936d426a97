"""Notices as families and staff read them, and who has read one."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet

from core.calendar import today
from core.scoping import Actor
from institution.models import Enrolment, Guardianship, Notice, NoticeRead


def notices(*, actor: Actor) -> QuerySet[Notice]:
    """Newest first, with what the actor has read of them and how many have."""
    found = Notice.objects.visible_to(actor).with_read_by(actor.user_id).with_read_count()
    found = found.select_related("class_group", "published_by", "institution")
    return found.order_by("-published_at", "-pk")


@dataclass(frozen=True)
class Reader:
    user_id: int
    name: str
    child: str
    read_at: dt.datetime | None


def guardians_of(notice: Notice) -> QuerySet[Guardianship]:
    """Those of the children who are here today, in the class where the notice is for one."""
    places = Enrolment.objects.filter(institution=notice.institution_id).on(today())
    if notice.class_group_id:
        places = places.filter(class_group=notice.class_group_id)
    valid = Guardianship.objects.valid(today()).filter(child__in=places.values("child"))
    return valid.select_related("user", "child").order_by("child__name", "pk")


def readers(*, notice: Notice) -> list[Reader]:
    """Each guardian and child, those first who have not read it."""
    read = dict(NoticeRead.objects.filter(notice=notice).values_list("user_id", "read_at"))
    found = [
        Reader(
            user_id=each.user_id,
            name=each.user.name,
            child=each.child.name,
            read_at=read.get(each.user_id),
        )
        for each in guardians_of(notice).defer("child__resident_id", "user__phone")
    ]
    return sorted(found, key=lambda reader: reader.read_at is not None)
