"""Tablets and machines under the policies of the database, as in a process that serves: no scope but what requests enter."""

import datetime as dt
from uuid import UUID

import pytest
import time_machine
from django.test import Client, RequestFactory

from core import rls
from core.calendar import now
from core.devices import codes
from core.models import AuditEvent, Device
from core.postgres import scope
from institution.models import Child, Membership
from tests.devices.conftest import HEARTBEAT, signed
from tests.factories.devices import PIN, PinFactory
from tests.factories.institution import MembershipFactory


@pytest.fixture
def no_usual_scope(city, monkeypatch):
    """After the city was made."""
    monkeypatch.setattr(scope, "_usual", [])


@pytest.fixture
def carer(city):
    PinFactory(user=city.a.carer)
    return city.a.carer


def enter(client: Client, person, pin: str = PIN):
    return client.post("/nursery/tablet/sign-in/", {"person": person.pk, "pin": pin})


def recorded(action: str) -> list[AuditEvent]:
    with rls.system("tests"):
        return list(AuditEvent.objects.filter(action=action).order_by("pk"))


def test_a_tablet_is_paired_without_anybody_signed_in(city, signed_in, no_usual_scope):
    director, new = signed_in(city.a.director), Client()
    added = director.post("/nursery/devices/tablets/new/", {"name": "平板"})
    pairing = UUID(added.url.rstrip("/").rpartition("/")[2])

    new.post("/nursery/pair/", {"code": codes.code_of(pairing)})
    assert new.get("/nursery/pair/wait/").status_code == 200
    director.post(added.url, {"answer": "same"})

    assert new.post("/nursery/pair/finish/").json() == {"state": "paired"}
    assert city.a.carer.name in new.get("/nursery/tablet/").text
    assert [event.institution_id for event in recorded("device.paired")] == [city.a.institution.pk]


def test_a_day_on_a_tablet(city, carer, on_tablet, no_usual_scope):
    client = on_tablet()
    assert enter(client, carer, "904713").status_code == 422
    assert enter(client, carer).url == "/nursery/board/"
    assert city.a.children[0].name in client.get("/nursery/board/").text
    with time_machine.travel(now() + dt.timedelta(minutes=11), tick=False):
        assert client.get("/nursery/board/").url == "/nursery/tablet/?next=/nursery/board/"
        assert enter(client, carer).status_code == 302
        assert client.post("/sign-out/").status_code == 302
        assert client.get("/nursery/tablet/").status_code == 200
    assert [event.outcome for event in recorded("pin.wrong")] == ["refused"]
    assert len(recorded("session.closed")) == 2


def test_who_works_elsewhere_too_gets_in_here(city, on_tablet, no_usual_scope):
    with rls.system("tests"):
        person = MembershipFactory(institution=city.b.institution, role="director").user
        MembershipFactory(institution=city.a.institution, user=person, role="director")
        PinFactory(user=person)
    client = on_tablet()

    assert enter(client, person).url.startswith("/nursery/")
    board = client.get(f"/nursery/board/{city.a.small.pk}/")

    assert city.a.children[0].name in board.text
    assert client.get(f"/nursery/board/{city.b.small.pk}/").status_code == 404


def test_a_revoked_tablet_signs_its_person_out(city, carer, on_tablet, signed_in, no_usual_scope):
    client = on_tablet()
    enter(client, carer)

    signed_in(city.a.director).post(f"/nursery/devices/{city.a.tablet.pk}/revoke/")

    assert client.get("/nursery/board/").url.startswith("/sign-in/")


def test_a_machine_is_heard(city, no_usual_scope):
    key = city.a.machine.keys.get()
    headers = signed(key.pk)

    answer = Client().generic("POST", HEARTBEAT, b"{}", "application/json", headers=headers)

    assert answer.status_code == 200, answer.content
    with rls.system("tests"):
        assert Device.objects.get(pk=city.a.machine.pk).last_seen_at is not None


def test_a_tablet_with_nobody_on_it_reaches_its_own_nursery_only(city, no_usual_scope):
    request = RequestFactory().get("/")
    request.actor, request.tablet = None, city.a.tablet

    with rls.of_request(request):
        places = set(Membership.objects.values_list("institution_id", flat=True))
        children = set(Child.objects.values_list("pk", flat=True))

    assert places == {city.a.institution.pk}
    assert children.isdisjoint(child.pk for child in city.b.children)
