from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from core.live.consumer import LiveConsumer


class KeepServerSend:
    """Leaves the server's own `send` in the scope, before any middleware wraps it: the hub writes there."""

    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        return await self.inner(scope | {"server_send": send}, receive, send)


def websocket_application():
    routes = URLRouter([path("ws/live/", LiveConsumer.as_asgi())])
    return KeepServerSend(AllowedHostsOriginValidator(AuthMiddlewareStack(routes)))
