import datetime as dt
import time

import pytest
import time_machine
from django.test import Client

from core import actors
from core.calendar import now
from core.devices import machines, signatures
from core.devices.machines import Machine
from core.models import AuditEvent, Device, MachineKey, MachineNonce
from core.models.device import DeviceKind
from core.tasks import sweep_devices
from tests.devices.conftest import HEARTBEAT, signed

BODY = b'{"firmware": "2.4.1", "battery": 81}'


@pytest.fixture
def key(city) -> MachineKey:
    return city.a.machine.keys.get()


def beat(headers: dict, *, body: bytes = BODY, path: str = HEARTBEAT, method: str = "POST"):
    return Client().generic(method, path, body, "application/json", headers=headers)


def refusal(response) -> str:
    assert response.status_code == 401, response.content
    return response.json()["code"]


def test_a_heartbeat_is_kept(key):
    answer = beat(signed(key.pk, body=BODY, at=time.time() + 90))

    assert answer.status_code == 200
    assert answer.json()["clock_offset"] in (89, 90)
    device = Device.objects.get(pk=key.device_id)
    assert (device.firmware, device.battery) == ("2.4.1", 81)
    assert machines.troubles(device) == ["clock"]


def test_the_same_request_twice(key):
    headers = signed(key.pk, body=BODY)
    assert beat(headers).status_code == 200

    assert refusal(beat(headers)) == "replayed"


@pytest.mark.parametrize(("off", "code"), [(-301, "bad_clock"), (302, "bad_clock")])
def test_too_old_or_from_the_future(key, off, code):
    with time_machine.travel(now(), tick=False):
        assert refusal(beat(signed(key.pk, body=BODY, at=time.time() + off))) == code


@pytest.mark.parametrize("off", [-299, 299])
def test_within_the_window(key, off):
    with time_machine.travel(now(), tick=False):
        assert beat(signed(key.pk, body=BODY, at=time.time() + off)).status_code == 200


def test_anything_altered_is_refused(key):
    headers = signed(key.pk, body=BODY)

    assert refusal(beat(headers, body=BODY.replace(b"81", b"82"))) == "bad_signature"
    assert refusal(beat(headers, path=f"{HEARTBEAT}?a=1")) == "bad_signature"
    assert refusal(beat(signed(key.pk, body=BODY, method="PUT"))) == "bad_signature"
    assert refusal(beat(signed(key.pk, body=BODY, secret="another"))) == "bad_signature"
    later = headers | {"X-Machine-Timestamp": str(int(time.time()) + 5)}
    assert refusal(beat(later)) == "bad_signature"
    assert refusal(beat(headers | {"X-Machine-Nonce": "another-nonce-123"})) == "bad_signature"
    assert not MachineNonce.objects.exists()  # who cannot sign cannot fill the table either


@pytest.mark.parametrize(
    "bad",
    [
        {"X-Machine-Nonce": "short"},
        {"X-Machine-Nonce": "x" * 65},
        {"X-Machine-Timestamp": "now"},
        {"X-Machine-Timestamp": "-1700000000"},
        {"X-Machine-Signature": ""},
        {"X-Machine-Signature": "Z" * 64},
        {"X-Machine-Key": "mk_unknown"},
    ],
)
def test_nonsense_in_the_headers(key, bad):
    assert refusal(beat(signed(key.pk, body=BODY) | bad)) in ("bad_headers", "bad_signature")


def test_without_headers_nobody(city):
    assert refusal(beat({})) == "not_authenticated"


def test_keys_are_changed_without_a_gap(city, key):
    actor = city.actor(city.a.director)
    second = machines.rotate_key(actor=actor, device=city.a.machine)
    for name, secret, nonce in (
        (key.pk, key.secret, "first-nonce-00001"),
        (second.id, second.secret, "second-nonce-0001"),
    ):
        headers = signed(name, secret=secret, body=BODY, nonce=nonce)
        assert beat(headers).status_code == 200

    third = machines.rotate_key(actor=actor, device=city.a.machine)
    old = signed(key.pk, body=BODY, nonce="old-nonce-0000001")
    assert refusal(beat(old)) == "bad_signature"

    machines.retire_old_keys(actor=actor, device=city.a.machine)
    headers = signed(second.id, secret=second.secret, body=BODY, nonce="second-nonce-0002")
    assert refusal(beat(headers)) == "bad_signature"
    headers = signed(third.id, secret=third.secret, body=BODY, nonce="third-nonce-00001")
    assert beat(headers).status_code == 200


