import datetime as dt

import pytest
import time_machine
from django.test import Client

from core.calendar import now
from core.devices import codes, pairing, tablets
from core.errors import Refused
from core.models import AuditEvent, Device, Pairing
from core.models.device import PairingState


@pytest.fixture
def director(city, signed_in) -> Client:
    return signed_in(city.a.director)


@pytest.fixture
def opened(city, director) -> Pairing:
    """A code for the room of the small class."""
    Pairing.objects.all().delete()
    director.post(
        "/nursery/devices/tablets/new/", {"name": "托小班平板", "class_group": city.a.small.pk}
    )
    return Pairing.objects.get()


def type_code(code: str, client: Client | None = None, **extra):
    return (client or Client()).post("/nursery/pair/", {"code": code}, **extra)


def test_a_tablet_gets_in_when_both_screens_agree(city, director, opened):
    code = codes.code_of(opened.pk)
    page = f"/nursery/devices/pairings/{opened.pk}/"
    assert code[:4] in director.get(page).text

    new = Client(headers={"User-Agent": "Tablet"})
    assert type_code(f" {code[:4].lower()}-{code[4:]} ", new).url == "/nursery/pair/wait/"
    opened.refresh_from_db()
    digits = pairing.confirmation(opened)
    assert digits in new.get("/nursery/pair/wait/").text
    assert digits in director.get(page).text
    assert new.post("/nursery/pair/finish/").json() == {"state": "waiting"}

    director.post(page, {"answer": "same"})
    answer = new.post("/nursery/pair/finish/")

    assert answer.json() == {"state": "paired"}
    cookie = answer.cookies[tablets.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    device = Device.objects.get(class_group_id=city.a.small.pk)
    assert device.institution_id == city.a.institution.pk
    assert cookie.value.partition(".")[2].encode() not in bytes(device.secret_hash)
    assert city.a.carer.name in new.get("/nursery/tablet/").text
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {
        "device.pairing_opened",
        "device.pairing_confirmed",
        "device.paired",
    }


def test_a_code_serves_once(director, opened):
    code = codes.code_of(opened.pk)
    first = Client()
    type_code(code, first)

    assert type_code(code).status_code == 422

    director.post(f"/nursery/devices/pairings/{opened.pk}/", {"answer": "same"})
    assert first.post("/nursery/pair/finish/").json() == {"state": "paired"}
    assert first.post("/nursery/pair/finish/").json() == {"state": "over"}
    assert Client().post("/nursery/pair/finish/").json() == {"state": "over"}


def test_other_digits_end_it(director, opened):
    new = Client()
    type_code(codes.code_of(opened.pk), new)

    director.post(f"/nursery/devices/pairings/{opened.pk}/", {"answer": "other"})

    assert new.post("/nursery/pair/finish/").json() == {"state": "over"}
    assert tablets.COOKIE not in new.cookies


def test_five_wrong_halves_end_it(director, opened):
    code = codes.code_of(opened.pk)
    wrong = code[:4] + ("2222" if code[4:] != "2222" else "3333")
    for number in range(pairing.ATTEMPTS):
        assert type_code(wrong, REMOTE_ADDR=f"10.0.0.{number}").status_code == 422

    assert type_code(code).status_code == 422
    opened.refresh_from_db()
    assert opened.state == PairingState.LOCKED
    assert AuditEvent.objects.filter(action="device.pairing_locked").count() == 1
    assert "输错次数过多" in director.get(f"/nursery/devices/pairings/{opened.pk}/").text


def test_ten_minutes_and_no_longer(opened):
    with time_machine.travel(now() + dt.timedelta(minutes=10, seconds=1), tick=False):
        assert type_code(codes.code_of(opened.pk)).status_code == 422


def test_an_address_that_guesses_waits(opened):
    tries = [type_code("22222222").status_code for _ in range(pairing.BY_ADDRESS)]
    assert set(tries) == {422}

    assert "十分钟" in type_code(codes.code_of(opened.pk)).text
    assert type_code(codes.code_of(opened.pk), REMOTE_ADDR="10.9.9.9").status_code == 302


@pytest.mark.parametrize("cookie", ["", "x.y", "00000000-0000-4000-8000-000000000000.secret"])
def test_nobody_waits_with_a_claim_of_ones_own_making(db, cookie):
    client = Client()
    client.cookies["pairing"] = cookie

    assert client.get("/nursery/pair/wait/").url == "/nursery/pair/"
    assert client.post("/nursery/pair/finish/").json() == {"state": "over"}


def test_a_room_of_another_nursery_is_no_choice(city, director):
    response = director.post(
        "/nursery/devices/tablets/new/", {"name": "x", "class_group": city.b.small.pk}
    )

    assert response.status_code == 422


def test_an_answer_without_a_claim_is_refused(city):
    actor = city.actor(city.a.director)
    with pytest.raises(Refused) as refused:
        pairing.answer(actor=actor, pairing=city.a.pairing, agreed=True)

    assert refused.value.code == "not_waiting"


def test_codes_have_no_mistakable_symbol():
    assert len(set(codes.ALPHABET)) == 30
    assert not set("01ILOU") & set(codes.ALPHABET)
    assert codes.clean("abcd-2345") == "ABCD2345"
    assert codes.clean("ABCD234") == codes.clean("ABCD2340") == ""
