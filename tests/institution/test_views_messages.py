"""Messages on the nursery's pages and by program."""

import uuid

import pytest

from core.calendar import today
from institution.models import Message, MessageHours, ReadMark
from tests.factories.institution import EnrolmentFactory, MessageFactory, ThreadFactory

INBOX = "/nursery/messages/"
HTMX = {"HX-Request": "true", "HX-Target": "div#thread"}


@pytest.fixture
def child(city):
    return city.a.guardian.guardianships.get().child


@pytest.fixture
def asked(city, child) -> Message:
    thread = ThreadFactory(institution=city.a.institution, child=child)
    return MessageFactory(thread=thread, author=city.a.guardian, is_request=True)


@pytest.fixture
def carer(city, signed_in):
    return signed_in(city.a.carer)


def test_the_inbox_shows_what_waits(asked, child, carer):
    page = carer.get(INBOX)

    assert child.name in page.text
    assert "1 项请求" in page.text
    assert "1 条未读" in page.text
    assert carer.get(f"{INBOX}count/").json() == {"count": 1}


def test_a_carer_answers_in_the_thread(asked, city, child, carer):
    url = f"{INBOX}{child.pk}/"
    typed = {"message_id": str(uuid.uuid4()), "body": "好的，已记下。"}

    part = carer.post(f"{url}send/", typed, headers=HTMX)
    again = carer.post(f"{url}send/", typed)

    assert "<html" not in part.text
    assert "好的，已记下。" in part.text
    assert again.url == url
    assert Message.objects.count() == 2
    assert carer.get(url).headers["Cache-Control"] == "private, no-store"


def test_what_cannot_be_sent_keeps_its_words(asked, child, carer):
    typed = {"message_id": str(uuid.uuid4()), "body": "   "}

    answer = carer.post(f"{INBOX}{child.pk}/send/", typed)

    assert answer.status_code == 422
    assert typed["message_id"] in answer.text


def test_a_request_is_ticked_off_with_the_time_and_the_person(asked, city, child, carer, signed_in):
    part = carer.post(f"{INBOX}requests/{asked.pk}/done/", headers=HTMX)

    assert f"{city.a.carer.name} 已于" in part.text
    family = signed_in(city.a.guardian).get(f"/family/messages/{child.pk}/")
    assert f"{city.a.carer.name} 已于" in family.text


def test_reading_is_told_by_the_page(asked, city, child, carer):
    answer = carer.post(f"{INBOX}{child.pk}/read/", {"seq": 1})

    assert answer.status_code == 204
    assert ReadMark.objects.get().user == city.a.carer
    assert carer.post(f"{INBOX}{child.pk}/read/", {"seq": "x"}).status_code == 400


def test_earlier_messages_are_a_page_away(asked, child, carer):
    for _each in range(40):
        MessageFactory(thread=asked.thread)

    first = carer.get(f"{INBOX}{child.pk}/").context["shown"]
    second = carer.get(f"{INBOX}{child.pk}/?before={first.earlier}").context["shown"]

    assert [len(page.lines) for page in (first, second)] == [30, 11]
    assert second.lines[0].message.seq == 1
    assert second.earlier is None


def test_the_hours_are_set_by_the_office(city, signed_in):
    typed = {"begins": "08:00", "ends": "07:00", "valid_from": str(today())}
    director = signed_in(city.a.director)

    wrong = director.post(f"{INBOX}hours/", typed)
    right = director.post(f"{INBOX}hours/", typed | {"ends": "18:00"})

    assert wrong.status_code == 422
    assert "结束时间早于开始时间。" in wrong.text
    assert right.url == INBOX
    assert str(MessageHours.objects.get().ends) == "18:00:00"


@pytest.mark.parametrize("path", [INBOX, "/api/v1/threads/", "/api/v1/messages/"])
def test_the_number_of_queries_does_not_grow(
    path, asked, city, carer, django_assert_num_queries, django_assert_max_num_queries
):
    def add():
        place = EnrolmentFactory(class_group=city.a.small)
        thread = ThreadFactory(institution=city.a.institution, child=place.child)
        MessageFactory(thread=thread)

    add()
    carer.get(path)
    with django_assert_max_num_queries(30) as first:
        carer.get(path)
    count = len(first)
    for _each in range(2):
        add()
    carer.get(path)
    with django_assert_num_queries(count):
        carer.get(path)


def test_a_long_thread_asks_as_often_as_a_short_one(
    asked, child, carer, django_assert_num_queries, django_assert_max_num_queries
):
    url = f"{INBOX}{child.pk}/"
    carer.get(url)
    with django_assert_max_num_queries(30) as first:
        carer.get(url)
    count = len(first)
    for _each in range(2):
        MessageFactory(thread=asked.thread)
    with django_assert_num_queries(count):
        carer.get(url)


class TestProgram:
    def test_it_sends_once_and_reads(self, asked, child, city, carer):
        told = {"id": str(uuid.uuid4()), "child": child.pk, "body": "吃得很好。"}

        answers = [carer.post("/api/v1/messages/", told, "application/json") for _each in range(2)]

        assert [answer.status_code for answer in answers] == [201, 200]
        rows = carer.get("/api/v1/messages/", {"child": child.pk}).json()["results"]
        assert {row["body"] for row in rows} == {"吃得很好。", "今天有点咳嗽，请多喂水。"}
        (thread,) = carer.get("/api/v1/threads/").json()["results"]
        assert (thread["unread"], thread["asked"], thread["last_seq"]) == (0, 1, 2)

    def test_it_ticks_off_and_marks_as_read(self, asked, city, carer):
        done = carer.post(f"/api/v1/messages/{asked.pk}/done/")
        read = carer.post(
            f"/api/v1/threads/{asked.thread_id}/read/", {"seq": 1}, "application/json"
        )

        assert done.json()["done_at"]
        assert read.status_code == 204

    def test_the_family_does_the_same(self, asked, child, city, signed_in):
        family = signed_in(city.a.guardian)
        told = {
            "id": str(uuid.uuid4()),
            "child": child.pk,
            "body": "请换厚裤子。",
            "is_request": True,
        }

        answer = family.post("/api/v1/messages/", told, "application/json")

        assert (answer.status_code, answer.json()["side"]) == (201, "family")
        assert family.post(f"/api/v1/messages/{asked.pk}/done/").status_code == 403
