import datetime as dt

import pytest
import time_machine
from django.test import Client

from core.calendar import now
from core.devices import pins
from core.errors import Refused
from core.models import AuditEvent, Pin
from tests.factories.core import PASSWORD, UserFactory
from tests.factories.devices import PIN, PinFactory, TabletFactory
from tests.factories.institution import MembershipFactory

WRONG = "593071"


@pytest.fixture
def carer(city):
    PinFactory(user=city.a.carer)
    return city.a.carer


def code_of(tablet, user, pin) -> str:
    try:
        pins.verify(device=tablet, user=user, pin=pin)
    except Refused as refused:
        return refused.code
    return "in"


def test_after_five_wrong_ones_the_right_one_is_no_help(city, carer, tablet):
    codes = [code_of(tablet, carer, WRONG) for _ in range(5)]

    assert codes == ["wrong_pin"] * 4 + ["pin_locked"]
    assert code_of(tablet, carer, PIN) == "pin_locked"
    other = TabletFactory(institution_id=city.a.institution.pk)
    assert code_of(other, carer, PIN) == "in"
    alarm = AuditEvent.objects.get(action="pin.locked")
    assert alarm.institution_id == city.a.institution.pk
    assert alarm.data["device"] == tablet.pk
    assert alarm.subject_id == str(carer.pk)


def test_the_lock_does_not_open_by_itself(carer, tablet):
    for _ in range(5):
        code_of(tablet, carer, WRONG)
    with time_machine.travel(now() + dt.timedelta(days=30), tick=False):
        assert code_of(tablet, carer, PIN) == "pin_locked"


def test_a_right_one_starts_the_count_anew(carer, tablet):
    for _ in range(3):
        assert [code_of(tablet, carer, WRONG) for _ in range(4)] == ["wrong_pin"] * 4
        assert code_of(tablet, carer, PIN) == "in"


def test_twenty_wrong_ones_an_hour_close_the_tablet(city, carer, tablet):
    people = [PinFactory(user=UserFactory()).user for _ in range(5)]
    for person in people:
        for _ in range(4):
            code_of(tablet, person, WRONG)

    assert code_of(tablet, carer, PIN) == "device_locked"
    assert AuditEvent.objects.filter(action="pin.locked").count() == 1
    with time_machine.travel(now() + dt.timedelta(hours=1, seconds=1), tick=False):
        assert code_of(tablet, carer, PIN) == "in"


def test_right_ones_do_not_close_the_tablet(carer, tablet):
    assert {code_of(tablet, carer, PIN) for _ in range(30)} == {"in"}


def test_nobody_gets_in_without_a_pin(city, tablet):
    assert code_of(tablet, city.a.director, "") == "no_pin"


def test_the_director_opens_the_lock_and_resets(city, carer, tablet, signed_in):
    member = carer.memberships.get()
    director = signed_in(city.a.director)
    for _ in range(5):
        code_of(tablet, carer, WRONG)
    assert "已锁定" in director.get("/nursery/devices/").text

    director.post(f"/nursery/devices/pins/{member.pk}/unlock/")
    assert code_of(tablet, carer, PIN) == "in"

    director.post(f"/nursery/devices/pins/{member.pk}/reset/")
    assert code_of(tablet, carer, PIN) == "no_pin"
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert actions >= {"pin.unlocked", "pin.reset"}


def form(pin: str, again: str | None = None, password: str = PASSWORD) -> dict:
    return {"pin": pin, "again": pin if again is None else again, "password": password}


def test_one_sets_ones_own_with_the_password_and_is_unlocked(carer, tablet, signed_in):
    for _ in range(5):
        code_of(tablet, carer, WRONG)

    assert signed_in(carer).post("/nursery/pin/", form(WRONG)).status_code == 302

    assert code_of(tablet, carer, WRONG) == "in"
    assert WRONG not in Pin.objects.get(user=carer).digest
    assert AuditEvent.objects.filter(action="pin.set", actor_user_id=carer.pk).exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (form(PIN, again=WRONG), "不一致"),
        (form(PIN, password="not the password"), "密码不正确"),
        (form("123456"), "容易被猜到"),
        (form("12345"), "六位数字"),
        (form("19900"), "六位数字"),
        (form("٣٤٥٦٧٨"), "六位数字"),
    ],
)
def test_what_is_wrong_is_said(city, signed_in, typed, sentence):
    response = signed_in(city.a.carer).post("/nursery/pin/", typed)

    assert response.status_code == 422
    assert sentence in response.text
    assert not Pin.objects.filter(user=city.a.carer).exists()


WEAK = [
    "000000", "111111", "121212", "123123", "112211", "123456", "654321", "890123", "024680",
    "900115", "150190", "011590", "199003", "520131", "147258", "135790",
]  # fmt: skip


@pytest.mark.parametrize("pin", WEAK)
def test_weak_pins_are_refused(pin):
    with pytest.raises(Refused) as refused:
        pins.check_strength(pin=pin)

    assert refused.value.code == "weak_pin"


def test_a_part_of_the_phone_is_refused():
    with pytest.raises(Refused):
        pins.check_strength(pin="864297", phone="13805864297")


@pytest.mark.parametrize("pin", [PIN, WRONG, "739264", "860475"])
def test_others_are_fine(pin):
    assert pins.check_strength(pin=pin) == pin


def test_a_pin_cannot_set_itself(city, carer, tablet, on_tablet):
    client: Client = on_tablet()
    client.post("/nursery/tablet/sign-in/", {"person": carer.pk, "pin": PIN})

    response = client.post("/nursery/pin/", form(WRONG))

    assert response.status_code == 422
    assert "用密码登录" in response.text
    assert code_of(tablet, carer, PIN) == "in"


def test_nobody_sets_the_pin_of_another(city):
    with pytest.raises(Refused):
        pins.set_pin(actor=city.actor(city.a.director), user=city.a.carer, pin=PIN)


def test_only_people_at_work_have_their_pin_reset(city, signed_in):
    gone = MembershipFactory(
        institution=city.a.institution, role="carer", ended_on=dt.date(2020, 1, 1)
    )

    response = signed_in(city.a.director).post(f"/nursery/devices/pins/{gone.pk}/reset/")

    assert response.status_code == 404
