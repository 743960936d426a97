"""Plays a script against a running server over HTTP and sockets, as the staff page and the family page would.

A carer taps when the script says; what was tapped waits in a queue and is sent again until it is acknowledged. A parent
keeps a socket open and, on a hint for a child, asks for the child's timeline after the last cursor.
"""

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp
import msgspec
from django.conf import settings

from core.calendar import now
from institution.demo.meter import Meter
from institution.demo.script import Action, CarerPart, ParentPart, Script

DAY_STARTS = 7 * 3600 + 25 * 60
PATIENCE = aiohttp.ClientTimeout(total=30)
KEPT_SECONDS = 1.0  # less than any server, which would close the connection while it is used again
RETRY_SECONDS = 1.0
TRIES = 20
OPENINGS = 40  # sockets opening at once
QUIET_SECONDS = 10  # how long parents may wait for the last hints


@dataclass(kw_only=True)
class Stage:
    """Where the play runs and at which pace."""

    base_url: str
    live_url: str  # of the sockets
    speed: float
    seconds: float  # 0: to the end of the day
    meter: Meter
    on_batch: Callable[[], object]
    http: aiohttp.ClientSession = field(init=False)
    sockets: aiohttp.ClientSession = field(
        init=False
    )  # a browser's socket is never an old connection either
    start: float = 0.0
    since: int = DAY_STARTS

    def due(self, second: int) -> float:
        return self.start + (second - self.since) / self.speed

    async def exchange(self, method: str, url: str, **given: Any) -> tuple[int, bytes]:
        """Once more at once when a kept connection turns out to be closed, as browsers do."""
        try:
            return await self._exchange(method, url, **given)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
            self.meter.reconnects += 1
            return await self._exchange(method, url, **given)

    async def _exchange(self, method: str, url: str, **given: Any) -> tuple[int, bytes]:
        async with self.http.request(method, url, **given) as answer:
            return answer.status, await answer.read()

    def is_over(self, moment: float) -> bool:
        return bool(self.seconds) and moment > self.start + self.seconds


class NobodyThere(Exception):
    """The server does not answer, or does not let the players in."""


async def perform(script: Script, stage: Stage) -> None:
    async with _client(force_close=False) as stage.http, _client(force_close=True) as stage.sockets:
        carers = [Carer(part, stage) for part in script.carers]
        parents = [Parent(part, stage) for part in script.parents]
        await _open(carers, parents)
        watching = [asyncio.create_task(parent.watch()) for parent in parents]
        try:
            stage.meter.began = stage.start = time.perf_counter()
            await asyncio.gather(*(carer.work() for carer in carers))
            stage.meter.ended = time.perf_counter()
            await _settle(stage.meter, script.watched)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
        await asyncio.gather(*(parent.open_anew() for parent in parents))


