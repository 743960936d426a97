"""Carers who write and families who watch, with the patience of the real pages.

A carer's board keeps what was not acknowledged and sends it again; a family's page keeps a socket, fetches after its cursor
on connect, on a hint, on `resync`, each minute, and again after a fetch that failed (core/static/js/live.js).
"""

import asyncio
import json
import random
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp

from tests.evidence.chaos.history import FAIL, OK, UNKNOWN, Screen, Sent
from tests.evidence.chaos.services import Stack

PATIENCE = aiohttp.ClientTimeout(total=6)
PATIENCE_OF_A_PAGE = aiohttp.ClientTimeout(total=30)  # day.js
FIRST, SOON, LATER, MUCH_LATER = 0.5, 2.0, 4.0, 30.0  # as in patience.js
TRIES_SOON, TRIES = 12, 20
RESYNC_EVERY, PING_EVERY, ANSWER_WITHIN = 60.0, 25.0, 10.0
PAUSE_BETWEEN_BATCHES = 2.0
GIVES_UP = 0.25  # of the batches nobody asks after again: they stay unknown
PEOPLE = {"amount": "all", "meal": "lunch"}


def pause(tries: int) -> float:
    if tries < TRIES_SOON:
        wait = min(FIRST * 2**tries, SOON)
    else:
        wait = LATER if tries < TRIES else MUCH_LATER
    return wait * random.uniform(0.5, 1.5)


@dataclass
class Response:
    at: float  # when it was asked for
    seconds: float
    status: int  # 0: none came
    writes: bool


@dataclass
class Play:
    """Everything that happened, by the monotonic clock."""

    stack: Stack
    sent: dict[str, Sent] = field(default_factory=dict)
    screens: list[Screen] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    by_child: dict[int, Screen] = field(default_factory=dict)
    writing: bool = True
    over: bool = False
    open_sockets: int = 0
    http: aiohttp.ClientSession = field(init=False)

    def unfinished(self, entry: Sent) -> bool:
        """Still being sent, or acknowledged and not yet on the screen that watches its child."""
        if not entry.settled:
            return True
        return entry.outcome == OK and entry.id not in self.by_child[entry.child].seen_at

    async def exchange(self, method: str, path: str, *, writes: bool, **given) -> tuple[int, bytes]:
        asked, status, body = time.monotonic(), 0, b""
        try:
            async with self.http.request(
                method,
                self.stack.web_url + path,
                timeout=PATIENCE if writes else PATIENCE_OF_A_PAGE,
                **given,
            ) as answer:
                body = await answer.read()
                status = answer.status
        finally:
            spent = time.monotonic() - asked
            self.responses.append(Response(asked, spent, status, writes))
        return status, body


class Carer:
    def __init__(self, play: Play, token: str, children: list[int], stranger: int, seed: int):
        self.play = play
        self.headers = {"Authorization": f"Token {token}"}
        self.children = children
        self.stranger = stranger  # a child of another nursery: refused, and nobody may ever see it
        self.random = random.Random(seed)

    async def run(self) -> None:
        await asyncio.sleep(self.random.uniform(0, PAUSE_BETWEEN_BATCHES))
        while self.play.writing:
            await self.send(self.batch())
            await asyncio.sleep(PAUSE_BETWEEN_BATCHES * self.random.uniform(0.5, 1.5))

    def batch(self) -> list[Sent]:
        children = self.random.sample(self.children, 2)
        if self.random.random() < 0.1:
            children.append(self.stranger)
        return [Sent(str(uuid.uuid4()), child, time.monotonic()) for child in children]

    async def send(self, batch: list[Sent]) -> None:
        at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        entries = [
            {"id": e.id, "child": e.child, "kind": "meal", "at": at, "detail": PEOPLE}
            for e in batch
        ]
        self.play.sent |= {each.id: each for each in batch}
        gives_up, tries = self.random.random() < GIVES_UP, 0
        while not self.play.over:
            if await self.post(batch, entries) or gives_up:
                for each in batch:
                    each.settled = True
                return
            await asyncio.sleep(pause(tries))
            tries += 1

    async def post(self, batch: list[Sent], entries: list[dict]) -> bool:
        """Whether the server said what became of them."""
        try:
            status, body = await self.play.exchange(
                "POST",
                "/api/v1/daily-log/",
                writes=True,
                json={"entries": entries},
                headers=self.headers,
            )
        except aiohttp.ClientConnectorError:  # it never left
            return False
        except (aiohttp.ClientError, TimeoutError, OSError):
            status = 0
        if status != 200:
            for each in batch:
                each.outcome = UNKNOWN
            return False
        said = {result["id"]: result for result in json.loads(body)["results"]}
        for each in batch:
            if said[each.id]["status"] in ("created", "duplicate"):
                each.outcome, each.acknowledged = OK, time.monotonic()
            else:
                each.outcome = FAIL
        return True


