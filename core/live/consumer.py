import asyncio
import contextlib
import time

from channels.exceptions import DenyConnection
from channels.generic.websocket import AsyncWebsocketConsumer

from core.live import hub
from core.live.admission import NOBODY
from core.live.messages import PONG
from core.live.sockets import LiveSocket, socket_for

MAX_FRAME = 16 * 1024
MAX_MESSAGES, PER_SECONDS = 20, 10
FRAME_TOO_BIG = 1009
TOO_MANY = 4429


class LiveConsumer(AsyncWebsocketConsumer):
    """A signed-in person's socket: it hears hints for the person's groups and says nothing but "ping"."""

    socket: LiveSocket | None = None
    since = 0.0
    said = 0

    async def __call__(self, scope, receive, send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.socket is not None:
                self.socket.is_open = False
                hub.current().leave(self.socket)

    async def connect(self) -> None:
        session_key, tablet = self.scope.pop("session_key"), self.scope.pop("tablet")
        here = hub.current()
        guest = await here.door.ask(session_key, tablet) if session_key else NOBODY
        if not guest.groups or not here.has_room_for(guest.user_id):
            raise DenyConnection
        self.socket = socket_for(
            self.base_send,
            user_id=guest.user_id,
            groups=guest.groups,
            session_key=session_key,
            end=self.end,
        )
        await here.join(self.socket)
        await self.accept()
        self.socket.opened()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if len(bytes_data or (text_data or "").encode()) > MAX_FRAME:
            await self.close(FRAME_TOO_BIG)
        elif self._says_too_much():
            await self.close(TOO_MANY)
        elif text_data == "ping" and self.socket is not None:
            self.socket.push(PONG)

    def end(self, code: int) -> None:
        self.ending = asyncio.create_task(self._end(code))

    async def _end(self, code: int) -> None:
        with contextlib.suppress(OSError):  # the other side was quicker
            await self.close(code)

    def _says_too_much(self) -> bool:
        now = time.monotonic()
        if now - self.since > PER_SECONDS:
            self.since, self.said = now, 0
        self.said += 1
        return self.said > MAX_MESSAGES
