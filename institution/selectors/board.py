"""The class board: one card per child, with what a carer must see before tapping."""

import datetime as dt
from dataclasses import dataclass, field

from core.scoping import Actor
from institution.models import Allergy, Attendance, Child, ClassGroup, ClassTypeRule, DailyEntry
from institution.selectors.day import Nap, naps_of, state_of


@dataclass(frozen=True)
class Card:
    child: Child
    attendance: Attendance | None
    allergies: list[Allergy]
    last: dict[str, DailyEntry]  # kind -> the latest entry of the day; meals by "meal:lunch" too
    naps: list[Nap] = field(default_factory=list)

    @property
    def state(self) -> str:
        return state_of(self.attendance, self.naps).code


@dataclass(frozen=True)
class Board:
    class_group: ClassGroup
    day: dt.date
    cards: list[Card]
    rule: ClassTypeRule | None

    @property
    def present(self) -> int:
        return sum(card.state in ("present", "asleep") for card in self.cards)

    @property
    def carers(self) -> int:
        return self.class_group.carers

    @property
    def children_per_carer(self) -> float | None:
        return round(self.present / self.carers, 1) if self.carers else None


def class_board(*, actor: Actor, class_group: ClassGroup, day: dt.date) -> Board:
    """`class_group` comes from `classes_on`, which counts its carers."""
    children = list(
        Child.objects.visible_to(actor).in_class(class_group, day).order_by("name", "pk")
    )
    ids = [child.pk for child in children]
    attendance = {
        row.child_id: row
        for row in Attendance.objects.visible_to(actor).on(day).filter(child__in=ids)
    }
    allergies: dict[int, list] = {}
    for allergy in (
        Allergy.objects.visible_to(actor).filter(child__in=ids).order_by("substance", "pk")
    ):
        allergies.setdefault(allergy.child_id, []).append(allergy)
    entries: dict[int, list] = {}
    today = DailyEntry.objects.visible_to(actor).filter(child__in=ids).on(day).current()
    for entry in today.order_by("at", "seq"):
        entries.setdefault(entry.child_id, []).append(entry)
    cards = [
        Card(
            child=child,
            attendance=attendance.get(child.pk),
            allergies=allergies.get(child.pk, []),
            last=_last(entries.get(child.pk, [])),
            naps=naps_of(entries.get(child.pk, [])),
        )
        for child in children
    ]
    rule = ClassTypeRule.objects.on(day).filter(class_type=class_group.class_type).first()
    return Board(class_group=class_group, day=day, cards=cards, rule=rule)


def _last(entries: list[DailyEntry]) -> dict[str, DailyEntry]:
    last = {}
    for entry in entries:
        last[entry.kind] = entry
        if entry.kind == "meal":
            last[f"meal:{entry.detail['meal']}"] = entry
    return last
