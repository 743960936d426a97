"""Nobody of nursery a ever reads a word of nursery b, on any page, in any list, on any socket."""

import json
from io import BytesIO

import pytest
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

from core import xlsx
from core.attachments import signed_url
from core.live.groups import groups_of
from core.models import OutboxMessage
from core.permissions import PERMISSIONS
from tests.factories.city import City, Nursery
from tests.leak.world import MARKER, Person, World, build_world, child_of
from tests.permissions.discovery import ANY_ACTOR, OPEN, SIGNED_IN, Endpoint, endpoints
from tests.permissions.table import CHILD, OBJECTS, VISIBLE

# Where the people of nursery b do read its words: proof that there is something that could leak.
SHOWS_PRIVATE_WORDS = {
    "api:application-detail",
    "api:application-list",
    "api:attendance-list",
    "api:child-detail",
    "api:child-list",
    "api:child-timeline",
    "api:class-detail",
    "api:class-list",
    "api:daily-log",
    "api:entry-kind-list",
    "api:me",
    "family:changes",
    "family:child-day",
    "gov:audit-list",
    "health:entry-list",
    "health:entry-record",
    "health:today",
    "nursery:admission-board",
    "nursery:admission-planner",
    "nursery:board-state",
    "nursery:child-history",
    "nursery:child-list",
    "nursery:child-page",
    "nursery:class-board",
    "nursery:today",
    "nursery:visit-list",
    "quality:standard",
    "training:certificate-list",
    "training:staff-detail",
}
NOT_TRIED = {
    "api:schema": "says nothing of rows",
    "attachment": "tried by itself below",
    "family:shared-pass": "a link that a guardian sends to one person; it says no child's name",
    "gov:job": "the person's own",
    "gov:job-file": "the person's own",
    "kit": "specimens, and only in a demonstration",
}


@pytest.fixture
def world(city) -> World:
    return build_world(city)


def pages(world: World, nursery: Nursery, person: Person) -> list[tuple[str, str]]:
    """Every address that this person may GET, on the objects of `nursery`; lists also asked for the rows of b."""
    found = []
    for name, endpoint in endpoints().items():
        gate = endpoint.gates.get("GET")
        if gate is None or name in NOT_TRIED:
            continue
        if gate in (OPEN, SIGNED_IN, ANY_ACTOR) or gate in PERMISSIONS[person.actor.role]:
            found += [(name, url) for url in addresses(world, endpoint, nursery)]
    return found


def addresses(world: World, endpoint: Endpoint, nursery: Nursery) -> list[str]:
    if endpoint.name in OBJECTS:
        kwargs = OBJECTS[endpoint.name](nursery)
        urls = [reverse(endpoint.name, kwargs=kwargs)]
        if VISIBLE[endpoint.name] == CHILD:
            keys = {"pk", "child_id"} & kwargs.keys()
            urls += [reverse(endpoint.name, kwargs=kwargs | {k: world.moved.pk}) for k in keys]
        return urls
    try:
        url = reverse(endpoint.name)
    except NoReverseMatch:
        return []
    wishes = [f"?{name}={min(world.ids[name])}" for name in filters(url) & set(world.ids)]
    return [url, *(url + wish for wish in wishes)]


def filters(url: str) -> set[str]:
    viewset = getattr(resolve(url).func, "cls", None)
    by_class = getattr(getattr(viewset, "filterset_class", None), "base_filters", ())
    return {*getattr(viewset, "filterset_fields", ()), *by_class}


def body_of(response) -> str:
    if response.headers.get("Content-Type") == xlsx.KIND:
        return json.dumps(xlsx.read(BytesIO(response.content), most_rows=10_000))
    return response.getvalue().decode() if response.streaming else response.content.decode()


def names_rows(text: str, ids: dict[str, set]) -> bool:
    """Whether an answer of the API names a row of b by its number."""
    try:
        data = json.loads(text)
    except ValueError:
        return False
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if any(isinstance(value.get(k), int) and value[k] in keys for k, keys in ids.items()):
                return True
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return False


