import contextlib
import json
import time

import pytest
from django.db import transaction
from websockets.exceptions import ConnectionClosed, InvalidStatus

from core import realtime
from core.live import hub
from core.models import User
from core.permissions import Role
from tests.core.live.conftest import knock


def announce(*groups, topic="daily-log", cursor="1"):
    with transaction.atomic():
        realtime.announce(topic=topic, groups=groups, cursor=cursor)


def heard(socket, seconds=10.0):
    return json.loads(socket.recv(seconds))


def silent(socket):
    with pytest.raises(TimeoutError):
        socket.recv(0.3)
    return True


def close_code(socket, seconds=10.0):
    with contextlib.suppress(ConnectionClosed):
        while True:
            socket.recv(seconds)
    return socket.close_code


def test_a_hint_reaches_its_group_and_nobody_else(acting, guardian, listen):
    mine, other = listen(guardian), listen(acting("other", Role.GUARDIAN, child_ids=frozenset({8})))

    announce("child.7", cursor="812")

    assert heard(mine) == {"topic": "daily-log", "group": "child.7", "cursor": "812"}
    assert silent(other)


def test_hints_come_in_order_and_once(guardian, listen):
    socket = listen(guardian)

    for number in range(50):
        announce("child.7", "user.404", cursor=str(number))

    assert [heard(socket)["cursor"] for _ in range(50)] == [str(number) for number in range(50)]
    assert silent(socket)


def test_rolled_back_work_is_not_heard(guardian, listen):
    socket = listen(guardian)

    with transaction.atomic():
        realtime.announce(topic="daily-log", groups=["child.7"])
        transaction.set_rollback(True)

    assert silent(socket)


def test_a_long_hint_is_one_whole_frame(guardian, listen):
    socket = listen(guardian)

    realtime.hint(topic="t" * 300, groups=["child.7"])

    assert heard(socket)["topic"] == "t" * 300


def test_a_visitor_is_refused(live):
    with pytest.raises(InvalidStatus) as refused:
        knock(live, "nosuchsession")

    assert refused.value.response.status_code == 403


def test_a_person_without_a_post_is_refused(live, signed_in, posts):
    stranger = User.objects.create_user("stranger", name="Stranger")

    with pytest.raises(InvalidStatus) as refused:
        knock(live, signed_in(stranger).session.session_key)

    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "origin", ["http://elsewhere.example", "null", "http://localhost.elsewhere.example"]
)
def test_another_origin_is_refused(live, guardian, signed_in, origin):
    session_key = signed_in(User.objects.get(pk=guardian.user_id)).session.session_key

    with pytest.raises(InvalidStatus) as refused:
        knock(live, session_key, Origin=origin)

    assert refused.value.response.status_code == 403


def test_another_path_is_refused(live, guardian, signed_in):
    session_key = signed_in(User.objects.get(pk=guardian.user_id)).session.session_key
    live_address = type(live).address.fget(live)

    with pytest.raises(InvalidStatus) as refused:
        knock(type("Elsewhere", (), {"address": live_address + "more/"}), session_key)

    assert refused.value.response.status_code == 403


def test_the_sixth_socket_of_a_user_is_refused_until_one_closes(guardian, listen, settings):
    sockets = [listen(guardian) for _ in range(settings.SOCKETS_PER_USER)]
    with pytest.raises(InvalidStatus):
        listen(guardian)

    sockets[0].close()
    time.sleep(0.2)

    assert listen(guardian).close_code is None


def test_ping_is_answered(guardian, listen):
    socket = listen(guardian)

    socket.send("ping")

    assert heard(socket) == {"topic": "pong"}


def test_a_frame_over_16_kb_ends_the_socket(guardian, listen):
    socket = listen(guardian)

    socket.send("x" * (16 * 1024 + 1))

    assert close_code(socket) == 1009


def test_talking_too_much_ends_the_socket(guardian, listen):
    socket = listen(guardian)

    for _ in range(21):
        socket.send("hello")

    assert close_code(socket) == 4429


def test_a_closed_account_loses_its_socket_at_once_when_told(guardian, listen):
    socket = listen(guardian)

    User.objects.filter(pk=guardian.user_id).update(is_active=False)
    realtime.actor_changed(guardian.user_id)

    assert close_code(socket) == 4401


def test_an_unchanged_actor_keeps_the_socket_when_looked_at(guardian, listen):
    socket = listen(guardian)

    realtime.actor_changed(guardian.user_id)
    announce("child.7")

    assert heard(socket)["group"] == "child.7"


@pytest.mark.parametrize("change", ["signed out", "closed", "password", "another child"])
def test_a_change_nobody_told_of_is_found_by_looking_again(
    monkeypatch, guardian, posts, live, signed_in, change
):
    monkeypatch.setattr(hub, "RECHECK_EVERY_SECONDS", 0.6)
    user = User.objects.get(pk=guardian.user_id)
    browser = signed_in(user)
    with knock(live, browser.session.session_key) as socket:
        if change == "signed out":
            browser.logout()
        elif change == "closed":
            User.objects.filter(pk=user.pk).update(is_active=False)
        elif change == "password":
            user.set_password("another one")
            user.save()
        else:
            posts[user.pk] = type(guardian)(
                user_id=user.pk, role=guardian.role, child_ids=frozenset({7, 9})
            )

        assert close_code(socket) == 4401
