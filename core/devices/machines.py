"""Machines of an institution: gateways for doors, bracelets and cameras, and the keys they sign with."""

import datetime as dt
import secrets
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core import audit, rls
from core.calendar import now
from core.devices.signatures import WINDOW_SECONDS
from core.errors import Refused
from core.models.device import MACHINES, Device, DeviceKind, MachineKey, MachineNonce
from core.scoping import Actor

ACTIVE_KEYS = 2
# A request from the future stays good for two windows; and where the clock was ahead and is put right, what
# was swept by its time would be good again.
KEEP_NONCES = dt.timedelta(hours=2, seconds=3 * WINDOW_SECONDS)
SILENT_SECONDS = 15 * 60
LOW_BATTERY = 20
WRONG_CLOCK_SECONDS = 60


@dataclass(frozen=True)
class NewKey:
    """Shown once: the secret is sealed in the database and nobody can ask for it again."""

    id: str
    secret: str


@dataclass(frozen=True)
class Machine:
    """Who signed a request. It stands where a user stands and may do nothing but what an endpoint declares for its kind."""

    device_id: int
    institution_id: int
    kind: DeviceKind
    name: str

    is_authenticated = True
    is_active = False  # no user: core.actors makes no actor of it
    is_anonymous = False
    pk = None


@transaction.atomic
def register(
    *, actor: Actor, kind: str, name: str, institution_id: int | None = None
) -> tuple[Device, NewKey]:
    if kind not in MACHINES:
        raise Refused(_("This is no kind of machine."), "bad_kind", status=400)
    device = Device.objects.create(
        institution_id=institution_id or actor.workplace,
        kind=kind,
        name=name,
        added_by_id=actor.user_id,
    )
    key = _make_key(device)
    audit.record(
        actor=actor,
        action="device.registered",
        subject=device,
        institution_id=device.institution_id,
        data={"kind": kind, "key": key.id},
    )
    return device, key


@transaction.atomic
def rotate_key(*, actor: Actor, device: Device) -> NewKey:
    """A new key. The present one stays valid until it is retired or the next rotation; an older one ends now."""
    device = _working(device)
    active = list(device.keys.filter(retired_at=None).order_by("-made_at", "pk"))
    retired = [key.pk for key in active[ACTIVE_KEYS - 1 :]]
    MachineKey.objects.filter(pk__in=retired).update(retired_at=now())
    key = _make_key(device)
    audit.record(
        actor=actor,
        action="device.key_rotated",
        subject=device,
        institution_id=device.institution_id,
        data={"key": key.id, "retired": [str(pk) for pk in retired]},
    )
    return key


@transaction.atomic
def retire_old_keys(*, actor: Actor, device: Device) -> None:
    """Only the newest key stays."""
    device = _working(device)
    active = list(device.keys.filter(retired_at=None).order_by("-made_at", "pk"))
    retired = [key.pk for key in active[1:]]
    if retired:
        MachineKey.objects.filter(pk__in=retired).update(retired_at=now())
        audit.record(
            actor=actor,
            action="device.key_retired",
            subject=device,
            institution_id=device.institution_id,
            data={"retired": [str(pk) for pk in retired]},
        )


@rls.system("device secret: the key of a signed request")
def key_for(key_id: str) -> MachineKey | None:
    """An active key of a working machine, with the machine."""
    try:
        keys = MachineKey.objects.select_related("device").filter(pk=UUID(key_id), retired_at=None)
    except ValueError:
        return None
    return keys.filter(device__revoked_at=None).first()


def first_time(key: MachineKey, nonce: str) -> bool:
    """Whether this request was never seen: one statement, so that two at once cannot both be first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_machinenonce (key_id, nonce, at) VALUES (%s, %s, %s)"
            " ON CONFLICT (key_id, nonce) DO NOTHING",
            [key.pk, nonce, now()],
        )
        return cursor.rowcount == 1


def sweep_nonces() -> int:
    """Those whose request would be refused for its age anyhow."""
    return MachineNonce.objects.filter(at__lt=now() - KEEP_NONCES).delete()[0]


def heard_from(machine: Machine, *, firmware: str, battery: int | None, clock_offset: int) -> None:
    Device.objects.filter(pk=machine.device_id).update(
        last_seen_at=now(), firmware=firmware, battery=battery, clock_offset=clock_offset
    )


def troubles(device: Device) -> list[str]:
    """What is wrong with a machine, as codes: silent, battery, clock. Never heard of is no trouble yet."""
    found: list[str] = []
    if device.last_seen_at is None:
        return found
    if (now() - device.last_seen_at).total_seconds() > SILENT_SECONDS:
        found.append("silent")
    if device.battery is not None and device.battery < LOW_BATTERY:
        found.append("battery")
    if abs(device.clock_offset or 0) > WRONG_CLOCK_SECONDS:
        found.append("clock")
    return found


def _working(device: Device) -> Device:
    device = Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
    if device.revoked_at is not None or device.kind == DeviceKind.TABLET:
        raise Refused(_("This machine is no longer registered."), "revoked")
    return device


def _make_key(device: Device) -> NewKey:
    key = MachineKey.objects.create(device=device, secret=secrets.token_urlsafe(32))
    return NewKey(str(key.pk), key.secret)
