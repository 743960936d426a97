"""The week of a nursery: classes by days with who is planned, what the children expected ask for, and the gaps."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from math import ceil

from django.db.models import QuerySet

from core.calendar import today
from core.scoping import Actor
from institution.enums import LeaveState
from institution.models import (
    Attendance,
    ClassDuty,
    ClassGroup,
    ClassTypeRule,
    Enrolment,
    Membership,
    Shift,
    StaffLeave,
)

WEEK = 7
SATURDAY = 5


def expected_children(institution_id: int, day: dt.date) -> dict[int, int]:
    """Class -> children with a place that day of whom no absence is known."""
    return _expected(institution_id, [day])[day]


def _expected(institution_id: int, days: list[dt.date]) -> dict[dt.date, dict[int, int]]:
    found: dict[dt.date, dict[int, int]] = {day: {} for day in days}
    places = Enrolment.objects.filter(
        institution=institution_id, during__overlap=(days[0], days[-1] + dt.timedelta(days=1))
    )
    away = set(
        Attendance.objects.filter(institution=institution_id, day__in=days)
        .exclude(absence="")
        .values_list("child_id", "day")
    )
    for child, group, during in places.values_list("child_id", "class_group_id", "during"):
        for day in days:
            if day in during and (child, day) not in away:
                found[day][group] = found[day].get(group, 0) + 1
    return found


@dataclass(frozen=True)
class Need:
    """A class on a day: children expected, carers planned, carers that the rule asks for. None: no rule is set."""

    class_group: ClassGroup
    day: dt.date
    children: int
    planned: int
    needed: int | None

    @property
    def missing(self) -> int:
        return max((self.needed or 0) - self.planned, 0)


@dataclass(frozen=True)
class Cell:
    need: Need
    shifts: list[Shift]
    over: bool  # the day is past
    closed: bool  # nobody is planned at a weekend


@dataclass(frozen=True)
class Week:
    monday: dt.date
    days: list[dt.date]
    rows: list[tuple[ClassGroup, list[Cell]]]
    away: dict[dt.date, list[StaffLeave]]

    @property
    def away_by_day(self) -> list[list[StaffLeave]]:
        return [self.away[day] for day in self.days]

    @property
    def gaps(self) -> int:
        cells = (cell for _group, row in self.rows for cell in row)
        return sum(cell.need.missing for cell in cells if not (cell.over or cell.closed))


def monday_of(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def week_plan(*, actor: Actor, monday: dt.date) -> Week:
    """Weekend days stand there only when somebody is planned on them."""
    every = [monday + dt.timedelta(days=number) for number in range(WEEK)]
    shifts = _shifts(actor, every)
    days = [day for day in every if day.weekday() < SATURDAY or any(s.day == day for s in shifts)]
    groups = list(ClassGroup.objects.visible_to(actor).running(monday).order_by("name", "pk"))
    needs = _needs(actor, groups, days, shifts)
    cells: dict[tuple[int, dt.date], list[Shift]] = defaultdict(list)
    for shift in shifts:
        cells[shift.class_group_id, shift.day].append(shift)
    rows = [
        (
            group,
            [
                Cell(
                    needs[group.pk, day],
                    cells[group.pk, day],
                    over=day < today(),
                    closed=day.weekday() >= SATURDAY and not cells[group.pk, day],
                )
                for day in days
            ],
        )
        for group in groups
    ]
    return Week(monday, days, rows, _away(actor, days))


def forecast(*, actor: Actor, day: dt.date) -> list[Need]:
    """Each class that day. Without any shift on that day, those count who are on duty and not on leave."""
    groups = list(ClassGroup.objects.visible_to(actor).running(day).order_by("name", "pk"))
    shifts = _shifts(actor, [day])
    needs = _needs(actor, groups, [day], shifts)
    if shifts:
        return [needs[group.pk, day] for group in groups]
    on_duty = _on_duty(actor, day)
    return [
        Need(group, day, need.children, on_duty.get(group.pk, 0), need.needed)
        for group in groups
        for need in [needs[group.pk, day]]
    ]


def _on_duty(actor: Actor, day: dt.date) -> dict[int, int]:
    away = StaffLeave.objects.granted().on(day).filter(institution=actor.workplace)
    duties = ClassDuty.objects.visible_to(actor).filter(during__contains=day)
    counted: dict[int, int] = defaultdict(int)
    present = duties.exclude(membership__in=away.values("membership"))
    for group in present.order_by("pk").values_list("class_group_id", flat=True):
        counted[group] += 1
    return counted


def _shifts(actor: Actor, days: list[dt.date]) -> list[Shift]:
    found = Shift.objects.visible_to(actor).filter(day__in=days)
    found = found.select_related("membership__user")
    return list(found.order_by("day", "starts_at", "membership__user__name", "pk"))


def _needs(
    actor: Actor, groups: list[ClassGroup], days: list[dt.date], shifts: list[Shift]
) -> dict[tuple[int, dt.date], Need]:
    expected = _expected(actor.workplace, days)
    rules = {
        rule.class_type: rule.children_per_carer
        for rule in ClassTypeRule.objects.on(days[0]).order_by("valid_from", "pk")
    }
    planned: dict[tuple[int, dt.date], set[int]] = defaultdict(set)
    for shift in shifts:
        planned[shift.class_group_id, shift.day].add(shift.membership_id)
    needs = {}
    for group in groups:
        most = rules.get(group.class_type)
        for day in days:
            children = expected[day].get(group.pk, 0)
            needed = ceil(children / most) if most else None
            needs[group.pk, day] = Need(group, day, children, len(planned[group.pk, day]), needed)
    return needs


def _away(actor: Actor, days: list[dt.date]) -> dict[dt.date, list[StaffLeave]]:
    leaves = StaffLeave.objects.visible_to(actor).granted()
    leaves = leaves.filter(during__overlap=(days[0], days[-1] + dt.timedelta(days=1)))
    found = list(leaves.select_related("membership__user").order_by("during", "pk"))
    return {day: [leave for leave in found if day in leave.during] for day in days}


def free_on(*, actor: Actor, day: dt.date) -> QuerySet[Membership]:
    """Who works that day and is not on leave."""
    away = StaffLeave.objects.granted().on(day).filter(institution=actor.workplace)
    working = Membership.objects.visible_to(actor).working(day)
    free = working.exclude(pk__in=away.values("membership")).select_related("user")
    return free.order_by("user__name", "pk")


def leaves_asked(*, actor: Actor) -> list[StaffLeave]:
    """What waits for an answer."""
    waiting = StaffLeave.objects.visible_to(actor).filter(state=LeaveState.ASKED)
    return list(waiting.select_related("membership__user").order_by("during", "pk"))


def own_leaves(*, actor: Actor, most: int = 10) -> list[StaffLeave]:
    mine = StaffLeave.objects.visible_to(actor).filter(membership__user=actor.user_id)
    return list(mine.order_by("-during", "pk")[:most])
