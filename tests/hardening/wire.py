"""Sends a shot over a socket, written by hand: no library of this side may refuse or repair what is hostile."""

import http.client
import socket
from contextlib import suppress
from urllib.parse import quote

from django.conf import settings

from tests.hardening.corpora import Body

CSRF = "c" * 32
PATIENCE = 30.0
NO_ANSWER = 0


class Wire:
    """One person's connection to a server, kept open as a browser does."""

    def __init__(self, port: int, session: str = "") -> None:
        self._port = port
        self.session = session
        self._socket: socket.socket | None = None

    def send(self, method: str, path: str, query: str, body: Body) -> int:
        """The status; NO_ANSWER where the server closed without one."""
        whole = self._message(method, path, query, body)
        kept = self._socket is not None
        status = self._once(method, whole)
        if status == NO_ANSWER and kept:  # it may have closed the connection before we spoke
            status = self._once(method, whole)
        if (
            body.headers
        ):  # one of them may have ended the request early: what follows is no answer to the next
            self.close()
        return status

    def close(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
            self._socket = None

    def _message(self, method: str, path: str, query: str, body: Body) -> bytes:
        cookies = f"csrftoken={CSRF}"
        if self.session:
            cookies += f"; {settings.SESSION_COOKIE_NAME}={self.session}"
        headers = {
            "Host": "localhost",
            "Cookie": cookies,
            "X-CSRFToken": CSRF,
            "Content-Length": str(len(body.data)),
        }
        if body.kind:
            headers["Content-Type"] = body.kind
        headers |= body.headers
        address = quote(path, safe="/%:@") + (f"?{query}" if query else "")
        lines = [f"{method} {address} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body.data

    def _once(self, method: str, whole: bytes) -> int:
        try:
            connection = self._connected()
            with suppress(BrokenPipeError, ConnectionResetError):  # answered before it had read all
                connection.sendall(whole)
            answer = http.client.HTTPResponse(connection, method=method)
            answer.begin()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return NO_ANSWER
        if answer.will_close:
            self.close()
        return answer.status

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), PATIENCE)
        return self._socket
