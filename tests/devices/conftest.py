import time
from collections.abc import Callable

import pytest
from django.test import Client

from core.devices import signatures, tablets
from core.models import Device
from tests.factories.city import City
from tests.factories.devices import KEY_SECRET, cookie_of

HEARTBEAT = "/api/v1/devices/heartbeat/"


@pytest.fixture
def tablet(city: City) -> Device:
    return city.a.tablet


@pytest.fixture
def on_tablet(tablet) -> Callable[..., Client]:
    """A browser that shows the tablet's cookie, or another."""

    def make(cookie: str | None = None) -> Client:
        client = Client()
        client.cookies[tablets.COOKIE] = cookie_of(tablet) if cookie is None else cookie
        return client

    return make


def signed(
    key_id,
    *,
    secret: str = KEY_SECRET,
    method: str = "POST",
    path: str = HEARTBEAT,
    body: bytes = b"{}",
    at: float | None = None,
    nonce: str = "nonce-0123456789",
    algorithm: str = "sha256",
) -> dict[str, str]:
    """The headers of a signed request."""
    timestamp = str(int(time.time() if at is None else at))
    text = signatures.text_of(
        method=method, path=path, body=body, timestamp=timestamp, nonce=nonce, algorithm=algorithm
    )
    return {
        "X-Machine-Key": str(key_id),
        "X-Machine-Timestamp": timestamp,
        "X-Machine-Nonce": nonce,
        "X-Machine-Signature": signatures.sign(secret, text, algorithm),
    }
