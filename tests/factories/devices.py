import uuid

import factory

from core.calendar import now
from core.devices import tablets
from core.devices.codes import HALF, code_of
from core.devices.pairing import VALID
from core.devices.pins import digest_of
from core.models import Device, MachineKey, Pairing, Pin
from core.models.device import DeviceKind
from tests.factories.core import UserFactory

SECRET = "a-secret-that-a-tablet-keeps-in-its-cookie"
KEY_SECRET = "the-secret-a-machine-signs-with"
PIN = "482957"  # of everybody who has one


class TabletFactory(factory.django.DjangoModelFactory):
    """Paired today; `cookie_of(tablet)` is what its browser shows."""

    class Meta:
        model = Device

    kind = DeviceKind.TABLET
    name = "托小班平板"
    secret_hash = tablets.hash_of(SECRET)
    rotated_at = factory.LazyFunction(now)
    last_seen_at = factory.LazyFunction(now)


def cookie_of(tablet: Device, secret: str = SECRET) -> str:
    return tablets.cookie_of(tablet, secret)


class MachineFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Device

    kind = DeviceKind.DOOR
    name = "大门"


class MachineKeyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = MachineKey

    device = factory.SubFactory(MachineFactory)
    secret = KEY_SECRET


_locators: set[str] = set()


def _with_new_locator() -> uuid.UUID:
    """Open pairings may not share the first half of their code."""
    while (locator := code_of(chosen := uuid.uuid4())[:HALF]) in _locators:
        pass
    _locators.add(locator)
    return chosen


class PairingFactory(factory.django.DjangoModelFactory):
    """A code just made."""

    class Meta:
        model = Pairing

    id = factory.LazyFunction(_with_new_locator)
    name = "托大班平板"
    locator = factory.LazyAttribute(lambda pairing: code_of(pairing.id)[:HALF])
    opened_by = factory.SubFactory(UserFactory)
    expires_at = factory.LazyFunction(lambda: now() + VALID)


class PinFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Pin

    user = factory.SubFactory(UserFactory)
    digest = factory.LazyAttribute(lambda pin: digest_of(pin.user.pk, PIN))
