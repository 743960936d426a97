"""A lost second step is taken away by somebody else: by whom, from whom, and what the person hears of it."""

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEvent, Factor, RecoveryCode, Session
from core.permissions import Role
from core.signin import factors
from institution.models import Membership
from tests.factories.core import PASSWORD, RegionPostFactory, UserFactory
from tests.factories.institution import MembershipFactory
from tests.signin.conftest import give_app, show_password

ADMIN = "portal:factor-reset"
CONFIRMED = {"stepup-given": "1", "stepup-password": PASSWORD}


def page_of(membership: Membership) -> str:
    return reverse("nursery:factor-reset", args=[membership.pk])


def post_of(user) -> Membership:
    return user.memberships.get()


@pytest.fixture
def director(city, signed_in) -> Client:
    return signed_in(city.a.director)


@pytest.fixture
def admin(city, signed_in) -> Client:
    return signed_in(city.admin)


def test_a_director_resets_own_staff_and_their_sessions_end(city, director, signed_in):
    give_app(city.a.carer)
    phone = signed_in(city.a.carer)
    assert phone.get(reverse("nursery:board")).status_code in (200, 302)
    page = page_of(post_of(city.a.carer))

    assert city.a.carer.name in director.get(page).text
    assert director.post(page).status_code == 302

    assert not Factor.objects.filter(user=city.a.carer).exists()
    assert not Session.objects.filter(user=city.a.carer).exists()
    assert phone.get(reverse("portal:account")).status_code == 302
    event = AuditEvent.objects.get(action="factor.reset")
    assert (event.actor_user_id, event.subject_id, event.institution_id) == (
        city.a.director.pk,
        str(city.a.carer.pk),
        city.a.institution.pk,
    )


def test_recovery_codes_go_too(city, director):
    give_app(city.a.carer)
    RecoveryCode.objects.create(user=city.a.carer, digest=b"x" * 32)

    director.post(page_of(post_of(city.a.carer)))

    assert not RecoveryCode.objects.filter(user=city.a.carer).exists()


def test_the_person_is_told_at_each_sign_in_until_there_is_a_new_one(city, director):
    give_app(city.a.carer)
    director.post(page_of(post_of(city.a.carer)))

    for _time in range(2):
        client = Client()
        landed = show_password(client, city.a.carer)
        assert landed.status_code == 302
        text = client.get(landed.url, follow=True).text
        assert f"{city.a.director.name}已重置您的第二步验证" in text
    give_app(city.a.carer)
    assert factors.reset_lately(city.a.carer) is None


def test_nobody_else_hears_of_it(city, director):
    give_app(city.a.carer)
    director.post(page_of(post_of(city.a.carer)))
    client = Client()

    landed = show_password(client, city.a.clerk)

    assert "已重置" not in client.get(landed.url, follow=True).text


def test_after_five_minutes_the_director_is_asked_again(city, signed_in, clock):
    give_app(city.a.carer)
    client = signed_in(city.a.director)
    clock.shift(360)
    page = page_of(post_of(city.a.carer))

    assert client.post(page).status_code == 403
    assert Factor.objects.filter(user=city.a.carer).exists()
    assert client.post(page, CONFIRMED).status_code == 302
    assert not Factor.objects.filter(user=city.a.carer).exists()


def test_nobody_resets_oneself(city, director, admin):
    for user, client, page, typed in (
        (city.a.director, director, page_of(post_of(city.a.director)), {}),
        (city.admin, admin, reverse(ADMIN), {"person": city.admin.username, "reset": "1"}),
    ):
        give_app(user)
        assert client.post(page, typed).status_code in (409, 422)
        assert Factor.objects.filter(user=user).exists()


def test_staff_of_another_nursery_are_not_there(city, director):
    give_app(city.b.carer)

    assert director.get(page_of(post_of(city.b.carer))).status_code == 404
    assert director.post(page_of(post_of(city.b.carer))).status_code == 404
    assert Factor.objects.filter(user=city.b.carer).exists()


