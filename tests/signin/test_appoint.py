"""How an installation gets its first people: `manage.py appoint`."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from core.models import AuditEvent, User
from institution.actors import posts_of

NEW = "a meadow behind the canal"
PHONE = "13805371234"


def appoint(person: str = PHONE, *, name: str = "周敏", **given: str) -> str:
    out = StringIO()
    options = {"role": "platform_admin"} | given
    call_command("appoint", person, name=name, stdout=out, **options)
    return out.getvalue()


def roles_of(user: User) -> set[str]:
    return {str(post.role) for post in posts_of(user)}


def test_the_first_administrator_gets_in_by_phone(city):
    said = appoint(place=city.region.code)

    code = re.search(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", said)[0]
    chosen = {"invitation": code, "new_password": NEW, "again": NEW}
    client = Client()
    assert client.post(reverse("portal:start"), chosen).status_code == 302
    user = User.objects.get(phone_index__of=PHONE)
    assert client.session["_auth_user_id"] == str(user.pk)
    assert roles_of(user) == {"platform_admin"}
    event = AuditEvent.objects.get(action="post.given")
    assert (event.actor_user_id, event.data["role"]) == (None, "platform_admin")


def test_a_director_of_a_nursery(city):
    appoint("zhou.min", role="director", place=str(city.a.institution.pk))

    user = User.objects.get(username="zhou.min")
    assert [(post.role, post.actor.institution_id) for post in posts_of(user)] == [
        ("director", city.a.institution.pk)
    ]


def test_who_has_a_password_keeps_it(city):
    said = appoint(city.a.carer.username, name=city.a.carer.name, place=city.region.code)

    assert "signs in as before" in said
    assert roles_of(city.a.carer) == {"carer", "platform_admin"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"place": "999999"}, "没有这个地方"),
        ({"place": "x", "role": "director"}, "没有这个地方"),
        ({"place": "370800", "name": "另一人", "person": "a-carer"}, "不同的姓名"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_left(city, given, said):
    people = User.objects.count()
    person = city.a.carer.username if "person" in given else PHONE

    with pytest.raises(CommandError, match=said):
        appoint(person, **{name: value for name, value in given.items() if name != "person"})

    assert User.objects.count() == people


def test_the_same_post_twice_is_refused(city):
    appoint(place=city.region.code)

    with pytest.raises(CommandError, match="已有此职务"):
        appoint(place=city.region.code)
