import datetime as dt

import pytest
import time_machine
from django.test import Client

from core.calendar import now
from core.devices import people, tablets
from core.devices.pins import verify
from core.models import AuditEvent, Device
from tests.factories.devices import PIN, PinFactory, TabletFactory, cookie_of

DAY = dt.timedelta(days=1)


@pytest.fixture
def carer(city):
    PinFactory(user=city.a.carer)
    return city.a.carer


def enter(client: Client, person, pin: str = PIN, **more):
    return client.post("/nursery/tablet/sign-in/", {"person": person.pk, "pin": pin, **more})


def test_the_waiting_screen_names_the_people_of_the_nursery_and_no_child(city, on_tablet):
    page = on_tablet().get("/nursery/tablet/").text

    assert city.a.carer.name in page
    assert city.a.director.name in page
    assert not any(child.name in page for child in city.a.children)
    assert city.b.carer.name not in page


def test_a_room_offers_its_own_carers(city, on_tablet):
    Device.objects.filter(pk=city.a.tablet.pk).update(class_group_id=city.a.small.pk)

    page = on_tablet().get("/nursery/tablet/").text

    assert city.a.carer.name in page
    assert city.a.health_worker.name in page
    assert city.a.big_carer.name not in page


def test_without_a_person_everything_else_leads_to_the_waiting_screen(on_tablet):
    client = on_tablet()

    assert client.get("/nursery/board/").url == "/nursery/tablet/?next=/nursery/board/"
    assert client.get("/api/v1/children/").status_code == 401


def test_a_pin_opens_the_board_and_says_device_and_person(city, carer, on_tablet, tablet):
    client = on_tablet()

    assert enter(client, carer).url == "/nursery/board/"
    page = client.get("/nursery/board/").text
    assert city.a.children[0].name in page
    assert "data-by-pin" in page
    event = AuditEvent.objects.get(action="pin.signed_in")
    assert (event.actor_user_id, event.data) == (carer.pk, {"device": tablet.pk})


def test_a_pin_opens_the_care_of_the_day_and_not_the_office(city, on_tablet):
    PinFactory(user=city.a.director)
    client = on_tablet()
    enter(client, city.a.director)

    child = city.a.children[0].pk
    assert client.get("/nursery/board/").status_code == 200
    assert client.get("/nursery/devices/").status_code == 403
    assert client.post(f"/nursery/children/{child}/identity/").status_code == 403
    assert client.get("/nursery/children/new/").status_code == 403


def test_in_a_room_only_its_children(city, on_tablet):
    PinFactory(user=city.a.director)
    Device.objects.filter(pk=city.a.tablet.pk).update(class_group_id=city.a.small.pk)
    client = on_tablet()
    enter(client, city.a.director)

    assert client.get(f"/nursery/board/{city.a.small.pk}/").status_code == 200
    assert client.get(f"/nursery/board/{city.a.big.pk}/").status_code == 404
    assert client.get(f"/api/v1/children/{city.a.big_child.pk}/").status_code == 404


def test_back_to_the_board_where_one_was(city, on_tablet):
    PinFactory(user=city.a.director)
    PinFactory(user=city.a.carer)
    big = f"/nursery/board/{city.a.big.pk}/"

    assert enter(on_tablet(), city.a.director, next=big).url == big
    assert enter(on_tablet(), city.a.carer, next=big).url == "/nursery/board/"
    assert enter(on_tablet(), city.a.carer, next="//evil.example/").url == "/nursery/board/"


def test_people_of_elsewhere_are_not_let_in(city, on_tablet):
    PinFactory(user=city.b.carer)

    assert enter(on_tablet(), city.b.carer).status_code == 404


def test_a_session_of_a_pin_is_worth_nothing_on_another_device(city, carer, on_tablet):
    client = on_tablet()
    enter(client, carer)
    other = TabletFactory(institution_id=city.a.institution.pk)

    for cookie in ("", cookie_of(other), cookie_of(city.b.tablet)):
        thief = Client()
        thief.cookies["sessionid"] = client.cookies["sessionid"].value
        if cookie:
            thief.cookies[tablets.COOKIE] = cookie
        assert thief.get("/nursery/board/").status_code == 302


def test_ten_idle_minutes_end_it_and_fetching_in_the_background_does_not_count(carer, on_tablet):
    client = on_tablet()
    enter(client, carer)
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        clock.move_to(start + dt.timedelta(minutes=9))
        client.get("/nursery/board/", headers={"Accept": "text/html"})
        clock.move_to(start + dt.timedelta(minutes=18))
        assert client.get("/whoami/").status_code == 200
        clock.move_to(start + dt.timedelta(minutes=19, seconds=30))
        assert client.get("/whoami/").status_code == 401
        assert client.get("/nursery/board/").status_code == 302


