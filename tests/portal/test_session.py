"""Signing in and out, the post one acts in, the language, and what the offline tablet asks."""

import pytest
from django.test import Client
from django.urls import reverse

from core.models import User
from core.permissions import Role
from portal.menu import LANDING
from tests.factories.city import City
from tests.factories.core import PASSWORD, RegionPostFactory, UserFactory
from tests.factories.institution import GuardianshipFactory, MembershipFactory

SIGN_IN = "portal:sign-in"


@pytest.fixture
def carer(city) -> User:
    user = city.a.carer
    user.phone = "13800138000"
    user.save()
    return user


def sign_in(client: Client, name: str, password: str = PASSWORD, **more):
    return client.post(reverse(SIGN_IN), {"username": name, "password": password, **more})


@pytest.mark.parametrize("name", ["a-carer", "13800138000", "+86 138 0013 8000"])
def test_one_signs_in_by_name_or_phone_and_lands_at_work(client, carer, name):
    response = sign_in(client, name)

    assert response.url == reverse("portal:landing")
    assert client.get(response.url).url == reverse("nursery:board")


def test_a_wrong_password_says_neither_which_was_wrong_nor_who_exists(client, carer):
    known, unknown = sign_in(client, "a-carer", "wrong"), sign_in(client, "nobody", "wrong")

    assert (known.status_code, unknown.status_code) == (422, 422)
    said = [response.context["form"].non_field_errors() for response in (known, unknown)]
    assert said[0] == said[1]
    assert "sessionid" not in client.cookies


def test_five_wrong_passwords_close_the_door_also_to_the_right_one(client, carer):
    answers = [sign_in(client, "a-carer", "wrong").status_code for _ in range(5)]

    assert answers == [422, 422, 422, 422, 429]
    closed = sign_in(client, "13800138000")
    assert closed.status_code == 429
    assert "15" in closed.content.decode()
    assert sign_in(Client(), "a-director").status_code == 302


def test_a_closed_account_does_not_sign_in(client, carer):
    User.objects.filter(pk=carer.pk).update(is_active=False)

    assert sign_in(client, "a-carer").status_code == 422


@pytest.mark.parametrize(
    ("wanted", "went"),
    [
        ("/nursery/children/?q=1", "/nursery/children/?q=1"),
        ("", "/landing/"),
        ("https://evil.example/", "/landing/"),
        ("//evil.example/", "/landing/"),
        ("/\\evil.example/", "/landing/"),
        ("\\\\evil.example", "/landing/"),
        ("javascript:alert(1)", "/landing/"),
        ("http:///evil.example", "/landing/"),
        ("/\tevil", "/\tevil"),
    ],
)
def test_next_stays_on_this_site(client, carer, wanted, went):
    if wanted == "/\tevil":
        went = "/%09evil"
    assert sign_in(client, "a-carer", next=wanted).url == went


def test_a_page_behind_the_door_is_reached_after_signing_in(client, carer):
    sent = client.get(reverse("nursery:today"))
    page = client.get(sent.url)

    assert page.context["next"] == reverse("nursery:today")
    assert sign_in(client, "a-carer", next=page.context["next"]).url == reverse("nursery:today")


def test_who_is_signed_in_is_not_asked_again(signed_in, carer):
    assert signed_in(carer).get(reverse(SIGN_IN)).url == reverse("portal:landing")


def test_signing_out_ends_the_session_and_keeps_the_outbox(signed_in, carer):
    client = signed_in(carer)
    response = client.post(reverse("portal:sign-out"))

    assert response.url == reverse("portal:home")
    assert response.headers["Clear-Site-Data"] == '"cache"'
    assert client.get(reverse("nursery:today")).status_code == 302
    assert client.get(reverse("portal:sign-out")).status_code == 302


def test_every_role_lands_on_a_page_it_may_open(city, signed_in):
    people = {
        Role.PLATFORM_ADMIN: city.admin,
        Role.CITY_REGULATOR: city.regulator,
        Role.COUNTY_REGULATOR: city.county_regulator,
        Role.AUDITOR: city.auditor,
        Role.ASSESSOR: city.assessor,
        Role.TRAINER: city.trainer,
        Role.DIRECTOR: city.a.director,
        Role.CARER: city.a.carer,
        Role.HEALTH_WORKER: city.a.health_worker,
        Role.CLERK: city.a.clerk,
        Role.GUARDIAN: city.a.guardian,
    }
    for role, user in people.items():
        client = signed_in(user)
        landed = client.get(reverse("portal:landing"))
        assert landed.url == reverse(LANDING[role])
        assert client.get(landed.url, follow=True).status_code == 200
    assert set(LANDING) == set(Role)


