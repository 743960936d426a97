"""The devices of a nursery, and the people a paired tablet offers to sign in."""

import datetime as dt
from dataclasses import dataclass
from typing import cast

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from core.calendar import today
from core.devices import machines, pins
from core.models import Device, Factor, Pin, User
from core.permissions import Role
from core.scoping import Actor
from institution.models import ClassDuty, ClassGroup, Institution, Membership


@dataclass(frozen=True)
class TabletLine:
    device: Device
    room: str
    locked: bool


@dataclass(frozen=True)
class MachineLine:
    device: Device
    keys: int
    troubles: list[str]


@dataclass(frozen=True)
class PinLine:
    membership: Membership
    has_pin: bool
    locked: bool
    has_factor: bool


def tablets_of(actor: Actor) -> list[TabletLine]:
    found = Device.objects.visible_to(actor).working().tablets().select_related("person")
    devices = list(found.order_by("name", "pk"))
    rooms = dict(ClassGroup.objects.visible_to(actor).order_by("pk").values_list("pk", "name"))
    locked = pins.locked_devices(device.pk for device in devices)
    return [
        TabletLine(device, rooms.get(cast("int", device.class_group_id), ""), device.pk in locked)
        for device in devices
    ]


def machines_of(actor: Actor) -> list[MachineLine]:
    found = Device.objects.visible_to(actor).working().machines()
    counted = found.annotate(active_keys=Count("keys", filter=Q(keys__retired_at=None)))
    return [
        MachineLine(device, device.active_keys, machines.troubles(device))
        for device in counted.order_by("name", "pk")
    ]


def pins_of(actor: Actor) -> list[PinLine]:
    """Everybody who works here, with whether the person has a PIN and a second step at sign-in."""
    known = Pin.objects.filter(user=OuterRef("user"))
    factors = Factor.objects.filter(user=OuterRef("user"))
    working = Membership.objects.visible_to(actor).working(today()).select_related("user")
    counted = working.annotate(has_pin=Exists(known), has_factor=Exists(factors))
    members = list(counted.order_by("user__name", "pk"))
    locked = pins.locked_people(member.user_id for member in members)
    return [
        PinLine(member, member.has_pin, member.user_id in locked, member.has_factor)
        for member in members
    ]


@dataclass(frozen=True)
class Colleague:
    user: User
    role: Role
    rooms: tuple[str, ...]  # where the person is on duty today

    @property
    def on_duty(self) -> bool:
        return bool(self.rooms)


@dataclass(frozen=True)
class Room:
    """What a tablet knows by itself, without a person: where it is and who may sign in."""

    institution: Institution
    class_group: ClassGroup | None
    colleagues: list[Colleague]

    @property
    def on_duty(self) -> list[Colleague]:
        return [each for each in self.colleagues if each.on_duty]

    @property
    def others(self) -> list[Colleague]:
        return [each for each in self.colleagues if not each.on_duty]


def room_of(device: Device) -> Room:
    day = today()
    duties = _duties(device, day)
    colleagues: dict[int, Colleague] = {}
    for member in _members(device, day):
        rooms = tuple(duties.get(member.pk, ()))
        carer_elsewhere = member.role == Role.CARER and device.class_group_id and not rooms
        if not carer_elsewhere and member.user_id not in colleagues:
            colleagues[member.user_id] = Colleague(member.user, Role(member.role), rooms)
    groups = ClassGroup.objects.filter(institution=device.institution_id)
    return Room(
        institution=Institution.objects.get(pk=device.institution_id),
        class_group=groups.filter(pk=device.class_group_id).first()
        if device.class_group_id
        else None,
        colleagues=list(colleagues.values()),
    )


def _members(device: Device, day: dt.date) -> QuerySet[Membership]:
    members = Membership.objects.working(day).filter(
        institution=device.institution_id, user__is_active=True
    )
    return members.select_related("user").order_by("user__name", "pk")


def _duties(device: Device, day: dt.date) -> dict[int, list[str]]:
    """Membership -> names of its classes that day, of the tablet's room only when it has one."""
    found = ClassDuty.objects.filter(institution=device.institution_id, during__contains=day)
    if device.class_group_id is not None:
        found = found.filter(class_group=device.class_group_id)
    duties: dict[int, list[str]] = {}
    for membership, name in found.order_by("class_group__name", "pk").values_list(
        "membership_id", "class_group__name"
    ):
        duties.setdefault(membership, []).append(name)
    return duties
