from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.urls import path, re_path

from core.devices import tablets
from core.live.consumer import LiveConsumer


class NoteDown:
    """The end of the chain of middleware: notes who came, and lets the chain return."""

    def __init__(self, consumer):
        self.consumer = consumer

    async def __call__(self, scope, receive, send) -> None:
        guest = {
            "type": "websocket",
            "session_key": scope["cookies"].get(settings.SESSION_COOKIE_NAME, ""),
            "tablet": scope["cookies"].get(tablets.COOKIE, ""),
        }
        scope["admitted"].append((self.consumer, guest))


class LiveApplication:
    """Origin, cookies and route are Channels' own middleware; the consumer starts when they have returned.

    Each of them keeps a copy of the scope for as long as what it wraps runs, 8 KB for every open socket. So they
    wrap only the question what it showed; whose session that is, is asked for many at once (core.live.admission).
    The server's own `send` goes to the consumer, for the hub writes there.
    """

    def __init__(self) -> None:
        live = NoteDown(LiveConsumer.as_asgi())
        nowhere = WebsocketDenier.as_asgi()
        routes = URLRouter([path("ws/live/", CookieMiddleware(live)), re_path("", nowhere)])
        self.chain = AllowedHostsOriginValidator(routes)

    async def __call__(self, scope, receive, send) -> None:
        admitted: list[tuple] = []
        await self.chain(scope | {"admitted": admitted}, receive, send)
        scope["headers"].clear()
        if admitted:
            consumer, guest = admitted.pop()
            await consumer(guest, receive, send)
