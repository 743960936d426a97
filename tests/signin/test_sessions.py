"""Sessions: listed, ended one by one or all at once, and over by themselves. N1's HTTP half."""

import pytest
from django.contrib.auth import get_user
from django.core.management import CommandError, call_command
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from core.live.admission import groups_of_sessions
from core.models import ApiToken, AuditEvent, Factor, Session
from core.signin import tokens
from core.signin.guesses import PASSWORD as PASSWORD_LIMIT
from core.signin.sessions import end_everything, forget_ended
from portal.display import handle_of
from tests.factories.core import PASSWORD
from tests.signin.conftest import give_app

pytestmark = pytest.mark.django_db
DESK, TOUCH, FAMILY = "nursery:today", "nursery:board", "family:day"
MINUTE, HOUR, DAY = 60, 3600, 86400


def inside(client: Client, page: str) -> bool:
    response = client.get(reverse(page))
    return response.status_code != 302 or not response.url.startswith(reverse("portal:sign-in"))


def socket_groups(client: Client) -> frozenset[str]:
    key = client.session.session_key
    return groups_of_sessions([key])[key]


def test_my_sessions_are_listed_and_this_one_is_marked(city, signed_in):
    here, there = signed_in(city.a.director), signed_in(city.a.director)
    signed_in(city.b.director)
    rows = here.get(reverse("portal:account")).context["sessions"]

    assert [row.here for row in rows] == [True, False]
    assert rows[1].handle == handle_of(there.session.session_key)
    assert there.session.session_key not in here.get(reverse("portal:account")).content.decode()


def test_one_is_ended_and_the_others_go_on(city, signed_in):
    here, there, third = (signed_in(city.a.director) for _ in range(3))
    here.post(reverse("portal:session-end", args=[handle_of(there.session.session_key)]))

    assert [inside(client, DESK) for client in (here, there, third)] == [True, False, True]
    assert AuditEvent.objects.filter(action="session.ended").count() == 1


def test_nobody_ends_a_session_of_somebody_else(city, signed_in):
    here, other = signed_in(city.a.director), signed_in(city.b.director)
    handle = handle_of(other.session.session_key)

    assert here.post(reverse("portal:session-end", args=[handle])).status_code == 404
    assert inside(other, DESK)


def test_all_others_are_ended_with_tokens_and_sockets(city, signed_in):
    here, there = signed_in(city.a.director), signed_in(city.a.director)
    token = tokens.issue(user=city.a.director)
    assert socket_groups(there)
    old = there.session.session_key
    here.post(reverse("portal:sessions-end"))

    assert inside(here, DESK)
    assert not inside(there, DESK)
    assert groups_of_sessions([old])[old] == frozenset()
    assert socket_groups(here)
    assert tokens.holder(token) is None


def test_a_session_that_nobody_listed_dies_with_the_epoch(city, signed_in):
    client = signed_in(city.a.director)
    Session.objects.update(user=None)
    end_everything(actor=None, user=city.a.director, reason="test")

    assert Session.objects.exists()
    assert not inside(client, DESK)
    request = HttpRequest()
    request.session = client.session
    assert not get_user(request).is_authenticated


def test_a_new_password_ends_the_other_sessions(city, signed_in):
    here, there = signed_in(city.a.director), signed_in(city.a.director)
    typed = {"new_password": "seven green boats at noon", "again": "seven green boats at noon"}

    assert here.post(reverse("portal:password"), typed).url == reverse("portal:account")
    assert [inside(client, DESK) for client in (here, there)] == [True, False]
    city.a.director.refresh_from_db()
    assert city.a.director.check_password(typed["new_password"])


