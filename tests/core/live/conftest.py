import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import uvicorn
from websockets.sync.client import ClientConnection, connect

from core.live import hub
from core.live.routing import LiveApplication
from core.models import User
from core.permissions import Role
from core.scoping import Actor


class LiveServer(uvicorn.Server):
    """The live process in a thread, as in production but for the loop."""

    def __init__(self) -> None:
        config = uvicorn.Config(
            LiveApplication(),
            host="127.0.0.1",
            port=0,
            ws="websockets-sansio",
            lifespan="off",
            log_level="error",
            ws_max_size=16 * 1024,
            ws_per_message_deflate=False,
        )
        super().__init__(config)
        self.thread = threading.Thread(target=self.run)

    @property
    def address(self) -> str:
        port = self.servers[0].sockets[0].getsockname()[1]
        return f"ws://127.0.0.1:{port}/ws/live/"

    async def shutdown(self, sockets=None) -> None:
        await super().shutdown(sockets)
        if hub._hub is not None:
            await hub._hub.close()
            hub._hub = None
            await asyncio.sleep(0.05)

    def __enter__(self) -> "LiveServer":
        self.thread.start()
        until = time.monotonic() + 10
        while not self.started and time.monotonic() < until:
            time.sleep(0.01)
        return self

    def __exit__(self, *error) -> None:
        self.should_exit = True
        self.thread.join(10)


@pytest.fixture
def live(transactional_db, own_redis, settings) -> Iterator[LiveServer]:
    settings.ALLOWED_HOSTS = ["localhost"]
    with LiveServer() as server:
        yield server


@pytest.fixture
def guardian(live, acting) -> Actor:
    return acting("guardian", Role.GUARDIAN, child_ids=frozenset({7}))


@pytest.fixture
def listen(live, signed_in) -> Iterator[Callable[[Actor], ClientConnection]]:
    """listen(actor) is an open socket of a browser in which that actor has signed in."""
    with ExitStack() as open_sockets:

        def open_one(actor: Actor) -> ClientConnection:
            browser = signed_in(User.objects.get(pk=actor.user_id))
            return open_sockets.enter_context(knock(live, browser.session.session_key))

        yield open_one


def knock(live: LiveServer, session_key: str, **headers: str) -> ClientConnection:
    headers = {"Origin": "http://localhost", "Cookie": f"sessionid={session_key}"} | headers
    return connect(live.address, additional_headers=headers, compression=None)