@pytest.mark.parametrize("elsewhere", ["oversight", "another nursery"])
def test_whoever_has_a_post_elsewhere_is_for_the_administrator(city, director, admin, elsewhere):
    if elsewhere == "oversight":
        RegionPostFactory(user=city.a.clerk, region=city.region, role=Role.AUDITOR)
    else:
        MembershipFactory(user=city.a.clerk, institution=city.b.institution, role=Role.CLERK)
    give_app(city.a.clerk)
    own = city.a.clerk.memberships.get(institution=city.a.institution)

    assert director.post(page_of(own)).status_code == 409
    assert Factor.objects.filter(user=city.a.clerk).exists()
    typed = {"person": city.a.clerk.username, "reset": "1"}
    assert admin.post(reverse(ADMIN), typed).status_code == 302
    assert not Factor.objects.filter(user=city.a.clerk).exists()


def test_somebody_who_left_is_not_there(city, director):
    member = post_of(city.a.carer)
    give_app(city.a.carer)
    Membership.objects.filter(pk=member.pk).update(ended_on=member.started_on)

    assert director.post(page_of(member)).status_code == 404


def test_without_a_factor_there_is_nothing_to_reset(city, director):
    assert director.post(page_of(post_of(city.a.carer))).status_code == 409
    assert not AuditEvent.objects.filter(action="factor.reset").exists()


@pytest.mark.parametrize("who", ["regulator", "auditor", "director"])
def test_the_administrator_looks_somebody_up_and_then_resets(city, admin, who):
    user = {"regulator": city.regulator, "auditor": city.auditor, "director": city.a.director}[who]
    give_app(user)

    shown = admin.post(reverse(ADMIN), {"person": user.username})

    assert shown.status_code == 200
    assert (shown.context["found"].user, shown.context["found"].has_factor) == (user, True)
    assert Factor.objects.filter(user=user).exists(), "looking up changes nothing"
    assert admin.post(reverse(ADMIN), {"person": user.username, "reset": "1"}).status_code == 302
    assert not Factor.objects.filter(user=user).exists()
    assert AuditEvent.objects.get(action="factor.reset").actor_user_id == city.admin.pk


def test_two_administrators_reset_each_other(city, admin):
    RegionPostFactory(user=city.trainer, region=city.region, role=Role.PLATFORM_ADMIN)
    give_app(city.trainer)

    typed = {"person": city.trainer.username, "reset": "1"}
    assert admin.post(reverse(ADMIN), typed).status_code == 302
    assert not Factor.objects.filter(user=city.trainer).exists()


def test_an_administrator_of_a_county_reaches_nobody_beyond(city, signed_in):
    county_admin = UserFactory(username="county-admin")
    RegionPostFactory(user=county_admin, region=city.counties[0], role=Role.PLATFORM_ADMIN)
    client = signed_in(county_admin)
    for user in (city.regulator, city.b.director):
        give_app(user)
        answer = client.post(reverse(ADMIN), {"person": user.username, "reset": "1"})
        assert answer.status_code == 422
        assert Factor.objects.filter(user=user).exists()


def test_a_name_that_nobody_has_is_said_so(city, admin):
    answer = admin.post(reverse(ADMIN), {"person": "nobody-at-all"})

    assert answer.status_code == 422
    assert "没有找到此人" in answer.text


@pytest.mark.parametrize("name", ["clerk", "carer", "health_worker"])
def test_only_directors_of_a_nursery_may(city, signed_in, name):
    give_app(city.a.big_carer)
    client = signed_in(getattr(city.a, name))

    assert client.post(page_of(post_of(city.a.big_carer))).status_code == 403


def test_the_list_says_who_has_one_and_offers_it_for_others_only(city, director):
    give_app(city.a.carer)
    give_app(city.a.director)

    text = director.get(reverse("nursery:device-list")).text

    assert page_of(post_of(city.a.carer)) in text
    assert page_of(post_of(city.a.director)) not in text
    assert page_of(post_of(city.a.clerk)) not in text
