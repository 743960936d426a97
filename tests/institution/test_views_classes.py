import datetime as dt
import json

import pytest
from django.urls import reverse

from core.calendar import today
from institution.models import ClassCapacity, ClassGroup, Room
from tests.factories.institution import (
    ClassCapacityFactory,
    ClassGroupFactory,
    RoomFactory,
    RoomUseFactory,
)

CLASSES = "/nursery/file/classes/"
DAY = dt.timedelta(days=1)


@pytest.fixture
def director(city, signed_in):
    return signed_in(city.a.director)


def test_the_page_says_places_rule_and_rooms(city, director):
    ClassCapacityFactory(class_group=city.a.small, places=17, valid_from=today() + 9 * DAY)
    RoomUseFactory(class_group=city.a.small, room__name="向日葵活动室")
    ClassGroupFactory(institution=city.a.institution, name="新班", opened_on=today() + 30 * DAY)

    page = director.get(CLASSES).text

    for shown in ("12 至未满 24 个月", "起 17 个", "向日葵活动室", "新班"):
        assert shown in page


def test_a_class_is_opened_and_a_room_given_to_it(city, director):
    typed = {"name": "星星班", "class_type": "mixed", "places": "12", "opened_on": str(today())}
    room = {"name": "阳光房", "purpose": "care", "storey": "2", "area": "48.5"}

    answers = [
        director.post(f"{CLASSES}open/", typed),
        director.post("/nursery/file/rooms/add/", room),
    ]
    opened, added = ClassGroup.objects.get(name="星星班"), Room.objects.get()
    use = {"class_group": opened.pk, "room": added.pk, "first_day": str(today())}
    answers.append(director.post("/nursery/file/rooms/use/", use))

    assert {(answer.status_code, answer.url) for answer in answers} == {(302, CLASSES)}
    assert opened.rooms.get().room == added


def test_what_is_refused_is_said_and_the_rest_is_kept(city, director):
    small = f"{CLASSES}{city.a.small.pk}/"

    fewer = director.post(f"{small}places/", {"places": "2", "valid_from": str(today())})
    closing = director.post(f"{small}close/", {"last_day": str(today())})
    name = director.post(f"{small}name/", {"name": city.a.big.name})

    assert {fewer.status_code, closing.status_code, name.status_code} == {422}
    assert "该班有 3 名幼儿在托" in fewer.text
    assert 'value="2"' in fewer.text
    assert "仍有 3 名幼儿在托" in closing.text
    assert "已被使用" in name.text
    assert not ClassCapacity.objects.exists()


def test_a_carer_reads_and_changes_nothing(city, signed_in):
    page = signed_in(city.a.carer).get(CLASSES)

    assert page.status_code == 200
    assert f"{CLASSES}open/" not in page.text


@pytest.mark.parametrize("count", [1, 3])
def test_query_count(city, director, count, django_assert_num_queries):
    for _number in range(count):
        group = ClassGroupFactory(institution=city.a.institution)
        ClassCapacityFactory(class_group=group, valid_from=today() + DAY)
        RoomUseFactory(class_group=group)
    director.get(CLASSES)

    with django_assert_num_queries(14):
        director.get(CLASSES)


def test_a_child_is_enrolled_against_the_places_of_its_first_day(city, director):
    """Three are there. From next week on the class has three places, so none is left for one who stays."""
    ClassCapacityFactory(class_group=city.a.small, places=3, valid_from=today() + 7 * DAY)
    typed = {
        "name": "周可心",
        "sex": "female",
        "born_on": str(today() - 500 * DAY),
        "class_group": city.a.small.pk,
        "start_on": str(today()),
        "guardian_name": "周岩",
        "guardian_phone": "13805377788",
        "relation": "father",
    }

    answer = director.post("/nursery/children/new/", typed)

    assert answer.status_code == 422
    assert "3 个托位" in answer.text


def test_the_api_opens_renames_and_closes_a_class(city, director):
    body = {"name": "星星班", "class_type": "mixed", "places": 12, "opened_on": str(today())}

    opened = director.post(reverse("api:class-list"), json.dumps(body), "application/json")
    detail = reverse("api:class-detail", args=[opened.json()["id"]])
    renamed = director.patch(detail, json.dumps({"name": "月亮班"}), "application/json")
    refused = director.post(
        reverse("api:class-close", args=[city.a.small.pk]),
        json.dumps({"last_day": str(today())}),
        "application/json",
    )

    assert (opened.status_code, opened.json()["places"]) == (201, 12)
    assert renamed.json()["name"] == "月亮班"
    assert (refused.status_code, refused.json()["code"]) == (400, "children_enrolled")


def test_the_api_tells_until_when_a_room_is_used(city, director):
    room = RoomFactory(institution=city.a.institution)
    body = {
        "room": room.pk,
        "class_group": city.a.small.pk,
        "first_day": str(today()),
        "last_day": str(today() + DAY),
    }

    used = director.post(reverse("api:room-use-list"), json.dumps(body), "application/json")

    assert used.status_code == 201
    assert used.json()["last_day"] == str(today() + DAY)
    (row,) = director.get(reverse("api:room-use-list")).json()["results"]
    assert row["first_day"] == str(today())