@pytest.mark.parametrize(
    ("new", "again"),
    [
        ("short", "short"),
        ("password1234", "password1234"),
        ("a-director-a", "a-director-a"),
        ("Tuoyu-Baobao-2026", "Tuoyu-Baobao-2026"),
        ("济宁托育云管理员2026!!!!", "济宁托育云管理员2026!!!!"),
        (PASSWORD, PASSWORD),
        ("seven green boats", "seven green goats"),
    ],
    ids=[
        "short",
        "common",
        "like the name",
        "words of here",
        "in Chinese",
        "the same",
        "typed differently",
    ],
)
def test_a_weak_password_is_refused(city, signed_in, new, again):
    client = signed_in(city.a.director)
    response = client.post(reverse("portal:password"), {"new_password": new, "again": again})

    assert response.status_code == 422
    city.a.director.refresh_from_db()
    assert city.a.director.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("who", "page", "pause", "life"),
    [
        ("director", DESK, 30 * MINUTE, 12 * HOUR),
        ("carer", TOUCH, 12 * HOUR, 7 * DAY),
        ("guardian", FAMILY, 30 * DAY, 90 * DAY),
    ],
)
class TestLimits:
    def test_a_pause_ends_it(self, city, signed_in, clock, who, page, pause, life):
        client = signed_in(getattr(city.a, who))
        clock.shift(pause - 1)
        assert inside(client, page)
        clock.shift(pause + 1)

        assert socket_groups(client) == frozenset()
        assert not inside(client, page)

    def test_use_does_not_prolong_its_life(self, city, signed_in, clock, who, page, pause, life):
        client = signed_in(getattr(city.a, who))
        passed = 0
        while passed + pause / 2 <= life:
            assert inside(client, page), passed
            clock.shift(pause / 2)
            passed += pause / 2
        clock.shift(1)

        assert socket_groups(client) == frozenset()
        assert not inside(client, page)


def test_a_page_that_refreshes_itself_does_not_keep_a_desk_open(city, signed_in, clock):
    client = signed_in(city.a.director)
    for _ in range(4):
        clock.shift(10 * MINUTE)
        client.get(reverse(DESK), headers={"Sec-Fetch-Dest": "empty"})

    assert not inside(client, DESK)


def test_the_strictest_post_decides(city, signed_in, clock):
    from tests.factories.institution import GuardianshipFactory  # noqa: PLC0415

    GuardianshipFactory(user=city.a.director, child=city.b.children[0])
    client = signed_in(city.a.director, post="guardian")
    clock.shift(31 * MINUTE)

    assert not inside(client, FAMILY)


def test_looking_twice_a_minute_writes_once(city, signed_in, clock):
    client = signed_in(city.a.director)
    start = Session.objects.get().seen_at
    clock.shift(30)
    inside(client, DESK)
    assert Session.objects.get().seen_at == start
    clock.shift(31)
    inside(client, DESK)

    assert (Session.objects.get().seen_at - start).total_seconds() == 61


def test_signing_out_leaves_nothing(city, signed_in):
    client = signed_in(city.a.director)
    client.post(reverse("portal:sign-out"))

    assert not Session.objects.filter(user=city.a.director).exists()
    assert not ApiToken.objects.exists()


def test_the_administrator_resets_a_lost_factor(city, signed_in, capsys):
    give_app(city.a.director)
    client = signed_in(city.a.director)
    call_command("reset_second_factor", "a-director")

    assert not Factor.objects.exists()
    assert not inside(client, DESK)
    assert AuditEvent.objects.filter(action="factor.reset").count() == 1
    with pytest.raises(CommandError):
        call_command("reset_second_factor", "nobody")


def test_what_is_over_is_forgotten_and_the_rest_is_kept(city, client, signed_in, clock):
    signed_in(city.a.guardian)
    client.get(reverse("portal:sign-in-paused"))  # a visitor's
    tokens.issue(user=city.a.director)
    PASSWORD_LIMIT.take("user-1")
    assert forget_ended() == 0
    clock.shift(25 * HOUR)

    assert forget_ended() == 3
    assert Session.objects.get().user == city.a.guardian