def test_nobody_of_a_reads_a_word_of_b(world, signed_in):
    leaks, read_pages = [], set()
    for person in world.outsiders:
        client = signed_in(person.user, person.post)
        for name, url in pages(world, world.a, person):
            response = client.get(url)
            text = body_of(response)
            if any(secret in text for secret in world.secrets):
                leaks.append((person.label, url))
            if name.startswith("api:") and names_rows(text, world.ids):
                leaks.append((person.label, url, "by number"))
            if response.status_code in (200, 204):
                read_pages.add(name)

    assert leaks == []
    assert read_pages >= SHOWS_PRIVATE_WORDS


def test_the_people_of_b_do_read_them(world, signed_in):
    shown = set()
    for person in world.insiders:
        client = signed_in(person.user)
        for name, url in pages(world, world.b, person):
            text = body_of(client.get(url))
            if any(secret in text for secret in world.secrets) or (
                name.startswith("api:") and names_rows(text, world.ids)
            ):
                shown.add(name)

    assert shown >= SHOWS_PRIVATE_WORDS


def test_strangers_read_no_private_word_of_either(world):
    for name, endpoint in endpoints().items():
        if endpoint.gates.get("GET") == OPEN and name not in NOT_TRIED:
            for url in addresses(world, endpoint, world.b):
                text = body_of(Client().get(url))
                assert MARKER not in text, name


def test_regulators_read_no_name_of_a_child(world, signed_in):
    names = [child.name for child in [*world.a.children, world.moved]]
    for user in (world.city.regulator, world.city.auditor, world.city.admin, world.city.assessor):
        person = Person("regional", City.actor(user), user)
        client = signed_in(user)
        for _name, url in pages(world, world.a, person):
            text = body_of(client.get(url))
            assert not [name for name in names if name in text], url


def detail_rows(world: World) -> list[tuple[str, str]]:
    """The address of a row of b in every detail of the API whose model belongs to a nursery."""
    found = []
    for name, endpoint in endpoints().items():
        if endpoint.api and "GET" in endpoint.gates and endpoint.name.endswith("-detail"):
            somewhere = reverse(name, kwargs=dict.fromkeys(endpoint.parameters, 1))
            model = resolve(somewhere).func.cls.queryset.model
            fields = {field.name for field in model._meta.fields}
            if "institution" in fields:
                row = model.objects.filter(institution=world.b.institution.pk).first()
                assert row is not None, f"nothing of {model} could leak"
                found.append((name, reverse(name, kwargs={"pk": row.pk})))
    return found


def test_no_row_of_b_is_there_for_the_people_of_a(world, signed_in):
    rows = detail_rows(world)
    found = [
        (person.label, url)
        for person in world.outsiders
        for _name, url in rows
        if signed_in(person.user, person.post).get(url).status_code not in (403, 404)
    ]

    assert len(rows) >= 8
    assert found == []


def test_photos_open_only_for_those_who_may_see_them(world, signed_in):
    own = [world.b.carer, world.b.guardian]
    strangers = [world.a.carer, world.a.guardian, world.city.county_regulator, world.city.regulator]

    for variant in ("full", "thumb"):
        for user in own:
            url = signed_url(world.photo, City.actor(user), variant)
            opened = signed_in(user).get(url)
            assert (opened.status_code, opened.getvalue()) == (200, b"jpg")
            assert signed_in(world.a.carer).get(url).status_code == 404
            assert Client().get(url).status_code == 302
        for user in strangers:
            url = signed_url(world.photo, City.actor(user), variant)
            assert signed_in(user).get(url).status_code == 404


def test_sockets_of_a_hear_nothing_of_b(world):
    said = {group for row in OutboxMessage.objects.all() for group in row.groups}
    heard = {person.label: groups_of(person.actor) & said for person in world.outsiders}
    named = {
        f"{kind}.{pk}"
        for kind, key in (
            ("child", "child"),
            ("class", "class_group"),
            ("institution", "institution"),
        )
        for pk in world.ids[key]
    }
    wanted = {person.label: groups_of(person.actor) & named for person in world.outsiders}

    assert said >= {f"child.{child_of(world.b).pk}", f"institution.{world.b.institution.pk}"}
    assert set().union(*heard.values(), *wanted.values()) == set()
    assert groups_of(City.actor(world.b.carer)) & said
