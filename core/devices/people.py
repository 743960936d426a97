"""Who is signed in on a tablet by PIN: a session that says so, and is worth nothing elsewhere or after ten idle minutes.

What a person may do there is less than with a password: the care of the day, nothing of the office.
"""

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import replace

from django.contrib.auth import login
from django.db import transaction

from core import audit, realtime, rls
from core.devices import pins
from core.models.device import Device
from core.models.user import User
from core.permissions import INSTITUTION_ROLES
from core.scoping import Actor

DEVICE_KEY = "device"  # session: the tablet it lives on
SEEN_KEY = "seen"  # session: when the person last did something, in seconds since 1970
POST_KEY = "post"
IDLE = dt.timedelta(minutes=10)
NOTE_EVERY = 30  # seconds
BACKEND = "core.auth.NameOrPhoneBackend"


def sign_in(request, *, device: Device, user: User, actor: Actor, pin: str) -> Actor:
    """`actor` is the post of the user at the tablet's institution. Raises what `pins.verify` raises."""
    pins.verify(device=device, user=user, pin=pin)
    there = on_device(actor, device)
    login(request, user, backend=BACKEND)
    with transaction.atomic():
        request.session[DEVICE_KEY] = device.pk
        request.session[SEEN_KEY] = int(time.time())
        request.session[POST_KEY] = actor.post
        _stand_at(device, user.pk)
        audit.record(actor=there, action="pin.signed_in", subject=device)
    return there


def leave(device: Device | None) -> None:
    """Nobody is signed in on the tablet any more."""
    if device is not None and device.person_id is not None:
        _stand_at(device, None)


def on_device(actor: Actor, device: Device) -> Actor:
    """The same person with the tablet in hand: in its institution, and in its room when it has one."""
    classes = actor.class_ids
    if device.class_group_id is not None:
        room = frozenset({device.class_group_id})
        classes = room if classes is None else classes & room
    return replace(actor, device_id=device.pk, class_ids=classes)


def belongs(actor: Actor | None, device: Device) -> bool:
    return (
        actor is not None
        and actor.role in INSTITUTION_ROLES
        and actor.institution_id == device.institution_id
    )


def is_idle(session: Mapping) -> bool:
    return time.time() - session.get(SEEN_KEY, 0) > IDLE.total_seconds()


def narrowed(actor: Actor | None, session: Mapping, device: Device | None) -> Actor | None:
    """The actor of a session, which may be one of a PIN: then only on its tablet, and while somebody is there."""
    if DEVICE_KEY not in session or actor is None:
        return actor
    fits = device is not None and device.pk == session[DEVICE_KEY] and not is_idle(session)
    if device is None or not fits or not belongs(actor, device):
        return None
    return on_device(actor, device)


@rls.system("device secret: the tablet of a session")
def device_of(session: Mapping) -> Device | None:
    """The tablet a PIN session lives on, while it works: for sockets, which show their cookie only once."""
    if DEVICE_KEY not in session:
        return None
    return Device.objects.working().tablets().filter(pk=session[DEVICE_KEY]).first()


def _stand_at(device: Device, user_id: int | None) -> None:
    before = device.person_id
    with rls.system("device secret: who stands at the tablet that has shown it"):
        Device.objects.filter(pk=device.pk).update(person=user_id)
    device.person_id = user_id
    for gone in {before} - {None, user_id}:
        realtime.actor_changed(gone)  # type: ignore[arg-type]
