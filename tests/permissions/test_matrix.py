"""Every URL and method × every role × own and foreign objects."""

import datetime as dt
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse
from guardian.shortcuts import assign_perm

from core.models import User
from core.permissions import PERMISSIONS, Role
from institution.models import ChildGrant, InstitutionGrant
from tests.factories.city import City, Nursery, build_city
from tests.factories.core import RegionPostFactory, UserFactory
from tests.permissions.discovery import (
    ANY_ACTOR,
    MACHINE,
    OPEN,
    SIGNED_IN,
    TABLET,
    UNDECLARED,
    Endpoint,
    endpoints,
)
from tests.permissions.table import (
    ALERT,
    APPLICATION,
    CHILD,
    CLASS,
    DEVICE,
    INSTITUTION,
    OBJECTS,
    PUBLIC,
    STAFF,
    TABLE,
    VISIBLE,
)

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Person:
    role: Role
    user: User
    sees: dict[str, tuple[bool, bool]]  # kind of object -> (nursery a's, nursery b's)


def people(city: City) -> list[Person]:
    """One of each role. Where the scope of a role differs, a person of nursery a and the narrower region is taken."""
    a = city.a
    none, own, both = (False, False), (True, False), (True, True)
    nursery = dict.fromkeys((INSTITUTION, CLASS, CHILD, STAFF, DEVICE, ALERT, APPLICATION), own)
    region = {INSTITUTION: both, CLASS: both, CHILD: none, STAFF: both}
    county = {INSTITUTION: own, CLASS: own, CHILD: none, STAFF: own}
    family = {INSTITUTION: none, CLASS: none, CHILD: own, STAFF: none}
    town = UserFactory(username="town")
    RegionPostFactory(user=town, region=a.institution.region, role=Role.TOWN_REGULATOR)
    return [
        Person(Role.PLATFORM_ADMIN, city.admin, region),
        Person(Role.CITY_REGULATOR, city.regulator, region),
        Person(Role.COUNTY_REGULATOR, city.county_regulator, county),
        Person(Role.TOWN_REGULATOR, town, county),
        Person(Role.AUDITOR, city.auditor, region),
        Person(Role.ASSESSOR, city.assessor, region),
        Person(Role.TRAINER, city.trainer, region),
        Person(Role.DIRECTOR, a.director, nursery),
        Person(Role.CARER, a.carer, nursery),
        Person(Role.HEALTH_WORKER, a.health_worker, nursery),
        # too few carers in a class is not the office's business
        Person(Role.CLERK, a.clerk, nursery | {ALERT: none}),
        Person(
            Role.CLINIC_DOCTOR, _doctor(a), {INSTITUTION: own, CLASS: own, CHILD: own, STAFF: own}
        ),
        Person(Role.GUARDIAN, a.guardian, family),
        Person(Role.RELATIVE, _relative(a), family),
    ]


def _doctor(nursery: Nursery) -> User:
    user = UserFactory(username="doctor")
    grant(user, InstitutionGrant, nursery.institution)
    return user


def _relative(nursery: Nursery) -> User:
    user = UserFactory(username="relative")
    grant(user, ChildGrant, nursery.guardian.guardianships.get().child)
    return user


def grant(user: User, model, thing) -> None:
    permission = f"view_{thing._meta.model_name}"
    assign_perm(permission, user, thing)
    assert model.objects.filter(user=user, content_object=thing).exists()


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    """One world for the whole module, in a transaction around those of the tests."""
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        city = build_city()
        yield city, people(city)
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture
def city(built, db) -> City:
    return built[0]


@pytest.fixture
def everybody(built, db) -> list[Person]:
    return built[1]


FOUND = endpoints()
WITH_OBJECT = sorted(name for name in FOUND if name in OBJECTS)


def test_table_lists_every_url_and_no_other():
    assert set(FOUND) == set(TABLE)


def test_code_declares_what_the_table_says():
    declared = {name: endpoint.gates for name, endpoint in FOUND.items()}
    wanted = {
        name: {method: str(gate) for method, gate in row.items()} for name, row in TABLE.items()
    }
    assert declared == wanted


def test_nothing_is_undeclared():
    assert not [name for name, found in FOUND.items() if UNDECLARED in found.gates.values()]


def test_pages_open_to_everybody_are_these():
    opened = {
        (name, method)
        for name, row in TABLE.items()
        for method, gate in row.items()
        if gate == OPEN
    }
    assert opened == {
        ("portal:home", "GET"),
        ("portal:institution-search", "GET"),
        ("portal:institution-page", "GET"),
        ("portal:sign-in", "GET"),
        ("portal:sign-in", "POST"),
        ("portal:sign-in-second", "GET"),
        ("portal:sign-in-second", "POST"),
        ("portal:sign-in-paused", "GET"),
        ("portal:sign-in-paused", "POST"),
        ("portal:language", "POST"),
        ("portal:whoami", "GET"),
        ("portal:healthz", "GET"),
        ("kit", "GET"),
        ("csp-report", "POST"),
        ("portal:start", "GET"),
        ("portal:start", "POST"),
        ("nursery:pair", "GET"),
        ("nursery:pair", "POST"),
        ("nursery:pair-wait", "GET"),
        ("nursery:pair-finish", "POST"),
        ("nursery:worker", "GET"),
        ("nursery:offline", "GET"),
        ("nursery:manifest", "GET"),
        ("family:manifest", "GET"),
        ("family:worker", "GET"),
        ("family:shared-pass", "GET"),
        ("api:token", "POST"),
    }


