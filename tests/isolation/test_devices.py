"""Tablets, machines and pairings under the policies alone, and the few ways by which a secret finds them."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from core import rls, tasks
from core.calendar import now
from core.devices import codes, machines, pairing, tablets
from core.models import Device, Pairing
from core.models.device import PairingState
from core.postgres import scope
from tests.factories.city import City
from tests.factories.devices import PairingFactory, cookie_of


@pytest.fixture
def no_usual_scope():
    """As in a process that serves: whoever enters nothing has nothing."""
    usual = scope.current()
    scope.set_usual(None)
    yield
    scope.set_usual(usual)


def in_scope_of(nursery):
    return scope.entered(
        scope.DatabaseScope(kind="machine", institution_ids=(nursery.institution.pk,))
    )


@pytest.mark.parametrize("model", [Device, Pairing])
def test_a_nursery_reads_and_changes_its_own_and_no_row_of_another(city, model):
    theirs = list(model.objects.filter(institution_id=city.b.institution.pk))
    assert theirs, "there is something that could leak"
    for actor in (City.actor(city.a.director), City.actor(city.a.carer)):
        with rls.of_actor(actor):
            places = set(model.objects.values_list("institution_id", flat=True))
            foreign = model.objects.filter(pk__in=[row.pk for row in theirs])
            assert (places, foreign.count()) == ({city.a.institution.pk}, 0)
            assert (foreign.update(name="x"), foreign.delete()[0]) == (0, 0)
    for row in theirs:
        row.refresh_from_db()
        assert row.name != "x"


@pytest.mark.parametrize("model", [Device, Pairing])
def test_nobody_else_reads_any(city, model):
    for user in (city.regulator, city.auditor, city.admin):
        with rls.of_actor(City.actor(user)):
            assert model.objects.count() == 0
    with rls.public():
        assert model.objects.count() == 0
    with (
        rls.of_actor(City.actor(city.a.guardian)),
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
    ):
        model.objects.count()


def test_nothing_is_made_at_another_nursery_or_moved_there(city):
    with in_scope_of(city.a):
        for make in (
            lambda: Device.objects.filter(pk=city.a.machine.pk).update(
                institution_id=city.b.institution.pk
            ),
            lambda: PairingFactory(institution_id=city.b.institution.pk, opened_by=city.a.director),
        ):
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                make()


def test_without_a_scope_only_a_secret_finds_a_device(city, no_usual_scope):
    with pytest.raises(DatabaseError, match="no scope"), transaction.atomic():
        Device.objects.count()

    assert tablets.look(cookie_of(city.a.tablet)) == city.a.tablet
    assert tablets.recognise(cookie_of(city.b.tablet)).device == city.b.tablet
    assert tablets.look(f"{city.a.tablet.pk}.{'x' * 43}") is None
    assert machines.key_for("00000000-0000-4000-8000-000000000000") is None
    assert scope.current() is None, "the scope of a look-up ends with it"


def test_a_tablet_is_paired_with_no_scope_of_its_own(city, no_usual_scope):
    found, cookie = pairing.claim(code=codes.code_of(city.a.pairing.pk), address="10.0.0.1")
    assert pairing.finish(cookie=cookie) is None
    with rls.of_actor(City.actor(city.a.director)):
        pairing.answer(actor=City.actor(city.a.director), pairing=found, agreed=True)

    device, shown = pairing.finish(cookie=cookie)

    assert device.institution_id == city.a.institution.pk
    assert tablets.look(shown) == device


def test_a_machine_works_at_its_own_nursery_from_its_signature_on(city, monkeypatch):
    from tests.devices.conftest import HEARTBEAT, signed  # noqa: PLC0415 -- fixtures of another folder

    seen = []
    monkeypatch.setattr(
        machines, "heard_from", lambda machine, **_said: seen.append(scope.current())
    )
    key = city.a.machine.keys.get()

    answer = Client().generic(
        "POST", HEARTBEAT, b"{}", content_type="application/json", headers=signed(key.pk)
    )

    assert answer.status_code == 200
    assert [(each.kind, each.institution_ids) for each in seen] == [
        ("machine", (city.a.institution.pk,))
    ]


def test_a_new_code_ends_old_ones_of_its_nursery_and_the_schedule_those_of_all(city):
    past = now() - dt.timedelta(minutes=1)
    Pairing.objects.update(expires_at=past, state=PairingState.OPEN)

    with rls.of_actor(City.actor(city.a.director)):
        pairing.open_pairing(actor=City.actor(city.a.director), name="平板")

    old = Pairing.objects.filter(expires_at=past)
    assert set(old.filter(state=PairingState.OPEN).values_list("institution_id", flat=True)) == {
        city.b.institution.pk
    }
    tasks.sweep_devices()
    assert not old.filter(state=PairingState.OPEN).exists()


def test_a_browser_of_another_nursery_gets_no_page_of_a_pairing(city, signed_in):
    page = reverse("nursery:pairing", args=[city.a.pairing.pk])

    assert signed_in(city.b.director).get(page).status_code == 404
    assert signed_in(city.a.director).get(page).status_code == 200
