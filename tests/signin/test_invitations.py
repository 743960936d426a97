"""A first password and a forgotten one: who may hand out a way in, for whom, and how long it is good."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse

from core.calendar import now, today
from core.models import AuditEvent, Invitation, Session
from core.permissions import Role
from core.signin import invitations
from tests.factories.core import RegionPostFactory, UserFactory
from tests.factories.institution import (
    ChildFactory,
    EnrolmentFactory,
    GuardianshipFactory,
    MembershipFactory,
    StaffFileFactory,
)
from tests.signin.conftest import code as app_code
from tests.signin.conftest import give_app, show_password

START = "portal:start"
NEW = "a meadow behind the canal"
CHOSEN = {"new_password": NEW, "again": NEW}


def staff_page(user) -> str:
    file = StaffFileFactory(membership=user.memberships.get())
    return reverse("nursery:staff-invite", args=[file.pk])


def guardian_page(user) -> str:
    held = user.guardianships.get()
    return reverse("nursery:guardian-invite", args=[held.child_id, held.pk])


def code_on(page) -> str:
    assert page.status_code == 200
    return re.search(r"<code[^>]*>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</code>", page.text)[1]


@pytest.fixture
def director(city, signed_in) -> Client:
    return signed_in(city.a.director)


def test_a_new_guardian_comes_in_with_the_code_and_signs_in_by_phone_later(city, director):
    guardian = city.a.guardian
    guardian.set_unusable_password()
    guardian.phone = "13805371234"
    guardian.save()
    made = director.post(guardian_page(guardian))
    client = Client()

    asked = client.post(reverse(START), {"invitation": code_on(made).lower().replace("-", " ")})
    assert guardian.name in asked.text
    assert "138****1234" in asked.text
    entered = client.post(reverse(START), {"invitation": code_on(made)} | CHOSEN)

    assert entered.status_code == 302
    assert client.get(reverse("portal:landing"), follow=True).status_code == 200
    typed = {"username": "13805371234", "password": NEW}
    assert Client().post(reverse("portal:sign-in"), typed).status_code == 302
    assert not Invitation.objects.exists()
    events = AuditEvent.objects.filter(action__in=["account.invited", "account.opened"])
    assert [(each.action, each.actor_user_id) for each in events.order_by("pk")] == [
        ("account.invited", city.a.director.pk),
        ("account.opened", guardian.pk),
    ]


def test_the_page_with_the_code_is_kept_nowhere_and_the_database_holds_no_code(city, director):
    page = director.post(staff_page(city.a.carer))

    assert page.headers["Cache-Control"] == "no-store"
    assert code_on(page).encode() not in bytes(Invitation.objects.get().digest)


def test_whoever_has_a_second_step_still_shows_it(city, director):
    give_app(city.a.carer)
    client = Client()

    answer = client.post(
        reverse(START), {"invitation": code_on(director.post(staff_page(city.a.carer)))} | CHOSEN
    )

    assert answer.url == reverse("portal:sign-in-second")
    assert "_auth_user_id" not in client.session
    client.post(answer.url, {"code": app_code()})
    assert client.session["_auth_user_id"] == str(city.a.carer.pk)


def test_sessions_of_before_end_and_the_old_password_is_gone(city, director, signed_in):
    lost = signed_in(city.a.carer)
    lost.get(reverse("portal:account"))

    code = code_on(director.post(staff_page(city.a.carer)))
    assert lost.get(reverse("portal:account")).status_code == 200  # a code alone ends nothing
    Client().post(reverse(START), {"invitation": code} | CHOSEN)

    assert lost.get(reverse("portal:account")).status_code == 302
    assert show_password(Client(), city.a.carer).status_code == 422
    assert Session.objects.filter(user=city.a.carer).count() == 1


def test_a_code_works_once_and_the_newest_counts(city, director):
    page = staff_page(city.a.carer)
    first, second = code_on(director.post(page)), code_on(director.post(page))

    assert Client().post(reverse(START), {"invitation": first} | CHOSEN).status_code == 422
    assert Client().post(reverse(START), {"invitation": second} | CHOSEN).status_code == 302
    again = Client().post(reverse(START), {"invitation": second} | CHOSEN)
    assert again.status_code == 422
    assert "邀请码不正确或已失效" in again.text


def test_after_three_days_it_is_over(city, clock):
    code, until = invitations.invite(actor=city.actor(city.a.director), user=city.a.carer)
    assert until - dt.timedelta(days=3) == now()

    clock.shift(3 * 86400 - 1)
    assert Client().post(reverse(START), {"invitation": code}).status_code == 200
    clock.shift(1)
    assert Client().post(reverse(START), {"invitation": code}).status_code == 422


def test_a_weak_password_is_refused_and_the_code_stays_good(city, director):
    code = code_on(director.post(staff_page(city.a.carer)))
    client = Client()

    weak = client.post(reverse(START), {"invitation": code, "new_password": "123", "again": "123"})
    assert weak.status_code == 422
    assert "密码至少需要 12 个字符" in weak.text
    assert code in weak.text
    other = client.post(reverse(START), {"invitation": code} | CHOSEN | {"again": "another"})
    assert other.status_code == 422
    assert client.post(reverse(START), {"invitation": code} | CHOSEN).status_code == 302


def test_guesses_from_one_address_are_counted(city):
    code, __ = invitations.invite(actor=city.actor(city.a.director), user=city.a.carer)
    for number in range(20):
        assert Client().post(reverse(START), {"invitation": f"WRONG-{number}"}).status_code == 422

    assert Client().post(reverse(START), {"invitation": code}).status_code == 422
    elsewhere = Client().post(reverse(START), {"invitation": code}, REMOTE_ADDR="198.51.100.7")
    assert elsewhere.status_code == 200


def test_who_is_signed_in_leaves_first(city, director):
    code = code_on(director.post(staff_page(city.a.carer)))

    page = director.post(reverse(START), {"invitation": code} | CHOSEN)

    assert f"您已以{city.a.director.name}的身份登录" in page.text
    assert Invitation.objects.exists()


def test_people_of_another_nursery_are_not_there(city, director):
    assert director.post(staff_page(city.b.carer)).status_code == 404
    assert director.post(guardian_page(city.b.guardian)).status_code == 404
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("elsewhere", ["oversight", "another nursery", "a child elsewhere"])
def test_who_is_also_somewhere_else_is_for_the_administrator(city, director, elsewhere):
    guardian = city.a.guardian
    if elsewhere == "oversight":
        RegionPostFactory(user=guardian, region=city.region, role=Role.AUDITOR)
    elif elsewhere == "another nursery":
        MembershipFactory(user=guardian, institution=city.b.institution, role=Role.CARER)
    else:
        sibling = ChildFactory()
        GuardianshipFactory(user=guardian, child=sibling)
        EnrolmentFactory(class_group=city.b.small, child=sibling)

    held = guardian.guardianships.get(child__in=city.a.children)
    page = reverse("nursery:guardian-invite", args=[held.child_id, held.pk])
    assert director.post(page).status_code == 409
    assert not Invitation.objects.exists()


def test_a_child_that_left_the_other_nursery_is_no_reason(city, director):
    sibling = ChildFactory()
    GuardianshipFactory(user=city.a.guardian, child=sibling)
    gone = today() - dt.timedelta(days=20)
    EnrolmentFactory(
        class_group=city.b.small, child=sibling, during=(gone - dt.timedelta(days=90), gone)
    )
    held = city.a.guardian.guardianships.get(child__in=city.a.children)

    page = reverse("nursery:guardian-invite", args=[held.child_id, held.pk])
    assert director.post(page).status_code == 200


def test_a_clerk_invites_families_and_no_staff(city, signed_in):
    clerk = signed_in(city.a.clerk)

    assert clerk.post(guardian_page(city.a.guardian)).status_code == 200
    assert clerk.post(staff_page(city.a.carer)).status_code == 403
    GuardianshipFactory(user=city.a.director, child=city.a.children[1])
    assert clerk.post(guardian_page(city.a.director)).status_code == 409


def test_nobody_invites_oneself(city, director):
    assert director.post(staff_page(city.a.director)).status_code == 409


def test_after_five_minutes_the_director_is_asked_again(city, signed_in, clock):
    client = signed_in(city.a.director)
    clock.shift(360)

    assert client.post(staff_page(city.a.carer)).status_code == 403
    assert not Invitation.objects.exists()


def test_the_administrator_helps_anybody_of_the_region(city, signed_in):
    client = signed_in(city.admin)
    typed = {"person": city.regulator.username, "invite": "1"}

    code = code_on(client.post(reverse("portal:factor-reset"), typed))

    assert Client().post(reverse(START), {"invitation": code} | CHOSEN).status_code == 302
    own = {"person": city.admin.username, "invite": "1"}
    assert client.post(reverse("portal:factor-reset"), own).status_code == 422


def test_a_closed_account_stays_closed(city, director):
    code = code_on(director.post(staff_page(city.a.carer)))
    city.a.carer.is_active = False
    city.a.carer.save()

    assert Client().post(reverse(START), {"invitation": code} | CHOSEN).status_code == 422


def test_the_pages_say_who_has_never_signed_in(city, director):
    held = city.a.guardian.guardianships.get()
    page = reverse("nursery:child-page", args=[held.child_id])
    assert "忘记密码？重新生成邀请码" in director.get(page).text

    fresh = UserFactory(name="赵新")
    fresh.set_unusable_password()
    fresh.save()
    GuardianshipFactory(user=fresh, child=held.child)
    assert ">邀请</button>" in re.sub(r"<svg.*?</svg>", "", director.get(page).text)