def url_of(endpoint: Endpoint, nursery: Nursery) -> str:
    if endpoint.name in OBJECTS:
        return reverse(endpoint.name, kwargs=OBJECTS[endpoint.name](nursery))
    return url_of_nothing(endpoint)


def url_of_nothing(endpoint: Endpoint) -> str:
    """With keys that no row has: enough to see who is let through to the row at all."""
    for value in (999_999_999, "00000000-0000-4000-8000-000000000000", "none"):
        kwargs = {
            name: dt.date(2026, 11, 20) if name == "day" else value for name in endpoint.parameters
        }
        try:
            return reverse(endpoint.name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    raise LookupError(endpoint.name)


@pytest.fixture(scope="session", autouse=True)
def tell_cells():
    """How many cells were tried goes to the file that ACCESS_CELLS names, a line for each process of the run."""
    yield
    if wanted := os.environ.get("ACCESS_CELLS"):
        with Path(wanted).open("a") as file:
            file.write(f"{sent.total()}\n")


sent: Counter[str] = Counter()


def send(client: Client, method: str, url: str) -> int:
    sent[method] += 1
    return client.generic(method, url, b"{}", content_type="application/json").status_code


@pytest.mark.parametrize("name", sorted(FOUND))
def test_anonymous_is_sent_to_sign_in(city, name):
    endpoint = FOUND[name]
    for method, gate in endpoint.gates.items():
        if gate == OPEN:
            continue
        response = Client().generic(
            method, url_of(endpoint, city.a), b"{}", content_type="application/json"
        )
        if endpoint.api:
            assert response.status_code == 401, (name, method)
            assert b"not_authenticated" in response.content  # the schema's endpoint answers in YAML
        else:
            assert response.status_code == 302, (name, method)
            assert response.url.startswith(reverse("portal:sign-in"))


@pytest.mark.parametrize("name", sorted(FOUND))
def test_roles_reach_what_their_permissions_say(city, everybody, signed_in, name):
    endpoint = FOUND[name]
    for person in everybody:
        client = signed_in(person.user)
        for method, gate in endpoint.gates.items():
            if name == "portal:sign-out":
                continue
            status = send(client, method, url_of(endpoint, city.a))
            allowed = gate in (OPEN, ANY_ACTOR, SIGNED_IN) or gate in PERMISSIONS[person.role]
            if allowed:
                assert status not in (401, 403, 405), (name, method, person.role, status)
                assert status < 500, (name, method, person.role, status)
            else:
                refused = 401 if gate == MACHINE else 403  # a machine's endpoint knows no people
                assert status == refused, (name, method, person.role, status)


@pytest.mark.parametrize("name", WITH_OBJECT)
def test_own_objects_are_there_and_foreign_ones_are_not(city, everybody, signed_in, name):
    endpoint, kind = FOUND[name], VISIBLE[name]
    for person in everybody:
        client = signed_in(person.user)
        for method, gate in endpoint.gates.items():
            if gate not in (OPEN, SIGNED_IN, ANY_ACTOR) and gate not in PERMISSIONS[person.role]:
                continue
            for nursery, seen in zip(
                (city.a, city.b), person.sees.get(kind, (True, True)), strict=True
            ):
                status = send(client, method, url_of(endpoint, nursery))
                visible = seen or kind == PUBLIC
                assert (status != 404) == visible, (
                    name,
                    method,
                    person.role,
                    status,
                    nursery is city.a,
                )


@pytest.mark.parametrize("name", sorted(FOUND))
def test_other_methods_are_refused(city, everybody, signed_in, name):
    endpoint = FOUND[name]
    allowed = set(endpoint.gates.values())
    person = next(
        person
        for person in everybody
        if all(
            g in (OPEN, ANY_ACTOR, SIGNED_IN, TABLET, MACHINE) or g in PERMISSIONS[person.role]
            for g in allowed
        )
    )
    client = signed_in(person.user)
    for method in METHODS:
        if method not in endpoint.gates:
            status = send(client, method, url_of(endpoint, city.a))
            assert status == 405, (name, method, status)


def test_carer_does_not_see_the_sibling_class(city, signed_in):
    client = signed_in(city.a.carer)

    assert client.get(reverse("nursery:class-board", args=[city.a.big.pk])).status_code == 404
    assert client.get(reverse("api:child-detail", args=[city.a.big_child.pk])).status_code == 404
    assert client.get(reverse("api:child-timeline", args=[city.a.big_child.pk])).status_code == 404
    assert client.get(reverse("api:child-detail", args=[city.a.children[0].pk])).status_code == 200


def test_user_without_a_post_reaches_nothing(db, signed_in):
    client = signed_in(UserFactory(username="nobody"))

    for endpoint in FOUND.values():
        for method, gate in endpoint.gates.items():
            if gate in (OPEN, SIGNED_IN):
                continue
            status = send(client, method, url_of_nothing(endpoint))
            assert status == (401 if gate == MACHINE else 403), (endpoint.name, method)
