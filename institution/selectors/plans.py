"""Plans of families: of one child for its family, of a class for its board, of a nursery in figures."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from core.calendar import today
from core.scoping import Actor
from institution.models import Attendance, Child, PlannedDay

DAYS = 21


@dataclass(frozen=True)
class DayLine:
    day: dt.date
    plan: PlannedDay | None

    @property
    def is_weekend(self) -> bool:
        return self.day.weekday() >= 5


def days_ahead(*, actor: Actor, child: Child) -> list[DayLine]:
    first = today()
    last = first + dt.timedelta(days=DAYS - 1)
    rows = PlannedDay.objects.visible_to(actor).filter(child=child, day__range=(first, last))
    plans = {row.day: row for row in rows.order_by("day", "pk")}
    days = [first + dt.timedelta(days=number) for number in range(DAYS)]
    return [DayLine(day, plans.get(day)) for day in days]


def plan_of(*, actor: Actor, child: Child, day: dt.date) -> PlannedDay | None:
    return PlannedDay.objects.visible_to(actor).filter(child=child, day=day).first()


def plans_on(*, actor: Actor, child_ids: Iterable[int], day: dt.date) -> dict[int, PlannedDay]:
    rows = PlannedDay.objects.visible_to(actor).on(day).filter(child__in=list(child_ids))
    return {row.child_id: row for row in rows.order_by("child", "pk")}


def told_away(*, actor: Actor, day: dt.date) -> int:
    """Children whose families said that they stay away, and of whom nothing is written down yet."""
    written = Attendance.objects.filter(child=OuterRef("child"), day=OuterRef("day")).filter(
        Q(arrived_at__isnull=False) | ~Q(absence="")
    )
    return PlannedDay.objects.visible_to(actor).on(day).away().exclude(Exists(written)).count()
