import asyncio
import json
import os
import statistics
import time
import uuid
from dataclasses import dataclass, field
from importlib import import_module

import aiohttp
import psycopg2
import redis.asyncio
import websockets
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from bench.daily_log.clients import bare_statement
from bench.daily_log.nursery import Nursery
from core.models import User


@dataclass
class Seen:
    """Hints by (group, cursor): when the batch was sent and when each hint came."""

    expected: dict[tuple[str, str], float] = field(default_factory=dict)
    came: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    connected: int = 0

    def hint(self, group: str, cursor: str) -> None:
        self.came.setdefault((group, cursor), []).append(time.perf_counter())

    @property
    def hints(self) -> int:
        return len(self.expected)

    @property
    def lost(self) -> int:
        return sum(key not in self.came for key in self.expected)

    @property
    def doubled(self) -> int:
        return sum(len(self.came.get(key, ())) > 1 for key in self.expected)

    def _milliseconds(self) -> list[float]:
        return [
            (self.came[key][0] - sent) * 1000
            for key, sent in self.expected.items()
            if key in self.came
        ]

    @property
    def p50(self) -> float:
        return statistics.median(self._milliseconds())

    @property
    def p99(self) -> float:
        return statistics.quantiles(self._milliseconds(), n=100)[98]


def sessions(nurseries: list[Nursery]) -> dict[int, str]:
    """Sessions of the parents, by child."""
    found = {}
    for nursery in nurseries:
        for child, pk in zip(nursery.child_ids, nursery.parent_ids, strict=True):
            user = User.objects.get(pk=pk)
            session = import_module(settings.SESSION_ENGINE).SessionStore()
            session[SESSION_KEY] = str(user.pk)
            session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[1]
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            session.create()
            found[child] = session.session_key
    return found


def ours(nurseries, sessions, web: int, live: int, rate: int, seconds: int) -> Seen:
    return asyncio.run(_ours(nurseries, sessions, web, live, rate, seconds))


async def _ours(nurseries, sessions, web, live, rate, seconds) -> Seen:
    seen = Seen()
    readers = [asyncio.create_task(_parent(live, key, seen)) for key in sessions.values()]
    while seen.connected < len(readers):
        await asyncio.sleep(0.1)
    await asyncio.sleep(
        1
    )  # the hub subscribes just after the handshake; a real page asks over HTTP then
    async with aiohttp.ClientSession() as http:

        async def tap(nursery: Nursery) -> None:
            entries = [
                {
                    "id": str(uuid.uuid4()),
                    "child": child,
                    "kind": "meal",
                    "at": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
                    "detail": {"meal": "lunch", "amount": "all"},
                }
                for child in nursery.child_ids
            ]
            sent = time.perf_counter()
            headers = {"Authorization": f"Token {nursery.token}"}
            url = f"http://127.0.0.1:{web}/api/v1/daily-log/"
            async with http.post(url, json={"entries": entries}, headers=headers) as answer:
                results = (await answer.json())["results"]
            cursor = str(max(result["seq"] for result in results))
            for child in nursery.child_ids:
                seen.expected[f"child.{child}", cursor] = sent

        await _at_a_rate(nurseries, tap, rate, seconds)
    await asyncio.sleep(3)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    return seen


async def _parent(port: int, session: str, seen: Seen) -> None:
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
    async with websockets.connect(
        f"ws://127.0.0.1:{port}/ws/live/",
        additional_headers=headers,
        origin=f"http://127.0.0.1:{port}",
        compression=None,
    ) as socket:
        seen.connected += 1
        async for text in socket:
            message = json.loads(text)
            if message.get("topic") == "daily-log":
                seen.hint(message["group"], message["cursor"])


async def _at_a_rate(nurseries, tap, rate: int, seconds: int) -> None:
    """Batches of 15 at even distances, whether or not the one before has been answered."""
    batches, running = rate * seconds // 15, []
    start = time.perf_counter()
    for number in range(batches):
        await asyncio.sleep(max(0, start + number * 15 / rate - time.perf_counter()))
        running.append(asyncio.create_task(tap(nurseries[number % len(nurseries)])))
    await asyncio.gather(*running)


def bare(nurseries, rate: int, seconds: int) -> Seen:
    return asyncio.run(_bare(nurseries, rate, seconds))


async def _bare(nurseries, rate, seconds) -> Seen:
    seen = Seen()
    connections = {
        n.institution_id: psycopg2.connect(os.environ["MIGRATE_DATABASE_URL"]) for n in nurseries
    }
    client = redis.asyncio.from_url(os.environ["REDIS_URL"])
    pubsub = client.pubsub()
    await pubsub.subscribe(*(f"bare:child.{c}" for n in nurseries for c in n.child_ids))

    async def listen() -> None:
        async for message in pubsub.listen():
            if message["type"] == "message":
                group = message["channel"].decode().removeprefix("bare:")
                seen.hint(group, message["data"].decode())

    reader = asyncio.create_task(listen())
    numbers = iter(range(1, 1_000_000))

    async def tap(nursery: Nursery) -> None:
        cursor, sent = str(next(numbers)), time.perf_counter()
        await asyncio.to_thread(bare_statement, connections[nursery.institution_id], nursery)
        async with client.pipeline(transaction=False) as pipe:
            for child in nursery.child_ids:
                pipe.publish(f"bare:child.{child}", cursor)
            await pipe.execute()
        for child in nursery.child_ids:
            seen.expected[f"child.{child}", cursor] = sent

    await _at_a_rate(nurseries, tap, rate, seconds)
    await asyncio.sleep(1)
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    await pubsub.aclose()
    await client.aclose()
    for connection in connections.values():
        connection.close()
    return seen
