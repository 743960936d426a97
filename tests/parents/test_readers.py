"""A guardian sees who read the child's file, and nobody else's."""

import pytest
from django.db import connection, transaction
from django.urls import reverse

from core import audit
from core.models import AuditEvent, AuditRead
from core.permissions import Role
from core.scoping import Actor
from parents import readers
from tests.factories.city import City
from tests.leak.world import child_of


@pytest.fixture
def child(city):
    return child_of(city.a)


@pytest.fixture
def family(city, signed_in):
    return signed_in(city.a.guardian)


def look(city, child, *, by=None, fields=("allergies",), purpose="child_file"):
    audit.viewed(
        actor=by or City.actor(city.a.director),
        child_ids=[child.pk],
        fields=fields,
        purpose=purpose,
        each_time=True,
    )


def page(client, child, **query):
    return client.get(reverse("family:child-readers", args=[child.pk]), query)


def test_who_when_what_and_why_are_said(city, child, family):
    look(city, child, fields=["guardians", "allergies"], purpose="emergency")

    response = page(family, child)

    (row,) = response.context["readers"].rows
    director = City.actor(city.a.director)
    assert (row.name, row.role) == (director.name, str(Role.DIRECTOR.label))
    assert [str(field) for field in row.fields] == ["过敏", "监护人及电话"]
    assert str(row.purpose) == "紧急情况"
    assert director.name in response.content.decode()


def test_the_page_speaks_english_too(city, child, family):
    look(city, child)
    family.cookies["language"] = "en"

    text = page(family, child).content.decode()

    assert "Allergies" in text
    assert "Opened the child&#x27;s file" in text


def test_looks_at_other_children_and_the_guardians_own_are_not_there(city, child, family):
    look(city, child_of(city.b), by=City.actor(city.b.director))
    look(city, child, by=City.actor(city.a.guardian))

    assert page(family, child).context["readers"].rows == []


def test_records_of_other_kinds_are_not_there(city, child, family):
    with transaction.atomic():
        audit.record(actor=City.actor(city.a.clerk), action="child.changed", child_ids=[child.pk])

    assert page(family, child).context["readers"].rows == []


def test_another_familys_child_is_not_there(city, family):
    assert page(family, child_of(city.b)).status_code == 404


def test_the_first_child_is_chosen(child, family):
    response = family.get(reverse("family:readers"))

    assert response.headers["Location"] == reverse("family:child-readers", args=[child.pk])


def test_long_lists_go_on_with_older_ones(city, child, family, monkeypatch):
    monkeypatch.setattr(readers, "PAGE", 2)
    for _ in range(3):
        look(city, child)

    latest = page(family, child).context["readers"]
    older = page(family, child, before=latest.older).context["readers"]

    assert [len(latest.rows), len(older.rows)] == [2, 1]
    assert older.older is None
    assert latest.rows[-1].pk > older.rows[0].pk


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, ""])
def test_a_broken_cursor_is_the_beginning(city, child, family, before):
    look(city, child)

    assert len(page(family, child, before=before).context["readers"].rows) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_query_count(city, child, family, count, django_assert_num_queries):
    for _ in range(count):
        look(city, child)
    page(family, child)

    with django_assert_num_queries(6):
        page(family, child)


def test_the_same_look_within_minutes_is_one_record(city, child):
    actor = City.actor(city.a.director)
    for _ in range(3):
        audit.viewed(actor=actor, child_ids=[child.pk], fields=["allergies"], purpose="care")
    audit.viewed(actor=actor, child_ids=[child.pk], fields=["guardians"], purpose="care")
    assert AuditEvent.objects.filter(action="child.viewed").count() == 2

    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_auditread SET at = at - interval '11 minutes'")
    audit.viewed(actor=actor, child_ids=[child.pk], fields=["allergies"], purpose="care")
    assert AuditEvent.objects.filter(action="child.viewed").count() == 3
    assert AuditRead.objects.count() == 2


def test_a_new_child_among_known_ones_is_recorded_alone(city):
    actor = City.actor(city.a.director)
    first, second = city.a.children[:2]
    audit.viewed(actor=actor, child_ids=[first.pk], fields=["allergies"])
    audit.viewed(actor=actor, child_ids=[first.pk, second.pk], fields=["allergies"])

    assert [event.child_ids for event in AuditEvent.objects.order_by("pk")] == [
        [first.pk],
        [second.pk],
    ]


def test_a_relative_sees_no_record(child):
    relative = Actor(user_id=1, role=Role.RELATIVE, child_ids=frozenset({child.pk}))

    assert AuditEvent.objects.visible_to(relative).count() == 0


def test_the_menu_marks_this_page(child, family):
    marked = page(family, child).text.split('aria-current="page"')

    assert len(marked) == 2
    assert marked[0].rstrip().endswith(f'href="{reverse("family:readers")}"')
