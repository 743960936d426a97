"""The roster of a nursery, and one child's file."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from core import audit
from core.calendar import today
from core.crypto import holds_number, mask_id, mask_phone
from core.scoping import Actor
from institution.models import (
    Allergy,
    Attendance,
    Child,
    DailyEntry,
    Enrolment,
    Guardianship,
)
from institution.selectors.day import State, naps_of, state_of


def roster(
    *, actor: Actor, day: dt.date, words: str = "", class_group: int | None = None
) -> QuerySet[Enrolment]:
    """The places taken on that day, with child and class. Every word must stand in the child's name."""
    places = Enrolment.objects.visible_to(actor).on(day).select_related("child", "class_group")
    if holds_number(words):
        return places.none()
    for word in words.split():
        places = places.filter(child__name__icontains=word)
    if class_group:
        places = places.filter(class_group=class_group)
    return places.order_by("class_group__name", "child__name", "pk")


def states(*, actor: Actor, child_ids: Iterable[int], day: dt.date) -> dict[int, State]:
    """What each of these children is doing, in two statements however many they are."""
    ids = list(child_ids)
    attendance = {
        row.child_id: row
        for row in Attendance.objects.visible_to(actor).on(day).filter(child__in=ids)
    }
    naps: dict[int, list[DailyEntry]] = {}
    entries = DailyEntry.objects.visible_to(actor).filter(child__in=ids, kind="nap")
    for entry in entries.on(day).current().order_by("at", "seq"):
        naps.setdefault(entry.child_id, []).append(entry)
    return {pk: state_of(attendance.get(pk), naps_of(naps.get(pk, []))) for pk in ids}


def has_place(
    *, actor: Actor, name: str, born_on: dt.date, resident_id: str, start_on: dt.date
) -> bool:
    """At a nursery of the actor, on that day or later: by the resident id, or by name and birth where none is given."""
    who = (
        Child.objects.filter(resident_id_index__of=resident_id)
        if resident_id
        else Child.objects.filter(name=name, born_on=born_on)
    )
    places = Enrolment.objects.visible_to(actor).from_day(start_on)
    return places.filter(child__in=who.visible_to(actor)).exists()


@dataclass(frozen=True)
class Guardian:
    pk: int  # of the guardianship
    name: str
    relation: str
    phone: str  # masked
    may_pick_up: bool
    waits: bool  # for a first sign-in

    @property
    def key(self) -> str:
        return str(self.pk)


@dataclass(frozen=True)
class ChildFile:
    child: Child
    place: Enrolment | None  # today's
    places: list[Enrolment]
    guardians: list[Guardian]
    allergies: list[Allergy]
    resident_id: str  # masked


def child_file(*, actor: Actor, child: Child) -> ChildFile:
    """Opening the file is itself on record: guardians may see who read it."""
    places = list(
        Enrolment.objects.visible_to(actor)
        .filter(child=child)
        .select_related("class_group")
        .order_by("-during", "pk")
    )
    # A guardianship belongs to the family; whoever may see the child may see whom to call.
    held = Guardianship.objects.filter(
        child__in=Child.objects.visible_to(actor).filter(pk=child.pk)
    )
    held = held.valid(today()).select_related("user").order_by("pk")
    audit.viewed(
        actor=actor,
        child_ids=[child.pk],
        fields=["guardians", "allergies"],
        purpose="child_file",
    )
    return ChildFile(
        child=child,
        place=next((place for place in places if today() in place.during), None),
        places=places,
        guardians=[
            Guardian(
                pk=each.pk,
                name=each.user.name,
                relation=each.get_relation_display(),
                phone=mask_phone(each.user.phone),
                may_pick_up=each.may_pick_up,
                waits=not each.user.has_usable_password(),
            )
            for each in held
        ],
        allergies=list(
            Allergy.objects.visible_to(actor).filter(child=child).order_by("substance", "pk")
        ),
        resident_id=mask_id(child.resident_id),
    )
