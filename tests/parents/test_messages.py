"""The family's thread: it writes, asks, and reads what the nursery answers."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse

from core.calendar import today
from institution.models import Message
from institution.services import messages
from tests.factories.city import City
from tests.leak.world import granted


@pytest.fixture
def child(city):
    return city.a.guardian.guardianships.get().child


@pytest.fixture
def family(city, signed_in):
    return signed_in(city.a.guardian)


def send(client, child, **changes):
    typed = {"message_id": str(uuid.uuid4()), "body": "请多喂水。", "is_request": "on"} | changes
    return client.post(reverse("family:message-send", args=[child.pk]), typed)


def test_the_first_page_leads_to_the_thread(child, family):
    assert family.get(reverse("family:messages")).url == reverse("family:thread", args=[child.pk])


def test_it_asks_and_sees_that_it_is_not_done_yet(child, family):
    send(family, child)

    page = family.get(reverse("family:thread", args=[child.pk])).text
    assert "请多喂水。" in page
    assert "尚未完成" in page


def test_it_sees_that_the_nursery_has_read(child, city, family):
    send(family, child)
    messages.mark_read(actor=City.actor(city.a.carer), child=child, seq=1)

    assert "已读" in family.get(reverse("family:thread", args=[child.pk])).text


def test_what_is_refused_keeps_what_was_typed(child, family):
    answer = send(family, child, body="字" * 1001)

    assert answer.status_code == 422
    assert "字" * 50 in answer.text
    assert "checked" in answer.text


def test_a_child_who_left_has_no_field_to_write_in(child, family):
    send(family, child)
    child.enrolments.update(during=(today() - dt.timedelta(days=9), today()))

    page = family.get(reverse("family:thread", args=[child.pk]))

    assert "<textarea" not in page.text
    assert send(family, child).status_code == 422
    assert Message.objects.count() == 1


def test_a_relative_has_no_thread(child, signed_in):
    relative = signed_in(granted(child))

    assert relative.get(reverse("family:thread", args=[child.pk])).status_code == 403


def test_the_number_of_queries_does_not_grow(
    child, family, django_assert_num_queries, django_assert_max_num_queries
):
    url = reverse("family:thread", args=[child.pk])
    send(family, child)
    family.get(url)
    with django_assert_max_num_queries(30) as first:
        family.get(url)
    count = len(first)
    for _each in range(2):
        send(family, child)
    family.get(url)
    with django_assert_num_queries(count):
        family.get(url)