def test_a_touch_keeps_it(carer, on_tablet):
    client = on_tablet()
    enter(client, carer)
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        for minutes in (9, 18, 27):
            clock.move_to(start + dt.timedelta(minutes=minutes))
            assert client.post("/nursery/tablet/active/").status_code == 204


def test_leaving_leads_to_the_waiting_screen(carer, on_tablet, tablet):
    client = on_tablet()
    enter(client, carer)
    tablet.refresh_from_db()
    assert tablet.person_id == carer.pk

    response = client.post("/sign-out/", {"next": "/nursery/board/"})

    assert response.url == "/nursery/tablet/?next=/nursery/board/"
    tablet.refresh_from_db()
    assert tablet.person_id is None


def test_a_revoked_tablet_is_out_at_once(city, carer, on_tablet, signed_in, tablet):
    client = on_tablet()
    enter(client, carer)
    session = client.session

    signed_in(city.a.director).post(f"/nursery/devices/{tablet.pk}/revoke/")

    assert client.get("/nursery/board/").url.startswith("/sign-in/")
    assert client.get("/nursery/tablet/").status_code in (302, 403)
    assert people.device_of(session) is None
    tablet.refresh_from_db()
    assert (tablet.secret_hash, tablet.person_id) == (None, None)
    assert AuditEvent.objects.filter(action="device.revoked").exists()


def test_rows_of_another_person_are_not_taken(city, carer, on_tablet):
    client = on_tablet()
    enter(client, carer)

    response = client.post(
        "/api/v1/daily-log/",
        {"entries": []},
        "application/json",
        headers={"X-Person": str(city.a.director.pk)},
    )

    assert (response.status_code, response.json()["code"]) == (403, "other_person")


# ---- the secret changes every day


def new_cookie(client: Client) -> str | None:
    response = client.get("/nursery/tablet/state/")
    assert response.status_code == 200
    return response.cookies[tablets.COOKIE].value if tablets.COOKIE in response.cookies else None


def test_the_secret_changes_once_a_day(tablet, on_tablet):
    client = on_tablet()
    assert new_cookie(client) is None
    with time_machine.travel(now() + DAY, tick=False) as clock:
        first = new_cookie(client)
        assert first not in (None, cookie_of(tablet))
        assert new_cookie(client) is None  # it came back with the new one
        clock.shift(dt.timedelta(minutes=1))
        assert on_tablet().get("/nursery/tablet/state/").status_code == 200  # overlap
        clock.shift(dt.timedelta(minutes=2))
        assert on_tablet().get("/nursery/tablet/state/").status_code == 302
        assert client.get("/nursery/tablet/state/").status_code == 200


def test_an_answer_that_got_lost_unpairs_nobody(tablet, on_tablet):
    with time_machine.travel(now() + DAY, tick=False) as clock:
        lost = new_cookie(on_tablet())
        clock.shift(dt.timedelta(hours=5))
        again = new_cookie(on_tablet())
        assert again == lost  # two pages at once are given the same
        assert on_tablet(again).get("/nursery/tablet/state/").status_code == 200


@pytest.mark.parametrize("cookie", ["", "1", "x.y", "1." + "a" * 40, "9" * 18 + "." + "a" * 40])
def test_nonsense_is_no_tablet(on_tablet, cookie):
    assert on_tablet(cookie).get("/nursery/tablet/state/").status_code == 302


# ---- the page of the director


@pytest.mark.parametrize("count", [1, 3])
def test_queries_of_the_devices_page_do_not_grow(city, signed_in, django_assert_num_queries, count):
    for number in range(count - 1):
        TabletFactory(institution_id=city.a.institution.pk, name=f"平板{number}")
    client = signed_in(city.a.director)
    client.get("/nursery/devices/")

    with django_assert_num_queries(QUERIES):
        page = client.get("/nursery/devices/").text

    assert page.count("/revoke/") == count + 1


QUERIES = 9


@pytest.mark.parametrize("count", [1, 3])
def test_queries_of_the_waiting_screen_do_not_grow(
    city, on_tablet, django_assert_num_queries, count
):
    from tests.factories.institution import ClassDutyFactory, MembershipFactory  # noqa: PLC0415

    for _number in range(count - 1):
        member = MembershipFactory(institution=city.a.institution, role="carer")
        ClassDutyFactory(class_group=city.a.small, membership=member)
    client = on_tablet()

    with django_assert_num_queries(WAITING_QUERIES):
        client.get("/nursery/tablet/")


WAITING_QUERIES = 4


def test_a_clerk_pairs_tablets_and_leaves_machines_alone(city, signed_in):
    clerk = signed_in(city.a.clerk)

    assert "大门" not in clerk.get("/nursery/devices/").text
    assert clerk.post(f"/nursery/devices/{city.a.machine.pk}/revoke/").status_code == 404
    assert clerk.post(f"/nursery/devices/{city.a.tablet.pk}/revoke/").status_code == 302


def test_the_right_pin_is_right(carer, tablet):
    verify(device=tablet, user=carer, pin=PIN)
