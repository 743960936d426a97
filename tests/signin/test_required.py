"""N5: whose post asks for a second factor and who has none reaches the pages that add one, and nothing else."""

import pytest
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.urls import reverse

from core.live.admission import groups_for
from core.permissions import Role
from core.signin import tokens
from core.signin.policy import FACTOR
from tests.factories.core import RegionPostFactory, UserFactory
from tests.permissions.discovery import OPEN, endpoints
from tests.permissions.table import BEFORE_FACTOR, STEP_UP
from tests.permissions.test_matrix import send, url_of

FOUND = endpoints()
OF_MACHINES = {"api:device-heartbeat"}  # knows no persons at all
PRIVILEGED = sorted(
    {
        "platform_admin",
        "city_regulator",
        "county_regulator",
        "town_regulator",
        "auditor",
        "director",
    }
)


@pytest.fixture
def person(city, required):
    town = UserFactory(username="town")
    RegionPostFactory(user=town, region=city.a.institution.region, role=Role.TOWN_REGULATOR)
    return {
        "platform_admin": city.admin,
        "city_regulator": city.regulator,
        "county_regulator": city.county_regulator,
        "town_regulator": town,
        "auditor": city.auditor,
        "director": city.a.director,
    }.__getitem__


def closed(endpoint) -> list[str]:
    return [method for method, gate in endpoint.gates.items() if gate != OPEN]


def test_these_roles_are_asked(settings):
    assert sorted(settings.SECOND_FACTOR_ROLES) == PRIVILEGED
    assert {name for name, found in FOUND.items() if found.before_factor} == BEFORE_FACTOR
    assert {(name, m) for name, found in FOUND.items() for m in found.stepup} == STEP_UP


@pytest.mark.parametrize("role", PRIVILEGED)
def test_without_a_factor_every_page_leads_to_adding_one(city, person, signed_in, role):
    client = signed_in(person(role))
    reached = []
    for name, endpoint in FOUND.items():
        if name in BEFORE_FACTOR or endpoint.api:
            continue
        for method in closed(endpoint):
            response = client.generic(method, url_of(endpoint, city.a), b"{}", "application/json")
            if response.status_code != 302 or response.url != reverse("portal:account"):
                reached.append((name, method, response.status_code))

    assert reached == []


@pytest.mark.parametrize("role", PRIVILEGED)
def test_without_a_factor_the_api_is_closed_to_session_and_token(city, person, signed_in, role):
    token = tokens.issue(user=person(role))
    client = signed_in(person(role))
    program = signed_in(person(role)).__class__(headers={"Authorization": f"Token {token}"})
    reached = []
    for name, endpoint in FOUND.items():
        if not endpoint.api or name in OF_MACHINES:
            continue
        for method in closed(endpoint):
            for who in (client, program):
                url = url_of(endpoint, city.a)
                response = who.generic(method, url, b"{}", content_type="application/json")
                if response.status_code != 403 or b"second_factor_needed" not in response.content:
                    reached.append((name, method, response.status_code))

    assert reached == []


@pytest.mark.parametrize("role", PRIVILEGED)
def test_without_a_factor_a_socket_hears_nothing(person, signed_in, role):
    request = HttpRequest()
    request.session = signed_in(person(role)).session

    assert groups_for(get_user(request), request.session) == frozenset()
    request.session[FACTOR] = "totp"
    assert groups_for(get_user(request), request.session)


def test_with_the_factor_the_pages_open(city, signed_in, required):
    client = signed_in(city.auditor)
    session = client.session
    session[FACTOR] = "passkey"
    session.save()

    assert send(client, "GET", reverse("gov:audit-list")) == 200
    assert send(client, "GET", reverse("api:audit-event-list")) == 200


def test_other_roles_are_not_asked(city, signed_in, required):
    for user, page in ((city.a.carer, "nursery:board"), (city.a.guardian, "family:day")):
        assert signed_in(user).get(reverse(page), follow=True).status_code == 200


def test_a_post_gained_later_asks_at_once(city, signed_in, required):
    client = signed_in(city.a.guardian)
    assert client.get(reverse("family:day"), follow=True).status_code == 200

    RegionPostFactory(user=city.a.guardian, region=city.region, role=Role.AUDITOR)

    assert client.get(reverse("family:day")).url == reverse("portal:account")


def test_the_page_shows_how_and_the_way_out(city, signed_in, required):
    page = signed_in(city.auditor).get(reverse("portal:account")).content.decode()

    assert reverse("portal:app-add") in page
    assert reverse("portal:passkey-add") in page
    assert reverse("portal:sign-out") in page
    assert reverse("gov:audit-list") not in page
