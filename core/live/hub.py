"""The per-process hub: one Redis connection, one subscription for each group that has members, one write per socket.

Channels keeps routing, authentication and the consumer's life; only the fan-out is here, because the channel layer
delivers a twentieth of it (docs/benchmarks.md).
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Coroutine

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error

from core import outbox, rls
from core.live import messages
from core.live.admission import Door, groups_of_sessions
from core.live.sockets import LiveSocket, frames
from core.live.wire import Hints, Lost, Subscription

REGION_EVERY_SECONDS = 1.0
RECHECK_EVERY_SECONDS = 30.0
RECHECK_SLICE = 50
CONNECT_SECONDS = 2.0
SUBSCRIBE_SECONDS = 1.0
PING_EVERY_SECONDS = 2.0
MAX_BACKOFF_SECONDS = 2.0
RESYNC_SLICE, RESYNC_PAUSE_SECONDS = (
    200,
    0.05,
)  # 10,000 browsers ask again over two and a half seconds
RELAY_SECONDS, RELAY_EVERY_SECONDS = 10.0, 1.0
SIGNED_OUT = 4401

logger = logging.getLogger(__name__)


class Throttle:
    """Lets the first hint through at once and then the latest one each `every` seconds."""

    def __init__(self, every: float, say: Callable[[bytes, list[bytes]], None]):
        self.every = every
        self.say = say
        self.waiting: dict[tuple[bytes, bytes], bytes | None] = {}

    def put(self, channel: bytes, text: bytes) -> None:
        key = channel, text.partition(b'"group"')[0]
        if key in self.waiting:
            self.waiting[key] = text
        else:
            self._say(key, text)

    def _say(self, key: tuple[bytes, bytes], text: bytes) -> None:
        self.waiting[key] = None
        self.say(key[0], [text])
        asyncio.get_running_loop().call_later(self.every, self._next, key)

    def _next(self, key: tuple[bytes, bytes]) -> None:
        if text := self.waiting.pop(key):
            self._say(key, text)


class Hub:
    def __init__(self, url: str):
        self.url = url
        self.rooms: dict[bytes, set[LiveSocket]] = {}
        self.sockets: set[LiveSocket] = set()
        self.per_user: Counter[int] = Counter()
        self.door = Door()
        self.subscription: Subscription | None = None
        self.up = asyncio.Event()
        self.missed = False  # something may have been said while Redis was away
        self.regions = Throttle(REGION_EVERY_SECONDS, self._fan_out)
        self.loop = asyncio.get_running_loop()
        self.tasks = [
            self.loop.create_task(work()) for work in (self._keep_subscribed, self._keep_checking)
        ]
        self.aside: set[asyncio.Task] = set()

    def has_room_for(self, user_id: int) -> bool:
        return self.per_user[user_id] < settings.SOCKETS_PER_USER

    async def join(self, socket: LiveSocket) -> None:
        """From now on the socket hears its groups. Waits for Redis to acknowledge them, but a second at most."""
        socket.checked_at = self.loop.time()
        self.sockets.add(socket)
        self.per_user[socket.user_id] += 1
        new = []
        for channel in socket.channels:
            if channel not in self.rooms:
                self.rooms[channel] = set()
                new.append(channel)
            self.rooms[channel].add(socket)
        if self.subscription is not None:
            self.subscription.subscribe(new)
        await self._acknowledged(socket)

    def leave(self, socket: LiveSocket) -> None:
        if socket not in self.sockets:
            return
        self.sockets.discard(socket)
        self.per_user[socket.user_id] -= 1
        if not self.per_user[socket.user_id]:
            del self.per_user[socket.user_id]
        for channel in socket.channels:
            members = self.rooms[channel]
            members.discard(socket)
            if not members:
                del self.rooms[channel]
                if self.subscription is not None:
                    self.subscription.unsubscribe(channel)

    async def close(self) -> None:
        tasks = [*self.tasks, *self.aside]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._disconnected()

    def on_hints(self, hints: Hints) -> None:
        """What one read from Redis brought; what of it goes to one socket is one write."""
        rooms: dict[bytes, list[bytes]] = {}
        for channel, text in hints:
            if channel.startswith(b"live:region."):
                self.regions.put(channel, text)
            elif text.startswith(messages.ACTOR_CHANGED_START):
                self._check_soon(list(self.rooms.get(channel, ())))
            else:
                rooms.setdefault(channel, []).append(text)
        for channel, texts in rooms.items():
            self._fan_out(channel, texts)

    def _fan_out(self, channel: bytes, texts: list[bytes]) -> None:
        if members := self.rooms.get(channel):
            encoded = frames(texts)
            for socket in tuple(members):
                socket.push_frames(encoded, texts)

    async def _acknowledged(self, socket: LiveSocket) -> None:
        try:
            await asyncio.wait_for(self.up.wait(), SUBSCRIBE_SECONDS)
        except TimeoutError:
            self.missed = True
            return
        if self.subscription is None:  # lost again meanwhile
            self.missed = True
            return
        waiting = self.subscription.unanswered(socket.channels)
        if not waiting:
            return
        _, late = await asyncio.wait(waiting, timeout=SUBSCRIBE_SECONDS)
        if late:
            asyncio.gather(*late).add_done_callback(lambda _: socket.push(messages.RESYNC))

    async def _keep_subscribed(self) -> None:
        pause = 0.1
        while True:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    subscription = await self._connect()
                pause = 0.1
                if self.missed:
                    self.missed = False
                    self._do_aside(self._relay_for_a_while())
                    await self._say_resync()
                await subscription.watch(PING_EVERY_SECONDS)
            except (OSError, TimeoutError, Lost) as reason:
                logger.warning("live hub without Redis", extra={"reason": str(reason)})
            except (
                Exception
            ):  # whatever it was, a hub that stopped trying would be deaf until restarted
                logger.exception("live hub")
            self.missed = True
            self._disconnected()
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 -- spreads processes, guards nothing
            pause = min(pause * 2, MAX_BACKOFF_SECONDS)

    async def _connect(self) -> Subscription:
        subscription = await Subscription.open(self.url, self.on_hints)
        self.subscription = subscription
        subscription.subscribe(self.rooms)
        answers = await asyncio.gather(*subscription.unanswered(self.rooms))
        if not all(answers):
            raise Lost("while subscribing")
        self.up.set()
        return subscription

    def _disconnected(self) -> None:
        self.up.clear()
        if self.subscription is not None:
            self.subscription.abort(Lost("given up"))
            self.subscription = None

    async def _say_resync(self) -> None:
        sockets = list(self.sockets)
        for start in range(0, len(sockets), RESYNC_SLICE):
            for socket in sockets[start : start + RESYNC_SLICE]:
                socket.push(messages.RESYNC)
            await asyncio.sleep(RESYNC_PAUSE_SECONDS)

    async def _relay_for_a_while(self) -> None:
        """Web processes may rest from Redis some seconds more, and the workers that relay may not have found it again.

        What is written in these seconds is told from here. Batches, for admission waits for the same thread.
        """
        until = self.loop.time() + RELAY_SECONDS
        while self.loop.time() < until:
            try:
                sent = await database_sync_to_async(_relay_batch)()
            except Error:
                logger.warning("outbox not relayed: no database")
                sent = 0
            if sent < outbox.RELAY_BATCH:
                await asyncio.sleep(RELAY_EVERY_SECONDS)

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_EVERY_SECONDS / 30)
            due = self.loop.time() - RECHECK_EVERY_SECONDS
            sockets = [socket for socket in self.sockets if socket.checked_at <= due]
            for start in range(0, len(sockets), RECHECK_SLICE):
                await self._check(sockets[start : start + RECHECK_SLICE])

    def _check_soon(self, sockets: list[LiveSocket]) -> None:
        self._do_aside(self._check(sockets))

    def _do_aside(self, work: Coroutine) -> None:
        task = self.loop.create_task(work)
        self.aside.add(task)
        task.add_done_callback(self.aside.discard)

    async def _check(self, sockets: list[LiveSocket]) -> None:
        """Close what is no longer signed in, or would hear other groups if it came anew."""
        for socket in sockets:
            socket.checked_at = self.loop.time()
        try:
            groups = await database_sync_to_async(groups_of_sessions)(
                {s.session_key for s in sockets}
            )
        except Error:
            logger.warning("live sockets not checked: no database")  # hints alone tell nothing
            return
        for socket in sockets:
            if groups[socket.session_key] != socket.groups:
                socket.end(SIGNED_OUT)


@rls.system("task: relay when Redis is back")
def _relay_batch() -> int:
    return outbox.relay_batch()


_hub: Hub | None = None


def current() -> Hub:
    """The hub of this process, started by the first socket in the loop that serves them."""
    global _hub  # noqa: PLW0603 -- one per process is the point
    if _hub is None or _hub.loop is not asyncio.get_running_loop():
        _hub = Hub(settings.REDIS_URL)
    return _hub