def test_somebody_without_a_post_is_told_so(signed_in, db):
    response = signed_in(UserFactory()).get(reverse("portal:landing"))

    assert response.status_code == 200
    assert "portal/no_post.html" in [template.name for template in response.templates]


class TestPosts:
    @pytest.fixture
    def busy(self, city) -> User:
        """Regulator, director of nursery b, and somebody's mother."""
        user = UserFactory(username="busy")
        RegionPostFactory(user=user, region=city.region, role=Role.CITY_REGULATOR)
        MembershipFactory(user=user, institution=city.b.institution, role=Role.DIRECTOR)
        GuardianshipFactory(user=user, child=city.a.children[0])
        return user

    def role(self, client) -> str:
        return client.get(reverse("api:me")).json()["role"]

    def test_each_post_can_be_chosen(self, busy, signed_in):
        client = signed_in(busy)
        shown = client.get(reverse("portal:posts")).context["posts"]
        roles = []
        for post in shown:
            client.post(reverse("portal:posts"), {"post": post["key"]})
            roles.append(self.role(client))

        assert roles == ["city_regulator", "director", "guardian"]
        assert client.get(reverse("portal:landing")).url == reverse("family:day")

    def test_a_post_sees_only_what_is_its_own(self, busy, city, signed_in):
        client = signed_in(busy, post="guardian")

        assert (
            client.get(reverse("family:child-day", args=[city.a.children[0].pk])).status_code == 200
        )
        assert client.get(reverse("nursery:today")).status_code == 403
        assert client.get(reverse("gov:overview")).status_code == 403

    @pytest.mark.parametrize("post", ["region:999999", "guardian'--", "", "platform_admin"])
    def test_a_post_one_does_not_have_is_not_taken(self, city, signed_in, post):
        client = signed_in(city.a.carer)
        client.post(reverse("portal:posts"), {"post": post})

        assert self.role(client) == "carer"

    def test_a_post_that_ended_falls_back_to_what_is_left(self, busy, city, signed_in):
        client = signed_in(busy, post="guardian")
        busy.guardianships.all().delete()

        assert self.role(client) == "city_regulator"


class TestLanguage:
    def test_chinese_unless_chosen_whatever_the_browser_wishes(self, client, db):
        response = client.get(reverse("portal:home"), headers={"Accept-Language": "en"})

        assert response.headers["Content-Language"] == "zh-hans"
        assert '<html lang="zh-hans"' in response.content.decode()

    def test_the_choice_is_kept_for_a_year_and_leads_back(self, client, db):
        here = reverse("portal:institution-search")
        response = client.post(reverse("portal:language"), {"language": "en", "next": here})

        assert response.url == here
        assert client.cookies["language"]["max-age"] == 365 * 86400
        assert '<html lang="en"' in client.get(here).content.decode()

    @pytest.mark.parametrize("language", ["de", "", "zh-hans; x", "en\r\nSet-Cookie: a=b"])
    def test_a_language_that_is_not_ours_is_not_kept(self, client, db, language):
        client.post(reverse("portal:language"), {"language": language})

        assert "language" not in client.cookies

    def test_it_does_not_lead_away(self, client, db):
        response = client.post(
            reverse("portal:language"), {"language": "en", "next": "//evil.example"}
        )

        assert response.url == "/"


class TestWhoami:
    def test_strangers_are_401(self, client, db):
        response = client.get(reverse("portal:whoami"))

        assert (response.status_code, response.json()) == (401, {"code": "not_signed_in"})

    def test_the_tablet_learns_user_token_and_clock(self, signed_in, carer, time_machine):
        time_machine.move_to(1_800_000_000, tick=False)
        response = signed_in(carer).get(reverse("portal:whoami"))

        assert response.json()["user"] == carer.pk
        assert response.json()["now"] == 1_800_000_000_000
        assert response.json()["csrf"]
        assert response.headers["Cache-Control"] == "no-store"


class TestSystem:
    def test_the_administrator_sees_jobs_and_delivery_and_no_nursery(self, city, signed_in):
        response = signed_in(city.admin).get(reverse("portal:system"))

        assert response.status_code == 200
        assert city.a.institution.name not in response.content.decode()

    def test_nobody_else_does(self, city: City, signed_in):
        for user in (city.regulator, city.a.director, city.a.guardian):
            assert signed_in(user).get(reverse("portal:system")).status_code == 403

    def test_healthz_answers_without_signing_in(self, client, db):
        assert client.get(reverse("portal:healthz")).content == b"ok"