def test_a_revoked_machine_is_out(city, key, signed_in):
    signed_in(city.a.director).post(f"/nursery/devices/{city.a.machine.pk}/revoke/")

    assert refusal(beat(signed(key.pk, body=BODY))) == "bad_signature"


def test_sm3_where_the_operator_asks_for_it(key, settings):
    settings.MACHINE_SIGNATURE_HASH = "sm3"

    assert refusal(beat(signed(key.pk, body=BODY))) == "bad_signature"
    assert beat(signed(key.pk, body=BODY, algorithm="sm3")).status_code == 200


def test_sm3_is_that_of_the_standard():
    """GB/T 32905-2016, annex A.1."""
    assert signatures.digest(b"abc", "sm3").startswith("66c7f0f462eeedd9d1f2d46bdc10e4e2")


def test_a_machine_may_nothing_that_is_not_declared(city, key):
    machine = Machine(key.device_id, city.a.institution.pk, DeviceKind.DOOR, "大门")

    assert actors.resolve(machine) is None
    for path in ("/api/v1/children/", "/api/v1/me/", "/api/v1/daily-log/"):
        headers = signed(key.pk, path=path, method="GET", body=b"")
        assert beat(headers, path=path, method="GET", body=b"").status_code == 401


def test_a_kind_that_is_not_declared_is_refused(key, monkeypatch):
    from core.views.devices_api import HeartbeatView  # noqa: PLC0415

    monkeypatch.setattr(HeartbeatView, "machine_kinds", (DeviceKind.CAMERA,))

    assert beat(signed(key.pk, body=BODY)).status_code == 403


@pytest.mark.parametrize(
    "body", [b"{", b'{"battery": 101}', b'{"battery": -1}', b'{"firmware": 5e999}']
)
def test_a_bad_body_is_said(key, body):
    assert beat(signed(key.pk, body=body), body=body).status_code == 400


def test_the_secret_is_shown_once_and_sealed(city, signed_in):
    director = signed_in(city.a.director)
    page = director.post("/nursery/devices/machines/new/", {"name": "后门", "kind": "door"})

    device = Device.objects.get(name="后门")
    secret = device.keys.get().secret
    assert secret in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert secret not in director.get("/nursery/devices/").text
    assert AuditEvent.objects.filter(action="device.registered").exists()
    again = director.post(f"/nursery/devices/{device.pk}/key/").text
    assert device.keys.count() == 2
    assert secret not in again


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumped_and_was_put_right_lets_no_request_in_again(key, hours):
    headers = signed(key.pk, body=BODY)
    assert beat(headers).status_code == 200
    with time_machine.travel(now() + dt.timedelta(hours=hours)):
        assert refusal(beat(headers)) == "bad_clock"
        sweep_devices()

    assert refusal(beat(headers)) == "replayed"


def test_old_nonces_are_swept_and_fresh_ones_stay(key):
    moment = now()
    for minutes in (0, 134, 136):
        at = moment - dt.timedelta(minutes=minutes)
        MachineNonce.objects.create(key=key, nonce=f"nonce-of-{minutes:08d}", at=at)

    sweep_devices()

    assert MachineNonce.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "trouble"),
    [
        ({}, []),
        ({"battery": 19}, ["battery"]),
        ({"clock_offset": -61}, ["clock"]),
        ({"last_seen_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, ["silent"]),
    ],
)
def test_what_is_wrong_with_a_machine(values, trouble):
    device = Device(kind=DeviceKind.DOOR, **{"last_seen_at": now()} | values)

    assert machines.troubles(device) == trouble
