"""Whatever answer shows sensitive data of a child leaves a record of who read it, and whoever is turned away leaves one."""

import pytest

from core.attachments import signed_url
from core.models import AuditEvent, AuditRead
from tests.factories.city import City
from tests.leak.test_leak import body_of, pages
from tests.leak.world import MARKER, World, build_world, child_of

# Words of the second nursery's child that only sensitive fields hold.
SENSITIVE = {
    "allergies": f"{MARKER}花生",
    "morning_check": f"{MARKER}咳嗽",
    "meal": f"{MARKER}馒头",
    "note": f"{MARKER}哭了",
    "photo": f"{MARKER}照片",
}


@pytest.fixture
def world(city) -> World:
    return build_world(city)


def spelled(word: str, text: str) -> bool:
    escaped = word.encode("unicode_escape").decode()
    return word in text or escaped in text or escaped.upper().replace("\\U", "\\u") in text


def shows(text: str) -> list[str]:
    return [name for name, word in SENSITIVE.items() if spelled(word, text)]


def read_since(newest: int, child: int) -> bool:
    made = AuditEvent.objects.filter(pk__gt=newest, child_ids__contains=[child])
    return made.filter(action="child.viewed").exists()


def newest() -> int:
    return AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def test_every_answer_with_sensitive_data_leaves_a_record(world, signed_in):
    child = child_of(world.b).pk
    shown, unrecorded = set(), []
    for person in world.insiders:
        client = signed_in(person.user, person.post)
        for name, url in pages(world, world.b, person):
            AuditRead.objects.all().delete()  # as if ten minutes had passed
            before = newest()
            found = shows(body_of(client.get(url)))
            if found:
                shown.add(name)
            if found and not read_since(before, child):
                unrecorded.append((person.label, name, found))

    assert unrecorded == []
    # proof that there was something to record
    assert shown >= {
        "nursery:class-board",
        "nursery:board-state",
        "nursery:child-page",
        "nursery:child-history",
        "family:child-day",
        "family:changes",
        "api:child-timeline",
        "api:daily-log",
        "health:today",
    }


def test_an_opened_photo_leaves_a_record(world, signed_in):
    before = newest()
    url = signed_url(world.photo, City.actor(world.b.carer))
    assert signed_in(world.b.carer).get(url).getvalue() == b"jpg"

    assert read_since(before, child_of(world.b).pk)


def test_whoever_is_turned_away_leaves_a_record(world, signed_in):
    client = signed_in(world.a.clerk)
    foreign = child_of(world.b).pk

    client.get(f"/nursery/children/{foreign}/")  # not there for this person
    client.get("/gov/audit/")  # closed to this role
    client.get("/gov/audit/")

    denials = AuditEvent.objects.filter(action="access.denied").order_by("pk")
    assert [(event.data["status"], event.data["ids"], event.outcome) for event in denials] == [
        (404, [foreign], "refused"),
        (403, [], "refused"),
    ]
    assert {event.actor_user_id for event in denials} == {world.a.clerk.pk}


def test_signing_in_and_failing_to_leave_records(city, client):
    city.a.clerk.set_password("a long enough password")
    city.a.clerk.save()
    name = city.a.clerk.username

    client.post("/sign-in/", {"username": name, "password": "wrong"})
    client.post("/sign-in/", {"username": name, "password": "a long enough password"})

    events = AuditEvent.objects.filter(action__startswith="session.").order_by("pk")
    assert [event.action for event in events][:1] == ["session.refused"]
    assert events[0].data == {"account": f"user-{city.a.clerk.pk}"}
    assert "wrong" not in str(events[0].data)
