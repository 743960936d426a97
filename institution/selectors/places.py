"""Places of a class: how many it has, and who holds them from when on. Everything that gives a place away asks here."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from core.calendar import today
from institution.enums import AdmissionState
from institution.models import (
    ClassCapacity,
    ClassGroup,
    ClassTypeRule,
    Contract,
    Enrolment,
    Offer,
)

ENROLLED, OFFERED, CONTRACTED = "enrolled", "offered", "contracted"


@dataclass(frozen=True)
class Hold:
    """Something that takes a place: an enrolment, an open offer, or a contract whose child has not started."""

    kind: str
    class_id: int
    first: dt.date
    end: dt.date | None = None  # the day after the last
    application_id: int | None = None

    def on(self, day: dt.date) -> bool:
        return self.first <= day and (self.end is None or self.end > day)


@dataclass(frozen=True)
class Places:
    capacity: int
    enrolled: int = 0
    contracted: int = 0
    offered: int = 0

    @property
    def taken(self) -> int:
        return self.enrolled + self.contracted + self.offered

    @property
    def free(self) -> int:
        return self.capacity - self.taken


def rules_on(day: dt.date) -> dict[str, ClassTypeRule]:
    """By kind of class; where two dated rows cover the day, the later one counts."""
    return {
        rule.class_type: rule for rule in ClassTypeRule.objects.on(day).order_by("valid_from", "pk")
    }


def capacity(places: int, rule: ClassTypeRule | None) -> int:
    """What the nursery set, and never more than the rule allows."""
    return min(places, rule.max_children) if rule else places


@dataclass(frozen=True)
class Sizes:
    """How many places classes have from which day on, as the nursery set it."""

    changes: dict[int, list[tuple[dt.date, int]]]

    @classmethod
    def of(cls, class_ids: Iterable[int]) -> "Sizes":
        changes: dict[int, list[tuple[dt.date, int]]] = {}
        found = ClassCapacity.objects.filter(class_group__in=list(class_ids))
        for group, since, places in found.order_by("valid_from", "pk").values_list(
            "class_group", "valid_from", "places"
        ):
            changes.setdefault(group, []).append((since, places))
        return cls(changes)

    def on(self, group: ClassGroup, day: dt.date) -> int:
        begun = [places for since, places in self.changes.get(group.pk, ()) if since <= day]
        return begun[-1] if begun else group.capacity

    def least_from(self, group: ClassGroup, day: dt.date) -> int:
        """What a child who stays can count on."""
        later = [places for since, places in self.changes.get(group.pk, ()) if since > day]
        return min([self.on(group, day), *later])


def holds(class_ids: Iterable[int], since: dt.date) -> list[Hold]:
    """Whatever takes a place in these classes on any day from `since` on, in three statements."""
    ids = list(class_ids)
    enrolled = Enrolment.objects.filter(class_group__in=ids).filter(
        Q(during__endswith__isnull=True) | Q(during__endswith__gt=since)
    )
    offers = Offer.objects.filter(class_group__in=ids).holding(today())
    contracts = Contract.objects.filter(
        class_group__in=ids, application__state=AdmissionState.CONTRACTED, ended_on=None
    )
    found = [
        Hold(ENROLLED, group, during.lower, during.upper)
        for group, during in enrolled.values_list("class_group", "during")
    ]
    found += [
        Hold(OFFERED, group, first, None, application)
        for group, first, application in offers.values_list(
            "class_group", "start_on", "application"
        )
    ]
    for group, first, last, application in contracts.values_list(
        "class_group", "starts_on", "ends_on", "application"
    ):
        end = last + dt.timedelta(days=1) if last else None
        found.append(Hold(CONTRACTED, group, first, end, application))
    return found


def counted(of_class: Iterable[Hold], day: dt.date, most: int) -> Places:
    kinds = [hold.kind for hold in of_class if hold.on(day)]
    return Places(
        capacity=most,
        enrolled=kinds.count(ENROLLED),
        contracted=kinds.count(CONTRACTED),
        offered=kinds.count(OFFERED),
    )


def fullest(
    of_class: list[Hold], most: int, first: dt.date, before: dt.date | None = None
) -> Places:
    """The day with the most children from `first` on. Numbers only grow on a day on which somebody begins."""
    begins = {
        hold.first
        for hold in of_class
        if hold.first > first and (before is None or hold.first < before)
    }
    return max(
        (counted(of_class, day, most) for day in sorted({first, *begins})),
        key=lambda places: places.taken,
    )


def places_on(class_group: ClassGroup, day: dt.date) -> Places:
    size = Sizes.of([class_group.pk]).on(class_group, day)
    return counted(holds([class_group.pk], day), day, capacity(size, _rule(class_group, day)))


def places_from(class_group: ClassGroup, day: dt.date, *, apart_from: int | None = None) -> Places:
    """As tight as it gets from `day` on. `apart_from` is the application that the place is for."""
    others = [
        hold
        for hold in holds([class_group.pk], day)
        if hold.application_id is None or hold.application_id != apart_from
    ]
    size = Sizes.of([class_group.pk]).least_from(class_group, day)
    return fullest(others, capacity(size, _rule(class_group, day)), day)


def _rule(class_group: ClassGroup, day: dt.date) -> ClassTypeRule | None:
    return rules_on(day).get(class_group.class_type)
