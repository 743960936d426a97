"""One port for pages and sockets, for the demonstration only: pages on WSGI threads as in production."""

from a2wsgi import WSGIMiddleware

from config.asgi import application as live
from config.wsgi import application as wsgi

pages = WSGIMiddleware(wsgi, workers=8)  # type: ignore[arg-type]


async def application(scope, receive, send):
    await (pages if scope["type"] == "http" else live)(scope, receive, send)
