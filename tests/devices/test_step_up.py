"""Pairing, keys, disconnecting and PINs ask again who it is: a desk left open gives no device away."""

import pytest
from django.test import Client
from django.urls import reverse

from core.devices import codes, pairing
from core.models import Device, Pairing, Pin
from core.models.device import PairingState
from tests.factories.core import PASSWORD
from tests.factories.devices import PinFactory
from tests.signin.conftest import clock  # noqa: F401 -- the same clock

CONFIRMED = {"stepup-given": "1", "stepup-password": PASSWORD}


@pytest.fixture
def desk(city, signed_in, clock) -> Client:  # noqa: F811
    """The director's, who showed the password six minutes ago."""
    client = signed_in(city.a.director)
    clock.shift(360)
    return client


def state(city) -> dict:
    """Everything that the deeds below would change."""
    return {
        "pairings": list(Pairing.objects.order_by("pk").values_list("pk", "state")),
        "devices": list(Device.objects.order_by("pk").values_list("pk", "revoked_at")),
        "keys": list(city.a.machine.keys.order_by("pk").values_list("pk", "retired_at")),
        "pins": list(Pin.objects.order_by("pk").values_list("user", flat=True)),
    }


DEEDS = {
    "nursery:tablet-new": (None, {"name": "平板"}),
    "nursery:machine-new": (None, {"kind": "door", "name": "后门"}),
    "nursery:machine-key": ("machine", {}),
    "nursery:device-revoke": ("tablet", {}),
}


@pytest.mark.parametrize("name", DEEDS)
def test_devices_ask_again_and_then_go_on_with_what_was_typed(city, desk, name):
    thing, typed = DEEDS[name]
    url = reverse(name, args=[getattr(city.a, thing).pk] if thing else [])
    before = state(city)

    asked = desk.post(url, typed)

    assert (asked.status_code, dict(asked.context["kept"])) == (403, typed)
    assert desk.post(url, typed | CONFIRMED | {"stepup-password": "x"}).status_code == 403
    assert state(city) == before
    assert desk.post(url, typed | CONFIRMED).status_code in (200, 302)
    assert state(city) != before


def test_so_does_confirming_a_tablet_while_its_page_goes_on_listening(city, signed_in, clock):  # noqa: F811
    desk = signed_in(city.a.director)
    added = desk.post(reverse("nursery:tablet-new"), {"name": "平板"})
    found = Pairing.objects.get(name="平板")
    clock.shift(360)
    pairing.claim(code=codes.code_of(found.pk), address="10.0.0.1")

    assert desk.get(added.url).status_code == 200
    assert desk.post(added.url, {"answer": "same"}).status_code == 403
    found.refresh_from_db()
    assert found.state == PairingState.CLAIMED
    assert desk.post(added.url, {"answer": "same"} | CONFIRMED).status_code == 302
    found.refresh_from_db()
    assert found.state == PairingState.CONFIRMED


@pytest.mark.parametrize("name", ["nursery:pin-reset", "nursery:pin-unlock"])
def test_and_so_do_pins(city, desk, name):
    PinFactory(user=city.a.carer)
    url = reverse(name, args=[city.a.carer.memberships.get().pk])

    assert desk.post(url).status_code == 403
    assert Pin.objects.filter(user=city.a.carer).exists()
    assert desk.post(url, CONFIRMED).status_code == 302
    assert Pin.objects.filter(user=city.a.carer).exists() is (name == "nursery:pin-unlock")
