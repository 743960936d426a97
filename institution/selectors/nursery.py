"""The nursery at a glance: its classes today."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Coalesce

from core.scoping import Actor
from institution.models import (
    Attendance,
    ClassDuty,
    ClassGroup,
    ClassTypeRule,
    DailyCount,
    DailyEntry,
    Enrolment,
    StaffPresence,
)
from institution.selectors.places import rules_on
from institution.selectors.plans import told_away


def classes_on(*, actor: Actor, day: dt.date) -> QuerySet[ClassGroup]:
    """The actor's running classes with their `places`, `enrolled`, `present` and `absent` children that day, and `carers`.

    Carers are those who are clocked in with the class, where the nursery clocks at all that day (`clocks`); else those
    who are planned with it (`planned`).
    """
    running = ClassGroup.objects.visible_to(actor).running(day).with_places(day)
    carers = {"carers": Case(When(clocks=True, then=F("clocked")), default=F("planned"))}
    return running.annotate(**_counts(day)).annotate(**carers).order_by("name", "pk")


_NEED_CARERS = Q(clocks=True, present__gt=0)


def crowded_on(day: dt.date) -> "list[ClassLine]":
    """The classes of all nurseries that clock that day with more children now than their rule allows for the carers there."""
    carers = {"carers": F("clocked")}
    clocking = ClassGroup.objects.running(day).annotate(**_counts(day)).annotate(**carers)
    rules = rules_on(day)
    lines = [
        ClassLine(group, rules.get(group.class_type))
        for group in clocking.filter(_NEED_CARERS).order_by("institution", "pk")
    ]
    return [line for line in lines if line.crowded]


def _clocks(day: dt.date) -> Exists:
    return Exists(StaffPresence.objects.filter(institution=OuterRef("institution")).on(day))


def _counts(day: dt.date) -> dict[str, Coalesce | Exists]:
    of_class = {"class_group": OuterRef("pk")}
    attendance = Attendance.objects.filter(**of_class).on(day)
    return {
        "clocks": _clocks(day),
        "enrolled": _count(Enrolment.objects.filter(**of_class).on(day)),
        "present": _count(attendance.present()),
        "absent": _count(attendance.exclude(absence="")),
        "planned": _count(ClassDuty.objects.filter(**of_class, during__contains=day)),
        "clocked": _count(StaffPresence.objects.filter(**of_class).on(day).running()),
    }


def _count(rows: QuerySet) -> Coalesce:
    """Counted in a subquery of its own, so that no join multiplies another's rows."""
    counted = rows.order_by().values("class_group").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


@dataclass(frozen=True)
class Totals:
    enrolled: int
    present: int
    absent: int
    told_away: int  # by their families, and nobody has confirmed it yet
    by_kind: dict[str, int]  # entries that stand, most first

    @property
    def expected(self) -> int:
        return self.enrolled - self.absent - self.told_away

    @property
    def entries(self) -> int:
        return sum(self.by_kind.values())


def totals(*, actor: Actor, classes: list[ClassGroup], day: dt.date) -> Totals:
    counts = DailyCount.objects.visible_to(actor).filter(day=day).values("kind")
    counted = counts.annotate(n=Sum("amount")).filter(n__gt=0).order_by("-n", "kind")
    return Totals(
        enrolled=sum(group.enrolled for group in classes),
        present=sum(group.present for group in classes),
        absent=sum(group.absent for group in classes),
        told_away=told_away(actor=actor, day=day),
        by_kind=dict(counted.values_list("kind", "n")),
    )


@dataclass(frozen=True)
class ClassLine:
    """A class today against the rule of its type."""

    class_group: ClassGroup
    rule: ClassTypeRule | None

    @property
    def per_carer(self) -> float | None:
        group = self.class_group
        return round(group.present / group.carers, 1) if group.carers else None

    @property
    def most(self) -> int | None:
        """Children for each carer; None where no rule is set."""
        return self.rule.children_per_carer if self.rule else None

    @property
    def crowded(self) -> bool:
        return bool(self.most and self.class_group.present > self.most * self.class_group.carers)


def class_lines(*, actor: Actor, day: dt.date) -> list[ClassLine]:
    rules = rules_on(day)
    return [
        ClassLine(group, rules.get(group.class_type)) for group in classes_on(actor=actor, day=day)
    ]


def latest_entries(*, actor: Actor, day: dt.date, most: int) -> list[DailyEntry]:
    entries = DailyEntry.objects.visible_to(actor).on(day).current()
    entries = entries.select_related("child", "class_group", "recorded_by")
    return list(entries.order_by("-seq", "pk")[:most])
