import json

import pytest
from django.test import Client

from core.calendar import now
from institution.models import Attendance, DailyEntry, PickupPass, PickupPerson
from institution.pass_codes import code_of, token_of
from institution.services.daily_log import NewEntry
from tests.core.pictures import jpeg, upload
from tests.factories.institution import (
    AttendanceFactory,
    PickupPassFactory,
    PickupPersonFactory,
)

PERSON = {
    "name": "李秀英",
    "relation": "grandmother",
    "phone": "13805371234",
    "adult": "on",
}


@pytest.fixture
def child(city):
    return city.a.guardian.guardianships.get().child


@pytest.fixture
def guardian(city, signed_in):
    return signed_in(city.a.guardian)


def person_of(city, child, **values) -> PickupPerson:
    return PickupPersonFactory(institution=city.a.institution, child=child, **values)


def test_a_person_is_added_shown_with_a_photo_and_taken_back(city, guardian, child, signed_in):
    url = f"/family/pickup/{child.pk}/"
    answer = guardian.post(f"{url}persons/add/", PERSON | {"photo": upload(jpeg())})

    assert (answer.status_code, answer.url) == (302, url)
    page = guardian.get(url).text
    assert "李秀英" in page
    assert "138****1234" in page
    assert "/files/" in page
    on_board = signed_in(city.a.carer).get(f"/nursery/children/{child.pk}/pickup/").text
    assert "李秀英" in on_board
    assert "<img" in on_board

    person = PickupPerson.objects.get()
    guardian.post(f"{url}persons/{person.pk}/end/")
    assert "已不在名单上" in guardian.get(url).text
    assert "李秀英" not in guardian.get(url).text
    assert "李秀英" not in signed_in(city.a.carer).get(f"/nursery/children/{child.pk}/pickup/").text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "必填"),
        ({"adult": ""}, "只有成年人"),
        ({"phone": "12"}, "11 位"),
        ({"last_day": "2020-01-01"}, "早于今天"),
        ({"photo": "no"}, "照片"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(guardian, child, change, sentence):
    photo = upload(b"no picture") if change.get("photo") else upload(jpeg())
    body = PERSON | change | {"photo": photo}
    response = guardian.post(f"/family/pickup/{child.pk}/persons/add/", body)

    assert response.status_code == 422
    assert sentence in response.text
    assert 'value="grandmother" selected' in response.text
    assert not PickupPerson.objects.exists()


def test_a_pass_is_made_shown_again_and_taken_back(guardian, child):
    made = guardian.post(f"/family/pickup/{child.pk}/pass/", {"direction": "fetch"})
    row = PickupPass.objects.get()
    code = code_of(row.bundle)
    shown = f"{code[:4]} {code[4:]}"

    assert made.url == f"/family/pickup/passes/{row.bundle}/"
    for _look in range(2):
        page = guardian.get(made.url)
        assert shown in page.text
        assert "<svg" in page.text
        assert "no-store" in page.headers["Cache-Control"]
    guardian.post(f"{made.url}end/")
    assert shown not in guardian.get(made.url).text
    assert "已收回" in guardian.get(made.url).text


def test_the_link_shows_the_pass_and_no_childs_name(city, child):
    row = PickupPassFactory(person=person_of(city, child))
    page = Client().get(f"/family/shared-pass/{token_of(row.bundle)}/")

    assert page.status_code == 200
    assert code_of(row.bundle)[:4] in page.text
    assert row.person.name in page.text
    assert child.name not in page.text
    assert Client().get(f"/family/shared-pass/{row.bundle.hex}:forged/").status_code == 404


def test_other_families_and_relatives_find_nothing(city, child, signed_in):
    row = PickupPassFactory(person=person_of(city, child))
    other = signed_in(city.b.guardian)

    assert other.get(f"/family/pickup/passes/{row.bundle}/").status_code == 404
    assert other.post(f"/family/pickup/passes/{row.bundle}/end/").status_code == 404
    assert other.get(f"/family/pickup/{child.pk}/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_same_whatever_is_on_it(
    city, guardian, child, rows, django_assert_max_num_queries
):
    for _row in range(rows):
        PickupPassFactory(person=person_of(city, child), direction="bring")
    guardian.get(f"/family/pickup/{child.pk}/")

    with django_assert_max_num_queries(25):
        guardian.get(f"/family/pickup/{child.pk}/")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_of_the_api_asks_the_same_whatever_is_on_it(
    city, child, rows, signed_in, django_assert_num_queries
):
    for each in [child, city.a.children[1], city.a.children[2]][:rows]:
        person_of(city, each)
    director = signed_in(city.a.director)
    director.get("/api/v1/pickup-persons/")

    with django_assert_num_queries(5):
        found = director.get("/api/v1/pickup-persons/").json()["results"]
    assert len(found) == rows
    assert {row["phone"] for row in found} == {"138****1234"}


def test_a_program_of_the_family_makes_a_pass(guardian, child):
    body = json.dumps({"children": [child.pk], "direction": "fetch"})
    made = guardian.post("/api/v1/passes/", body, content_type="application/json").json()

    row = PickupPass.objects.get()
    assert made["code"] == code_of(row.bundle)
    assert [each["state"] for each in made["passes"]] == ["open"]
    listed = guardian.get("/api/v1/passes/").json()["results"]
    assert made["code"] not in json.dumps(listed)


def test_the_family_reads_who_fetched(city, guardian, child, signed_in):
    AttendanceFactory(class_group=city.a.small, child=child)
    row = PickupPassFactory(person=person_of(city, child, name="李秀英"))
    taken = signed_in(city.a.carer).post("/nursery/door/take/", {"code": code_of(row.bundle)})

    assert taken.url == "/nursery/door/"
    assert DailyEntry.objects.get().pk == row.pk
    assert Attendance.objects.get().left_at <= now()
    assert "李秀英 接走" in guardian.get(f"/family/{child.pk}/").text
    assert NewEntry.__dataclass_fields__["checked"].default is False