class Family:
    def __init__(self, play: Play, session: str, cookie: str, screen: Screen):
        self.play = play
        self.screen = screen
        self.cookie = {"Cookie": f"{cookie}={session}"}
        self.cursor = ""
        self.tries = 0
        self.asked = asyncio.Event()
        play.screens.append(screen)
        play.by_child[screen.child] = screen

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for work in (self.listen(), self.fetch_when_asked(), self.ask_each_minute()):
                tasks.create_task(work)

    async def listen(self) -> None:
        while not self.play.over:
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                await self.one_socket()
            await asyncio.sleep(pause(self.tries))
            self.tries += 1

    async def one_socket(self) -> None:
        connecting = self.play.http.ws_connect(
            f"{self.play.stack.live_url}/ws/live/",
            headers=self.cookie | {"Origin": self.play.stack.live_url},
        )
        async with await asyncio.wait_for(connecting, 30) as socket:
            self.tries = 0
            self.play.open_sockets += 1
            try:
                self.asked.set()
                while (text := await self.next_text(socket)) is not None:
                    self.hear(json.loads(text))
            finally:
                self.play.open_sockets -= 1

    async def next_text(self, socket) -> str | None:
        """None when the line is closed, or dead: a ping unanswered."""
        for patience, ask in ((PING_EVERY, True), (ANSWER_WITHIN, False)):
            try:
                message = await socket.receive(timeout=patience)
            except TimeoutError:
                if not ask:
                    return None
                await socket.send_str("ping")
            else:
                return message.data if message.type is aiohttp.WSMsgType.TEXT else None
        return None

    def hear(self, message: dict) -> None:
        if message["topic"] == "resync":
            self.asked.set()
        elif message["topic"] == "daily-log":
            self.screen.hinted.add(int(message["cursor"]))
            self.asked.set()

    async def ask_each_minute(self) -> None:
        while not self.play.over:
            await asyncio.sleep(RESYNC_EVERY * random.uniform(0.8, 1.2))
            self.asked.set()

    async def fetch_when_asked(self) -> None:
        tries = 0
        while not self.play.over:
            await self.asked.wait()
            self.asked.clear()
            if await self.fetch():
                tries = 0
                continue
            with suppress(TimeoutError):  # a new hint is a reason to try at once
                await asyncio.wait_for(self.asked.wait(), pause(tries))
            self.asked.set()
            tries += 1

    async def fetch(self) -> bool:
        path = f"/api/v1/children/{self.screen.child}/timeline/?after={self.cursor}"
        try:
            status, body = await self.play.exchange("GET", path, writes=False, headers=self.cookie)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        if status != 200:
            return False
        found = json.loads(body)
        if found["reset"]:
            self.cursor = ""
            return False
        self.cursor = found["cursor"]
        for entry in found["entries"]:
            self.screen.show(entry["id"], entry["seq"], time.monotonic())
        return True
