"""The nursery at a glance: its classes today."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Sum
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
)


def classes_on(*, actor: Actor, day: dt.date) -> QuerySet[ClassGroup]:
    """The actor's running classes with its `places`, its `enrolled`, `present`, `absent` children and `carers` on duty that day."""
    running = ClassGroup.objects.visible_to(actor).running(day).with_places(day)
    return running.annotate(**_counts(day)).order_by("name", "pk")


def _counts(day: dt.date) -> dict[str, Coalesce]:
    of_class = {"class_group": OuterRef("pk")}
    attendance = Attendance.objects.filter(**of_class).on(day)
    return {
        "enrolled": _count(Enrolment.objects.filter(**of_class).on(day)),
        "present": _count(attendance.present()),
        "absent": _count(attendance.exclude(absence="")),
        "carers": _count(ClassDuty.objects.filter(**of_class, during__contains=day)),
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
    by_kind: dict[str, int]  # entries that stand, most first

    @property
    def expected(self) -> int:
        return self.enrolled - self.absent

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
    def crowded(self) -> bool:
        most = self.rule.children_per_carer if self.rule else None
        return bool(most and self.class_group.present > most * self.class_group.carers)


def class_lines(*, actor: Actor, day: dt.date) -> list[ClassLine]:
    rules = {
        rule.class_type: rule for rule in ClassTypeRule.objects.on(day).order_by("valid_from", "pk")
    }
    return [
        ClassLine(group, rules.get(group.class_type)) for group in classes_on(actor=actor, day=day)
    ]


def latest_entries(*, actor: Actor, day: dt.date, most: int) -> list[DailyEntry]:
    entries = DailyEntry.objects.visible_to(actor).on(day).current()
    entries = entries.select_related("child", "class_group", "recorded_by")
    return list(entries.order_by("-seq", "pk")[:most])
