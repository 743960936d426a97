"""One Redis connection in subscribe mode, read as an asyncio protocol.

redis-py's asyncio pubsub wakes a task for each message; here all that one read brought is parsed by hiredis and handed
on in one go.
"""

import asyncio
import ssl
from collections.abc import Callable, Iterable
from typing import cast

import hiredis
from redis.connection import parse_url

from core.redis import pack

Hints = list[tuple[bytes, bytes]]
OnHints = Callable[[Hints], None]


class Lost(Exception):
    """The connection to Redis is gone or refuses to work."""


class Subscription(asyncio.Protocol):
    def __init__(self, on_hints: OnHints):
        self.on_hints = on_hints
        self.reader = hiredis.Reader()
        self.pending: dict[bytes, asyncio.Future[bool]] = {}
        self.transport: asyncio.Transport | None = None
        self.closed = asyncio.get_running_loop().create_future()
        self.heard = False

    @classmethod
    async def open(cls, url: str, on_hints: OnHints) -> "Subscription":
        loop = asyncio.get_running_loop()
        options = parse_url(url)
        if path := options.get("path"):
            _, self = await loop.create_unix_connection(lambda: cls(on_hints), path)
        else:
            secure = ssl.create_default_context() if url.startswith("rediss:") else None
            host, port = options.get("host", "localhost"), options.get("port", 6379)
            _, self = await loop.create_connection(lambda: cls(on_hints), host, port, ssl=secure)
        if password := options.get("password"):
            user = options.get("username") or "default"
            self.send(b"AUTH", user.encode(), password.encode())
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # a stream's

    def data_received(self, data: bytes) -> None:
        self.heard = True
        hints: Hints = []
        self.reader.feed(data)
        while (reply := self.reader.gets()) is not False:
            if isinstance(reply, hiredis.ReplyError):
                self.abort(Lost(str(reply)))
            elif isinstance(reply, list) and reply[0] == b"message":
                hints.append((reply[1], reply[2]))
            elif isinstance(reply, list) and reply[0] == b"subscribe":
                self._subscribed(reply[1])
        if hints:
            self.on_hints(hints)

    def connection_lost(self, exc: Exception | None) -> None:
        self.abort(Lost(str(exc or "closed by Redis")))

    def send(self, *parts: bytes) -> None:
        if self.transport is not None and not self.closed.done():
            self.transport.write(pack(parts))

    def subscribe(self, channels: Iterable[bytes]) -> None:
        channels = list(channels)
        loop = asyncio.get_running_loop()
        for channel in channels:
            self.pending.setdefault(channel, loop.create_future())
        if channels:
            self.send(b"SUBSCRIBE", *channels)

    def unanswered(self, channels: Iterable[bytes]) -> set[asyncio.Future[bool]]:
        """What Redis has not acknowledged yet; each future becomes True when it does, False when it is lost."""
        return {self.pending[channel] for channel in channels if channel in self.pending}

    def unsubscribe(self, channel: bytes) -> None:
        self.send(b"UNSUBSCRIBE", channel)

    async def watch(self, every: float) -> None:
        """Ping until Redis stays silent for `every` seconds or the connection is lost, then raise Lost."""
        while True:
            self.heard = False
            self.send(b"PING")
            done, _ = await asyncio.wait({self.closed}, timeout=every)
            if done:
                raise self.closed.result()
            if not self.heard:
                self.abort(Lost("silent"))

    def abort(self, reason: Lost) -> None:
        if not self.closed.done():
            self.closed.set_result(reason)
        for future in self.pending.values():
            _settle(future, answer=False)
        self.pending.clear()
        if self.transport is not None:
            self.transport.abort()

    def _subscribed(self, channel: bytes) -> None:
        if future := self.pending.pop(channel, None):
            _settle(future, answer=True)


def _settle(future: asyncio.Future[bool], *, answer: bool) -> None:
    """Whoever waited may have given up and cancelled it."""
    if not future.done():
        future.set_result(answer)
