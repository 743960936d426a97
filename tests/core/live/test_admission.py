"""Who is let in, asked for many at once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.db import InterfaceError, OperationalError
from websockets.exceptions import InvalidStatus

from core.live import admission
from core.live.admission import NOBODY, Door, Guest, groups_of_sessions, guests_of
from core.models import User
from core.permissions import Role
from tests.core.live.conftest import knock
from tests.core.live.test_consumer import heard


@pytest.fixture
def session_of(acting, signed_in):
    """session_of(name) is the key of a session of a guardian of that name, of child 7."""

    def sign_in(name: str) -> str:
        actor = acting(name, Role.GUARDIAN, child_ids=frozenset({7}))
        return signed_in(User.objects.get(pk=actor.user_id)).session.session_key

    return sign_in


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_three_statements_answer_for_all(session_of, count, django_assert_num_queries):
    keys = [session_of(f"guardian-{n}") for n in range(count)]
    with django_assert_num_queries(3):
        guests = guests_of([(key, "") for key in keys])

    assert [len(guest.groups) for guest in guests] == [2] * count


@pytest.mark.django_db
@pytest.mark.parametrize(
    "key", ["", "nosuchsession", "\0", "a\0" * 16, "'; --", "é", "１２３４５６７８"]
)
def test_a_hostile_cookie_is_nobodys_and_harms_nobody_beside_it(session_of, key):
    mine = session_of("guardian")
    before, good, after = guests_of([(key, "\0"), (mine, ""), (key, "1.\0")])

    assert (before, after) == (NOBODY, NOBODY)
    assert "child.7" in good.groups


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("part", "value"),
    [
        (BACKEND_SESSION_KEY, "django.contrib.auth.backends.ModelBackend"),
        (HASH_SESSION_KEY, "0" * 64),
        (HASH_SESSION_KEY, ""),
    ],
)
def test_a_session_must_be_whole(acting, signed_in, part, value):
    actor = acting("guardian", Role.GUARDIAN, child_ids=frozenset({7}))
    session = signed_in(User.objects.get(pk=actor.user_id)).session
    assert groups_of_sessions([session.session_key])[session.session_key]

    session[part] = value
    session.save()

    assert groups_of_sessions([session.session_key])[session.session_key] == frozenset()


@pytest.mark.django_db
def test_a_session_signed_with_the_key_before_still_counts(session_of, settings):
    key, before = session_of("guardian"), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 9, [before]
    assert groups_of_sessions([key])[key]

    settings.SECRET_KEY_FALLBACKS = []
    assert not groups_of_sessions([key])[key]


@pytest.mark.asyncio
async def test_who_comes_while_others_are_answered_is_asked_for_together(monkeypatch):
    asked = []

    def guests(knocks):
        asked.append(len(knocks))
        return [Guest(int(key), frozenset({key})) for key, _cookie in knocks]

    monkeypatch.setattr(admission, "guests_of", guests)
    door = Door()
    first = asyncio.create_task(door.ask("1", ""))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = await asyncio.gather(*(door.ask(str(n), "") for n in range(2, 302)))

    assert (await first).user_id == 1
    assert [guest.user_id for guest in others] == list(range(2, 302))
    assert asked == [1, 100, 100, 100]


@pytest.mark.asyncio
async def test_who_left_while_waiting_is_not_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr(
        admission,
        "guests_of",
        lambda knocks: [asked.append(key) or NOBODY for key, _cookie in knocks],
    )
    door = Door()
    gone, stays = (asyncio.create_task(door.ask(key, "")) for key in ("gone", "stays"))
    await asyncio.sleep(0)
    gone.cancel()

    assert await stays == NOBODY
    assert asked == ["stays"]


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", [OperationalError, InterfaceError, ValueError])
async def test_without_a_database_nobody_waits_and_the_next_are_let_in(monkeypatch, fault):
    def broken(knocks):
        raise fault("gone")

    door = Door()
    monkeypatch.setattr(admission, "guests_of", broken)
    assert await asyncio.gather(door.ask("1", ""), door.ask("2", "")) == [NOBODY, NOBODY]

    guest = Guest(1, frozenset({"user.1"}))
    monkeypatch.setattr(admission, "guests_of", lambda knocks: [guest for _knock in knocks])
    assert await door.ask("1", "") == guest


def test_fifty_come_at_once(monkeypatch, live, session_of):
    asked = []
    guests_of = admission.guests_of
    monkeypatch.setattr(
        admission, "guests_of", lambda knocks: asked.append(len(knocks)) or guests_of(knocks)
    )
    keys = [session_of(f"guardian-{n}") for n in range(45)] + ["nosuchsession"] * 5

    def come(key: str):
        try:
            with knock(live, key) as socket:
                socket.send("ping")
                return heard(socket)["topic"]
        except InvalidStatus as refused:
            return refused.response.status_code

    with ThreadPoolExecutor(50) as browsers:
        assert list(browsers.map(come, keys)) == ["pong"] * 45 + [403] * 5

    assert sum(asked) == 50
    assert len(asked) < 50
