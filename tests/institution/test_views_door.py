import pytest
from django.test import Client

from core.devices import tablets
from core.models import AuditEvent
from institution.models import DailyEntry, PickupPass
from institution.pass_codes import code_of
from tests.factories.devices import PIN, PinFactory, cookie_of
from tests.factories.institution import (
    AttendanceFactory,
    PickupPassFactory,
    PickupPersonFactory,
)


@pytest.fixture
def row(city) -> PickupPass:
    """A child that is here, and a grandmother with a pass for it."""
    child = city.a.guardian.guardianships.get().child
    AttendanceFactory(class_group=city.a.small, child=child)
    person = PickupPersonFactory(institution=city.a.institution, child=child, name="李秀英")
    return PickupPassFactory(person=person)


@pytest.fixture
def kiosk(city) -> Client:
    client = Client()
    client.cookies[tablets.COOKIE] = cookie_of(city.a.tablet)
    return client


def test_a_carer_looks_and_takes(city, row, signed_in):
    carer = signed_in(city.a.big_carer)  # of another class: at the door it does not matter
    assert carer.get("/nursery/door/").headers["Permissions-Policy"].startswith("camera=(self)")
    looked = carer.post("/nursery/door/look/", {"code": f" {code_of(row.bundle)} "}).text

    assert "李秀英" in looked
    assert row.child.name in looked
    assert "身份证" in looked
    carer.post("/nursery/door/take/", {"code": code_of(row.bundle)})
    assert DailyEntry.objects.get().recorded_by == city.a.big_carer
    again = carer.post("/nursery/door/take/", {"code": code_of(row.bundle)})
    assert again.status_code == 422
    assert "已使用" in again.text


def test_a_wrong_code_is_kept_and_told(city, row, signed_in):
    answer = signed_in(city.a.carer).post("/nursery/door/look/", {"code": "0000 0000"})

    assert answer.status_code == 422
    assert 'value="0000 0000"' in answer.text
    assert "无效" in answer.text


def test_a_tablet_at_the_door_asks_for_a_pin(city, row, kiosk):
    PinFactory(user=city.a.carer)
    code = code_of(row.bundle)
    assert kiosk.get("/nursery/kiosk/").status_code == 200
    assert "李秀英" in kiosk.post("/nursery/kiosk/look/", {"code": code}).text

    typed = {"code": code, "person": city.a.carer.pk}
    wrong = kiosk.post("/nursery/kiosk/take/", typed | {"pin": "000000"})
    assert wrong.status_code == 422
    assert "PIN" in wrong.text
    assert not DailyEntry.objects.exists()
    done = kiosk.post("/nursery/kiosk/take/", typed | {"pin": PIN})
    assert done.url == "/nursery/kiosk/"
    assert "李秀英" in kiosk.get(done.url).text
    entry = DailyEntry.objects.get()
    assert (entry.recorded_by, entry.detail["by"]) == (city.a.carer, "李秀英")
    event = AuditEvent.objects.get(action="pickup.pass_used")
    assert (event.actor_user_id, event.data["device"]) == (city.a.carer.pk, city.a.tablet.pk)
    assert kiosk.get("/nursery/today/").status_code == 302  # nobody was signed in by it


def test_a_clerk_with_a_pin_hands_nobody_over(city, row, kiosk):
    PinFactory(user=city.a.clerk)
    typed = {"code": code_of(row.bundle), "person": city.a.clerk.pk, "pin": PIN}
    answer = kiosk.post("/nursery/kiosk/take/", typed)

    assert answer.status_code == 422
    assert not DailyEntry.objects.exists()


def test_the_tablet_of_another_nursery_takes_nothing(city, row):
    client = Client()
    client.cookies[tablets.COOKIE] = cookie_of(city.b.tablet)
    answer = client.post("/nursery/kiosk/look/", {"code": code_of(row.bundle)})

    assert answer.status_code == 422
    assert row.child.name not in answer.text
    assert "其他" in answer.text
