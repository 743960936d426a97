import asyncio
import os
import signal
import socket
import time

import pytest

from core import outbox, realtime, redis
from core.live import hub, sockets
from core.live.hub import Throttle
from core.live.sockets import PlainSocket
from core.models import OutboxMessage, User
from core.permissions import Role
from core.servers.redis import Redis
from tests.core.live.test_consumer import announce, heard, silent


def wait_for(condition, seconds=20.0):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    assert condition()


def test_a_restarted_redis_makes_every_browser_ask_again(guardian, listen, own_redis: Redis):
    mine = listen(guardian)

    own_redis.process.kill()
    own_redis.process.wait()
    time.sleep(0.2)
    own_redis.launch()

    assert heard(mine, 20) == {"topic": "resync"}
    redis.breaker.failed = 0
    assert realtime.hint(topic="daily-log", groups=["child.7"])
    assert heard(mine)["group"] == "child.7"


def test_a_frozen_redis_is_noticed_and_made_up_for(monkeypatch, guardian, listen, own_redis: Redis):
    monkeypatch.setattr(hub, "PING_EVERY_SECONDS", 0.3)
    mine = listen(guardian)

    os.kill(own_redis.process.pid, signal.SIGSTOP)
    wait_for(lambda: hub._hub.subscription is None or not hub._hub.up.is_set())
    os.kill(own_redis.process.pid, signal.SIGCONT)

    assert heard(mine, 20) == {"topic": "resync"}


def test_a_redis_frozen_while_the_hub_connects_again_is_made_up_for(
    monkeypatch, guardian, listen, own_redis: Redis
):
    """The wait for its answers is given up in the middle, again and again; the hub must not end with it."""
    monkeypatch.setattr(hub, "PING_EVERY_SECONDS", 0.3)
    monkeypatch.setattr(hub, "CONNECT_SECONDS", 0.3)
    attempts, connect = [], hub.Hub._connect

    async def counted(self):
        attempts.append(1)
        return await connect(self)

    monkeypatch.setattr(hub.Hub, "_connect", counted)
    mine = listen(guardian)
    before = len(attempts)

    os.kill(own_redis.process.pid, signal.SIGSTOP)
    wait_for(lambda: len(attempts) >= before + 3)
    os.kill(own_redis.process.pid, signal.SIGCONT)

    assert heard(mine, 20) == {"topic": "resync"}
    redis.breaker.failed = 0
    assert realtime.hint(topic="daily-log", groups=["child.7"])
    assert heard(mine)["group"] == "child.7"


def test_what_a_resting_process_says_is_relayed_as_soon_as_redis_is_back(
    monkeypatch, guardian, listen, own_redis: Redis
):
    """No worker runs here, and the breaker of this process rests on after Redis is there again."""
    monkeypatch.setattr(outbox, "GRACE_SECONDS", 0.5)
    mine = listen(guardian)
    own_redis.process.kill()
    own_redis.process.wait()
    wait_for(lambda: not hub._hub.up.is_set())
    own_redis.launch()
    assert heard(mine, 20) == {"topic": "resync"}

    monkeypatch.setattr(realtime, "hint", lambda **_kwargs: False)
    announce("child.7")

    assert heard(mine, 5)["group"] == "child.7"
    wait_for(lambda: not OutboxMessage.objects.exists(), 5)


def test_a_socket_opened_without_redis_is_told_to_ask_again(guardian, listen, own_redis: Redis):
    own_redis.process.kill()
    own_redis.process.wait()

    mine = listen(guardian)
    assert silent(mine)
    own_redis.launch()

    assert heard(mine, 20) == {"topic": "resync"}


def test_subscriptions_last_as_long_as_their_members(guardian, listen, own_redis: Redis):
    def subscribed():
        return redis.call([b"PUBSUB", b"NUMSUB", b"live:child.7"])[0][1]

    first, second = listen(guardian), listen(guardian)
    assert subscribed() == 1

    first.close()
    time.sleep(0.2)
    assert subscribed() == 1
    second.close()

    wait_for(lambda: subscribed() == 0)
    assert not hub._hub.sockets
    assert not hub._hub.per_user


def test_a_client_that_does_not_read_is_dropped_and_the_others_are_not(
    monkeypatch, acting, guardian, live, signed_in, listen
):
    monkeypatch.setattr(sockets, "GIVE_UP_SECONDS", 0.2)
    lazy = never_reading(live, signed_in(User.objects.get(pk=guardian.user_id)).session.session_key)
    other = acting("other", Role.GUARDIAN, child_ids=frozenset({8}))
    busy = listen(other)

    wait_until = time.monotonic() + 20
    while len(hub._hub.sockets) == 2 and time.monotonic() < wait_until:
        realtime.hint(topic="t" * 60_000, groups=["child.7"])

    assert [socket.groups for socket in hub._hub.sockets] == [
        {"child.8", f"user.{busy_user(busy)}"}
    ]
    announce("child.8")
    assert heard(busy)["group"] == "child.8"
    lazy.close()


def busy_user(_socket) -> int:
    return next(iter(hub._hub.per_user))


def never_reading(live, session_key) -> socket.socket:
    host, port = live.address.removeprefix("ws://").partition("/")[0].split(":")
    lazy = socket.create_connection((host, int(port)))
    lazy.sendall(
        f"GET /ws/live/ HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nCookie: sessionid={session_key}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    assert b" 101 " in lazy.recv(4096)
    return lazy


@pytest.mark.asyncio
async def test_region_hints_are_merged_to_the_first_and_then_the_latest():
    said = []
    throttle = Throttle(0.2, lambda channel, texts: said.append((channel, texts)))

    for number in range(5):
        throttle.put(
            b"live:region.3708", b'{"topic":"a","group":"region.3708","cursor":"%d"}' % number
        )
    throttle.put(b"live:region.3708", b'{"topic":"b","group":"region.3708","cursor":"9"}')
    throttle.put(b"live:region.3709", b'{"topic":"a","group":"region.3709","cursor":"9"}')
    assert len(said) == 3

    await asyncio.sleep(0.3)
    assert len(said) == 4
    assert b'"cursor":"4"' in said[3][1][0]

    await asyncio.sleep(0.3)
    assert len(said) == 4
    assert not throttle.waiting


@pytest.mark.asyncio
async def test_a_plain_socket_keeps_order_and_is_dropped_when_full():
    sent, ended, gate = [], [], asyncio.Event()

    async def send(message):
        await gate.wait()
        sent.append(message["text"])

    plain = PlainSocket(
        send=send, user_id=1, groups=frozenset({"user.1"}), session_key="s", end=ended.append
    )
    plain.push(b"early")
    assert plain.sender is None
    plain.opened()
    for number in range(3):
        plain.push(b"%d" % number)
    gate.set()
    await plain.sender
    assert sent == ["early", "0", "1", "2"]

    gate.clear()
    for _ in range(sockets.MAX_WAITING + 2):
        plain.push(b"x")
    assert ended == [sockets.TOO_SLOW]
    assert not plain.waiting
    await asyncio.gather(plain.sender, return_exceptions=True)
