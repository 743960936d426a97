import datetime as dt
from dataclasses import dataclass, field

from django.db.models import QuerySet

from core.calendar import today
from core.permissions import Permission
from core.scoping import Actor
from institution import timeline
from institution.models import Child, Enrolment, IncidentNotice, PickupQuestion
from institution.reads import log_read
from institution.selectors.calendar import CareDay, Span, care_days, coming
from institution.selectors.day import Day, child_day
from institution.selectors.incidents import waiting_notices
from institution.selectors.pickup import questions_of

COMING = dt.timedelta(days=30)


@dataclass(frozen=True)
class FamilyDay:
    day: Day
    items: list[timeline.Item]
    place: str
    earlier: dt.date
    later: dt.date | None
    children: list[Child] = field(default_factory=list)
    questions: list[PickupQuestion] = field(default_factory=list)  # that wait for an answer
    incidents: list[IncidentNotice] = field(default_factory=list)  # that nobody has acknowledged
    reads_incidents: bool = False
    care: CareDay | None = None  # of the child's class, while it has a place
    coming: list[Span] = field(default_factory=list)  # after today

    @property
    def child(self) -> Child:
        return self.day.child

    @property
    def is_today(self) -> bool:
        return self.day.day == today()

    @property
    def today(self) -> dt.date:
        return today()

    @property
    def later_is_today(self) -> bool:
        return self.later == today()

    # The rings show how the day fills, never a judgement: a usual day of this age closes them.

    @property
    def meals_percent(self) -> int:
        return min(100, self.day.meals * 100 // 3)

    @property
    def drinks_percent(self) -> int:
        return min(100, self.day.drinks_ml * 100 // 450)

    @property
    def mood_percent(self) -> int:
        return 100 if self.day.mood else 0

    @property
    def asleep_percent(self) -> int:
        return min(100, self.day.asleep_minutes * 100 // 120)


def own_children(actor: Actor) -> QuerySet[Child]:
    return Child.objects.visible_to(actor).order_by("born_on", "pk")


def family_day(*, actor: Actor, child: Child, day: dt.date, seen: int | None = None) -> FamilyDay:
    read = child_day(actor=actor, child=child, day=day)
    place = (
        Enrolment.objects.visible_to(actor)
        .filter(child=child)
        .on(day)
        .select_related("institution__region", "class_group")
        .first()
    )
    where = place.institution if place else None
    log_read(actor=actor, entries=read.entries, purpose="family", place=where)
    care = _care(actor, place, day)
    return FamilyDay(
        day=read,
        items=timeline.items(actor=actor, entries=read.entries, seen=seen),
        place=f"{place.institution.name} {place.class_group.name}" if place else "",
        earlier=day - dt.timedelta(days=1),
        later=day + dt.timedelta(days=1) if day < today() else None,
        children=list(own_children(actor)),
        questions=_questions(actor, child) if day == today() else [],
        incidents=_incidents(actor, child) if day == today() else [],
        reads_incidents=actor.may(Permission.INCIDENTS_ACKNOWLEDGE),
        care=care[0] if care else None,
        coming=coming(care[1:]),
    )


def _care(actor: Actor, place: Enrolment | None, day: dt.date) -> list[CareDay]:
    """The day, and for today also what lies before the family."""
    if place is None:
        return []
    return care_days(
        actor=actor,
        institution=place.institution_id,
        class_group=place.class_group_id,
        first=day,
        last=day + COMING if day == today() else day,
    )


def _questions(actor: Actor, child: Child) -> list[PickupQuestion]:
    if not actor.may(Permission.PICKUP_WRITE):
        return []
    return [each for each in questions_of(actor=actor, child=child) if each.agreed is None]


def _incidents(actor: Actor, child: Child) -> list[IncidentNotice]:
    if not actor.may(Permission.INCIDENTS_ACKNOWLEDGE):
        return []
    return waiting_notices(actor=actor, child=child)
