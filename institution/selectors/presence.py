"""Who of the staff is where: one's own clock, and a day of everybody."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from core.calendar import now, today
from core.scoping import Actor
from institution.kinds import minutes_between
from institution.models import ClassDuty, ClassGroup, Membership, StaffPresence


@dataclass(frozen=True)
class OwnClock:
    classes: list[ClassGroup]  # own ones first
    own: frozenset[int]
    here: StaffPresence | None
    stretches: list[StaffPresence]  # of today, in their order


def own_clock(*, actor: Actor) -> OwnClock:
    day = today()
    mine = StaffPresence.objects.filter(
        institution=actor.workplace, membership__user=actor.user_id, day=day
    )
    stretches = list(mine.select_related("class_group").order_by("during", "pk"))
    duties = ClassDuty.objects.filter(
        institution=actor.workplace, membership__user=actor.user_id, during__contains=day
    )
    own = frozenset(duties.order_by("pk").values_list("class_group_id", flat=True))
    # every class by name: a carer helps where help is needed
    groups = ClassGroup.objects.filter(institution=actor.workplace).running(day)
    return OwnClock(
        classes=sorted(groups.order_by("name", "pk"), key=lambda group: group.pk not in own),
        own=own,
        here=next((each for each in stretches if each.during.upper is None), None),
        stretches=stretches,
    )


@dataclass(frozen=True)
class PersonDay:
    membership: Membership
    stretches: list[StaffPresence]
    planned: list[str]  # classes

    @property
    def here(self) -> StaffPresence | None:
        return next((each for each in self.stretches if each.during.upper is None), None)

    @property
    def minutes(self) -> int:
        moment = now()
        return sum(
            minutes_between(each.during.lower, each.during.upper or moment)
            for each in self.stretches
        )


def presence_day(*, actor: Actor, day: dt.date) -> list[PersonDay]:
    """Everybody who worked at the nursery that day, those who are there first."""
    found = StaffPresence.objects.visible_to(actor).on(day).select_related("class_group")
    stretches: dict[int, list[StaffPresence]] = defaultdict(list)
    for each in found.order_by("during", "pk"):
        stretches[each.membership_id].append(each)
    duties = ClassDuty.objects.visible_to(actor).filter(during__contains=day)
    planned: dict[int, list[str]] = defaultdict(list)
    for member, name in duties.order_by("class_group__name", "pk").values_list(
        "membership_id", "class_group__name"
    ):
        planned[member].append(name)
    members = Membership.objects.visible_to(actor).working(day).select_related("user")
    people = [
        PersonDay(member, stretches.get(member.pk, []), planned.get(member.pk, []))
        for member in members.order_by("user__name", "pk")
    ]
    return sorted(people, key=lambda each: (each.here is None, not each.stretches))