def _client(*, force_close: bool) -> aiohttp.ClientSession:
    """Everybody brings a cookie of their own."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0,
            force_close=force_close,
            keepalive_timeout=None if force_close else KEPT_SECONDS,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=PATIENCE,
    )


async def _open(carers: list["Carer"], parents: list["Parent"]) -> None:
    opening = asyncio.Semaphore(OPENINGS)
    try:
        await asyncio.gather(*(carer.sign_in(opening) for carer in carers))
        await asyncio.gather(*(parent.open(opening) for parent in parents))
    except (aiohttp.ClientError, TimeoutError) as error:
        raise NobodyThere(f"{type(error).__name__}: {error}") from error


async def _settle(meter: Meter, watched: set[int]) -> None:
    """Wait for the last hints."""
    until = time.perf_counter() + QUIET_SECONDS
    while time.perf_counter() < until:
        waiting = (
            s for s in meter.entries.values() if s.stored and not s.seen and s.child_id in watched
        )
        if next(waiting, None) is None:
            return
        await asyncio.sleep(0.2)


class Carer:
    def __init__(self, part: CarerPart, stage: Stage) -> None:
        self.part = part
        self.stage = stage
        self.headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={part.session}"}

    async def sign_in(self, opening: asyncio.Semaphore) -> None:
        """As the page does before it sends: who am I, and a CSRF token."""
        async with (
            opening,
            self.stage.http.get(f"{self.stage.base_url}/whoami/", headers=self.headers) as answer,
        ):
            answer.raise_for_status()
            token = (await answer.json())["csrf"]
            secret = answer.cookies[settings.CSRF_COOKIE_NAME].value
        self.headers = {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={self.part.session}; {settings.CSRF_COOKIE_NAME}={secret}",
            "X-CSRFToken": token,
            "Content-Type": "application/json",
            "Referer": f"{self.stage.base_url}/nursery/",
        }

    async def work(self) -> None:
        for action in self.part.actions:
            if action.second < self.stage.since:
                continue
            due = self.stage.due(action.second)
            if self.stage.is_over(due):
                return
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await self.send(self.tap(action, due))
            self.stage.on_batch()

    def tap(self, action: Action, due: float) -> bytes:
        """Latency counts from when the tap was due, also if an earlier batch still kept the carer waiting."""
        entries, moment = [], now()
        for child, kind, detail in action.entries:
            pk = str(uuid.uuid4())
            self.stage.meter.tapped(pk, child, due)
            entries.append(
                {
                    "id": pk,
                    "child": child,
                    "kind": kind,
                    "at": moment,
                    "detail": msgspec.Raw(detail.encode()),
                }
            )
        self.stage.meter.batches += 1
        return msgspec.json.encode({"entries": entries})

    async def send(self, body: bytes) -> None:
        for _try in range(TRIES):
            trouble = await self.post(body)
            if not trouble:
                return
            self.stage.meter.errors[trouble] += 1
            await asyncio.sleep(RETRY_SECONDS)

    async def post(self, body: bytes) -> str:
        """Sends the batch; says what went wrong, or nothing."""
        url = f"{self.stage.base_url}/api/v1/daily-log/"
        try:
            status, content = await self.stage.exchange(
                "POST", url, data=body, headers=self.headers
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"daily-log: {type(error).__name__}"
        if status != HTTPStatus.OK:
            return f"daily-log answered {status} {content[:120]!r}"
        self.stage.meter.answered(msgspec.json.decode(content)["results"])
        return ""


class Parent:
    def __init__(self, part: ParentPart, stage: Stage) -> None:
        self.part = part
        self.stage = stage
        self.headers = {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={part.session}",
            "Origin": stage.base_url,
        }
        self.cursors = dict.fromkeys(part.child_ids, "")
        self.read: dict[int, set[str]] = {child: set() for child in part.child_ids}
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self.wanted: set[int] = set()
        self.news = asyncio.Event()

    async def open(self, opening: asyncio.Semaphore | None = None) -> None:
        async with opening or asyncio.Semaphore():
            url = f"{self.stage.live_url}/ws/live/"
            self.socket = await self.stage.sockets.ws_connect(
                url, headers=self.headers, heartbeat=60
            )
            for child in self.part.child_ids:
                await self.fetch(child, hinted=False)

    async def watch(self) -> None:
        fetching = asyncio.create_task(self.follow())
        try:
            while True:
                await self.listen()
                self.stage.meter.reconnects += 1
                await self.reopen()
        finally:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)
            if self.socket is not None:
                await self.socket.close()

    async def listen(self) -> None:
        if self.socket is None:
            return
        async for message in self.socket:
            if message.type != aiohttp.WSMsgType.TEXT:
                return
            hint = msgspec.json.decode(message.data)
            if hint["topic"] == "resync":
                self.wanted.update(self.part.child_ids)
            elif hint["topic"] == "daily-log":
                self.wanted.add(int(hint["group"].rpartition(".")[2]))
            self.news.set()

    async def reopen(self) -> None:
        while True:
            try:
                await self.open()
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def follow(self) -> None:
        """One request at a time; hints that come meanwhile are one more."""
        while True:
            await self.news.wait()
            self.news.clear()
            wanted, self.wanted = self.wanted & set(self.part.child_ids), set()
            for child in wanted:
                await self.fetch(child, hinted=True)

    async def fetch(self, child: int, *, hinted: bool) -> None:
        trouble = await self.ask(child, hinted=hinted)
        if trouble:
            self.stage.meter.errors[trouble] += 1
            self.wanted.add(child)
            await asyncio.sleep(RETRY_SECONDS)
            self.news.set()

    async def ask(self, child: int, *, hinted: bool) -> str:
        url = f"{self.stage.base_url}/api/v1/children/{child}/timeline/"
        params = {"after": self.cursors[child]} if self.cursors[child] else {}
        try:
            status, content = await self.stage.exchange(
                "GET", url, params=params, headers=self.headers
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"timeline: {type(error).__name__}"
        if status != HTTPStatus.OK:
            return f"timeline answered {status}"
        self.take(child, msgspec.json.decode(content), hinted=hinted)
        return ""

    def take(self, child: int, told: dict, *, hinted: bool) -> None:
        if told["reset"]:
            self.cursors[child] = ""
            self.read[child].clear()
            self.wanted.add(child)
            self.news.set()
            return
        self.cursors[child] = told["cursor"]
        ids = [entry["id"] for entry in told["entries"]]
        for pk in ids:
            if pk in self.read[child]:
                self.stage.meter.seen_twice[pk] += 1
            self.read[child].add(pk)
        self.stage.meter.read(ids, hinted=hinted)

    async def open_anew(self) -> None:
        """The last look: whatever the hints did not bring is there when the page is opened."""
        for child in self.part.child_ids:
            if trouble := await self.ask(child, hinted=False):
                self.stage.meter.errors[trouble] += 1
