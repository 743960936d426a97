"""The history of a child's rows for the office, and that of an institution's rows for auditors."""

import pytest
from django.test import Client
from django.urls import reverse

from core import rls
from core.models import AuditEvent, AuditRead
from institution.models import Child, Membership
from institution.services import children
from tests.factories.city import City
from tests.factories.health import MorningCheckFactory

RESIDENT_ID = "370811202502033120"


def page(signed_in, user, child, **query):
    return signed_in(user).get(reverse("nursery:child-history", args=[child.pk]), query)


def renamed(city, child: Child, name: str, resident_id: str = "") -> None:
    actor = City.actor(city.a.clerk)
    with rls.of_actor(actor):
        children.update_child(
            actor=actor,
            child=Child.objects.get(pk=child.pk),
            name=name,
            sex=child.sex,
            born_on=child.born_on,
            resident_id=resident_id,
        )


def test_the_office_reads_who_changed_what_and_what_stood_there(city, signed_in):
    child = city.a.children[0]
    renamed(city, child, "孔明远", RESIDENT_ID)

    answer = page(signed_in, city.a.director, child)
    text = answer.content.decode()

    assert f"<del>{child.name}</del>" in text
    assert "<ins>孔明远</ins>" in text
    assert city.a.clerk.name in text
    assert RESIDENT_ID not in text
    assert RESIDENT_ID[-4:] not in text
    assert answer.context["rows"][0]["sealed"] != []
    assert answer.headers["Cache-Control"] == "no-store"


def test_reading_it_leaves_a_record_that_the_family_sees(city, signed_in):
    child = city.a.guardian.guardianships.get().child
    AuditRead.objects.all().delete()

    page(signed_in, city.a.clerk, child)

    event = AuditEvent.objects.get(action="child.viewed")
    assert (event.child_ids, event.data["fields"]) == ([child.pk], ["history"])
    readers = signed_in(city.a.guardian).get(reverse("family:child-readers", args=[child.pk]))
    assert "档案的变更历史" in readers.content.decode()


def test_a_clerk_reads_no_health_there(city, signed_in):
    child = city.a.children[0]
    MorningCheckFactory(child=child, class_group=city.a.small, note="咳嗽")

    def tables(user) -> set[str]:
        rows = page(signed_in, user, child).context["page"].changes
        return {change.table for change in rows}

    assert "health_morningcheck" in tables(city.a.director)
    assert "health_morningcheck" not in tables(city.a.clerk)


def test_older_changes_are_a_page_further(city, signed_in):
    child = city.a.children[0]
    with rls.of_actor(City.actor(city.a.clerk)):
        for number in range(25):
            Child.objects.filter(pk=child.pk).update(name=f"名{number}")

    first = page(signed_in, city.a.director, child)
    second = page(signed_in, city.a.director, child, before=first.context["page"].older)

    assert len(first.context["rows"]) == 20
    shown = [each.pk for each in (*first.context["page"].changes, *second.context["page"].changes)]
    assert shown == sorted(set(shown), reverse=True)
    assert second.context["page"].older is None


@pytest.mark.parametrize("rows", [1, 3])
def test_the_pages_ask_as_often_for_three_rows_as_for_one(
    city, signed_in, django_assert_num_queries, rows
):
    child, member = city.a.children[0], city.a.carer.memberships.get()
    with rls.of_actor(City.actor(city.a.clerk)):
        for number in range(rows):
            Child.objects.filter(pk=child.pk).update(name=f"名{number}")
            Membership.objects.filter(pk=member.pk).update(started_on=f"2020-01-0{number + 1}")
    page(signed_in, city.a.director, child)  # so that the look is on record already
    client, auditor = signed_in(city.a.director), signed_in(city.auditor)

    with django_assert_num_queries(CHILD_QUERIES):
        client.get(reverse("nursery:child-history", args=[child.pk]))
    with django_assert_num_queries(REGION_QUERIES):
        auditor.get(reverse("gov:row-history"))


CHILD_QUERIES = 7
REGION_QUERIES = 5


def test_an_auditor_reads_posts_and_institutions_and_no_child(city, signed_in):
    Child.objects.update(name="改名")
    Membership.objects.filter(user=city.a.carer).update(role="clerk")
    client = signed_in(city.auditor)

    answer = client.get(reverse("gov:row-history"))
    text = answer.content.decode()
    assert "改名" not in text
    assert "<ins>行政人员</ins>" in text
    assert city.a.institution.name in text

    other = client.get(reverse("gov:row-history"), {"institution": city.b.institution.pk})
    found = {change.institution_id for change in other.context["page"].changes}
    assert found <= {city.b.institution.pk}


def test_a_child_of_another_nursery_is_not_there(city, signed_in):
    assert page(signed_in, city.a.director, city.b.children[0]).status_code == 404
    assert page(signed_in, city.a.carer, city.a.children[0]).status_code == 403
    assert Client().get(reverse("gov:row-history")).status_code == 302


def test_periods_lists_and_removed_rows_are_said_in_words(city, signed_in):
    child = city.a.children[0]
    check = MorningCheckFactory(child=child, class_group=city.a.small, findings=["cough"])
    check.delete()
    child.enrolments.update(during="[2026-01-01,2026-12-01)")

    text = page(signed_in, city.a.director, child).content.decode()

    assert "2026-01-01 – 2026-12-01" in text
    assert "<del>咳嗽</del>" in text
    assert "None" not in text
