"""A paired tablet: a secret in its cookie, changed every day it is used, gone the moment it is revoked.

The next secret is computed from the present one, so that two pages loading at the same time are given the same. It
counts once the tablet has come back with it; an answer that got lost on the way costs nothing.
"""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from core import audit, realtime, rls
from core.calendar import local_day, now, today
from core.devices import codes
from core.models.device import Device, DeviceKind
from core.scoping import Actor

COOKIE = f"{settings.COOKIE_PREFIX}tablet"
COOKIE_DAYS = 90
OVERLAP = dt.timedelta(minutes=2)  # the last secret, for requests under way while it changed
SEEN_EVERY = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Shown:
    """What a tablet showed, and the secret it is to keep from now on, when that is another."""

    device: Device
    cookie: str = ""


def hash_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def cookie_of(device: Device, secret: str) -> str:
    return f"{device.pk}.{secret}"


# Until the secret is looked at nobody knows whose the tablet is, so no policy of a nursery can let it through.
BY_COOKIE = "device secret: a tablet's cookie"


@rls.system(BY_COOKIE)
def look(cookie: str) -> Device | None:
    """The working tablet this cookie belongs to. Reads only."""
    found = _read(cookie)
    return found[0] if found else None


@rls.system(BY_COOKIE)
def recognise(cookie: str) -> Shown | None:
    """The same for a request, which also is the moment to change the secret and to note that the tablet was seen."""
    found = _read(cookie)
    if found is None:
        return None
    device, secret = found
    shown = hash_of(secret)
    if device.next_hash and codes.same(shown, device.next_hash):
        _settle(device)
    elif codes.same(shown, device.secret_hash or b"") and _is_old(device):
        return Shown(device, cookie_of(device, _hand_out(device, secret)))
    _note_seen(device)
    return Shown(device)


def set_cookie(response, value: str) -> None:
    response.set_cookie(
        COOKIE,
        value,
        max_age=COOKIE_DAYS * 86_400,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


@transaction.atomic
def revoke(*, actor: Actor, device: Device) -> None:
    """From here on its cookie opens nothing; who is signed in on it is out, pages and sockets."""
    device = Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
    if device.revoked_at is not None:
        return
    person = device.person_id
    device.revoked_at, device.person = now(), None
    device.secret_hash = device.next_hash = device.old_hash = None
    device.save()
    device.keys.filter(retired_at=None).update(retired_at=device.revoked_at)
    if person is not None:
        realtime.actor_changed(person)
    audit.record(
        actor=actor,
        action="device.revoked",
        subject=device,
        institution_id=device.institution_id,
        data={"kind": device.kind},
    )


def _read(cookie: str) -> tuple[Device, str] | None:
    number, _dot, secret = cookie.partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) < 19 and 20 < len(secret) < 80):
        return None
    device = Device.objects.working().tablets().filter(pk=int(number)).first()
    if device is None:
        return None
    shown = hash_of(secret)
    known = [device.secret_hash, device.next_hash]
    if device.old_until is not None and device.old_until > now():
        known.append(device.old_hash)
    # every one is compared, whichever fits: the time says nothing
    fits = [codes.same(shown, each) for each in known if each]
    return (device, secret) if any(fits) else None


def _is_old(device: Device) -> bool:
    return device.rotated_at is None or local_day(device.rotated_at) < today()


def _hand_out(device: Device, secret: str) -> str:
    value = f"{device.pk}|{secret}"
    following = salted_hmac("core.devices.rotation", value, algorithm="sha256").hexdigest()
    Device.objects.filter(pk=device.pk, secret_hash=device.secret_hash).update(
        next_hash=hash_of(following), last_seen_at=now()
    )
    return following


def _settle(device: Device) -> None:
    """The tablet has come back with the new secret: the one before ends after the overlap."""
    moment = now()
    Device.objects.filter(pk=device.pk, next_hash=device.next_hash).update(
        secret_hash=device.next_hash,
        old_hash=device.secret_hash,
        old_until=moment + OVERLAP,
        next_hash=None,
        rotated_at=moment,
        last_seen_at=moment,
    )


def _note_seen(device: Device) -> None:
    moment = now()
    if device.last_seen_at is None or device.last_seen_at < moment - SEEN_EVERY:
        Device.objects.filter(pk=device.pk).update(last_seen_at=moment)


def made(*, actor_id: int, institution_id: int, class_group_id: int | None, name: str):
    """A new tablet and the secret for its cookie, which nobody sees again."""
    secret = new_secret()
    moment = now()
    device = Device.objects.create(
        institution_id=institution_id,
        class_group_id=class_group_id,
        kind=DeviceKind.TABLET,
        name=name,
        added_by_id=actor_id,
        secret_hash=hash_of(secret),
        rotated_at=moment,
        last_seen_at=moment,
    )
    return device, secret
