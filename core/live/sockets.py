"""One browser's socket as the hub sees it: something to push a text frame to.

uvicorn's `send` builds a message, a frame and a list of buffers for each socket. The frame of a hint is the same for
everybody, so where the server is uvicorn's sans-I/O protocol it is encoded once (RFC 6455: text, unmasked, one
piece) and written to each transport; anywhere else the ASGI `send` is used.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from core.live.messages import CHANNEL_PREFIX

FAST_PROTOCOLS: tuple[type, ...] = ()
with contextlib.suppress(ImportError):  # another ASGI server
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    FAST_PROTOCOLS = (WebSocketsSansIOProtocol,)

MAX_WAITING = 256
TOO_SLOW = 4408
GIVE_UP_SECONDS = 5


def frames(texts: list[bytes]) -> bytes:
    return b"".join([_head(len(text)) + text for text in texts])


def _head(length: int) -> bytes:
    if length < 126:
        return bytes((0x81, length))
    return b"\x81\x7e" + length.to_bytes(2, "big")


class LiveSocket:
    """Keeps what comes before the handshake is answered; drops a client that does not read."""

    __slots__ = ("checked_at", "early", "end_with", "groups", "is_open", "session_key", "user_id")

    def __init__(
        self, *, user_id: int, groups: frozenset[str], session_key: str, end: Callable[[int], None]
    ):
        self.user_id = user_id
        self.groups = groups
        self.session_key = session_key
        self.end_with = end
        self.checked_at = 0.0
        self.early: list[bytes] | None = []
        self.is_open = True

    @property
    def channels(self) -> list[bytes]:
        return [CHANNEL_PREFIX + group.encode() for group in self.groups]

    def opened(self) -> None:
        early, self.early = self.early, None
        if early:
            self.push_frames(frames(early), early)

    def push(self, text: bytes) -> None:
        self.push_frames(frames([text]), [text])

    def push_frames(self, encoded: bytes, texts: list[bytes]) -> None:
        raise NotImplementedError

    def end(self, code: int) -> None:
        if self.is_open:
            self.is_open = False
            self.end_with(code)


class FastSocket(LiveSocket):
    __slots__ = ("protocol", "transport")

    def __init__(self, *, protocol, **kwargs):
        super().__init__(**kwargs)
        self.protocol = protocol
        self.transport = protocol.transport

    def opened(self) -> None:
        self.protocol.request = self.protocol.response = (
            None  # 4 KB of headers nobody reads after the handshake
        )
        super().opened()

    def push_frames(self, encoded: bytes, texts: list[bytes]) -> None:
        if self.early is not None:
            self.early.extend(texts)
        elif not self.is_open or self.protocol.close_sent or self.transport.is_closing():
            return
        elif self.protocol.writable.is_set():
            self.transport.write(encoded)
        else:
            self.end(TOO_SLOW)

    def end(self, code: int) -> None:
        super().end(code)
        asyncio.get_running_loop().call_later(GIVE_UP_SECONDS, self.transport.abort)


class PlainSocket(LiveSocket):
    __slots__ = ("send", "sender", "waiting")

    def __init__(self, *, send, **kwargs):
        super().__init__(**kwargs)
        self.send = send
        self.waiting: deque[bytes] = deque()
        self.sender: asyncio.Task | None = None

    def push_frames(self, encoded: bytes, texts: list[bytes]) -> None:
        if self.early is not None:
            self.early.extend(texts)
        elif not self.is_open:
            return
        elif len(self.waiting) >= MAX_WAITING:
            self.end(TOO_SLOW)
        else:
            self.waiting.extend(texts)
            if self.sender is None or self.sender.done():
                self.sender = asyncio.create_task(self._drain())

    def end(self, code: int) -> None:
        self.waiting.clear()
        if self.sender is not None:
            self.sender.cancel()
        super().end(code)

    async def _drain(self) -> None:
        while self.waiting:
            await self.send({"type": "websocket.send", "text": self.waiting.popleft().decode()})


def socket_for(send, **kwargs) -> LiveSocket:
    protocol = getattr(send, "__self__", None)
    if isinstance(protocol, FAST_PROTOCOLS):
        return FastSocket(protocol=protocol, **kwargs)
    return PlainSocket(send=send, **kwargs)
