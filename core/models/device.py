"""Tablets and machines of an institution, and what they prove themselves with.

Nothing here opens anything by itself when it is read: a tablet's secret and a pairing code are kept as hashes, a PIN as
argon2 over a keyed hash, a machine's key sealed. Institution and class are plain numbers; core knows neither.
"""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.calendar import now
from core.crypto import EncryptedTextField
from core.scoping import Scope, ScopedQuerySet


class DeviceKind(models.TextChoices):
    TABLET = "tablet", _("Tablet")
    DOOR = "door", _("Door gateway")
    BRACELET = "bracelet", _("Bracelet gateway")
    CAMERA = "camera", _("Camera gateway")


MACHINES = (DeviceKind.DOOR, DeviceKind.BRACELET, DeviceKind.CAMERA)


class DeviceQuerySet(ScopedQuerySet):
    def working(self) -> Self:
        return self.filter(revoked_at=None)

    def tablets(self) -> Self:
        return self.filter(kind=DeviceKind.TABLET)

    def machines(self) -> Self:
        return self.exclude(kind=DeviceKind.TABLET)


class Device(models.Model):
    scope = Scope(institution="institution_id", region=None)

    institution_id = models.BigIntegerField()
    class_group_id = models.BigIntegerField(null=True)  # a tablet's room; none: the whole house
    kind = models.CharField(max_length=10, choices=DeviceKind)
    name = models.CharField(_("name"), max_length=40)
    added_at = models.DateTimeField(default=now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    # a tablet: SHA-256 of the secret in its cookie, of the one it was given last and of the one before
    secret_hash = models.BinaryField(max_length=32, null=True)
    next_hash = models.BinaryField(max_length=32, null=True)
    old_hash = models.BinaryField(max_length=32, null=True)
    old_until = models.DateTimeField(null=True)
    rotated_at = models.DateTimeField(null=True)
    # who has signed in on a tablet by PIN
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # what a machine said of itself last
    firmware = models.CharField(max_length=40, blank=True, default="")
    battery = models.PositiveSmallIntegerField(null=True)  # per cent; none: on mains
    clock_offset = models.IntegerField(null=True)  # seconds its clock is ahead of ours

    objects = DeviceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["institution_id", "kind"], name="core_device_place")]
        constraints = [
            models.UniqueConstraint(fields=["id", "institution_id"], name="core_device_tenant"),
            models.CheckConstraint(
                condition=Q(battery=None) | Q(battery__lte=100), name="core_device_battery"
            ),
            models.CheckConstraint(
                condition=~Q(kind=DeviceKind.TABLET)
                | Q(secret_hash__isnull=False)
                | Q(revoked_at__isnull=False),
                name="core_device_tablet_secret",
            ),
            models.CheckConstraint(
                condition=Q(kind=DeviceKind.TABLET) | Q(secret_hash=None, class_group_id=None),
                name="core_device_machine_has_keys",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class PairingState(models.TextChoices):
    OPEN = "open", _("Waiting for the tablet")
    CLAIMED = "claimed", _("Waiting for confirmation")
    CONFIRMED = "confirmed", _("Confirmed")
    DONE = "done", _("Paired")
    REFUSED = "refused", _("Refused")
    LOCKED = "locked", _("Too many wrong tries")


class Pairing(models.Model):
    """A tablet about to be paired: the code is shown to one side, typed on the other, confirmed by the first."""

    scope = Scope(institution="institution_id", region=None)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    institution_id = models.BigIntegerField()
    class_group_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=PairingState, default=PairingState.OPEN)
    locator = models.CharField(max_length=4)  # the first half of the code: finds the row
    attempts = models.PositiveSmallIntegerField(default=0)  # wrong second halves
    claim_hash = models.BinaryField(max_length=32, null=True)  # of the tablet's claim cookie
    agent = models.CharField(max_length=80, blank=True, default="")
    opened_at = models.DateTimeField(default=now)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()
    device = models.OneToOneField(Device, models.CASCADE, null=True, related_name="pairing")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["locator"],
                condition=Q(state=PairingState.OPEN),
                name="core_pairing_open_locator",
            ),
            models.CheckConstraint(condition=Q(attempts__lte=5), name="core_pairing_attempts"),
        ]

    def __str__(self) -> str:
        return f"pairing {self.pk}"


class Pin(models.Model):
    """A person's six digits for paired tablets."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="pin")
    digest = models.CharField(max_length=128)
    set_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"pin of {self.user_id}"


class Tries(models.Model):
    """Wrong tries under a name, since the first of them. Counted before the answer is looked at, so that a race wins nothing."""

    name = models.CharField(max_length=80, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.name} {self.count}"


class MachineKey(models.Model):
    """A key that a machine signs with. Two may be valid while it is being changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device = models.ForeignKey(Device, models.CASCADE, related_name="keys")
    secret = EncryptedTextField(purpose="machines")
    made_at = models.DateTimeField(default=now)
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class MachineNonce(models.Model):
    """Requests already seen. In the database, not in Redis: emptying a cache must not open the door to replays."""

    key = models.ForeignKey(MachineKey, models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=64)
    at = models.DateTimeField(default=now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "nonce"], name="core_machinenonce_once"),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.nonce}"
