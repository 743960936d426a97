"""The other yardstick: the `websockets` library with redis-py's asyncio pubsub on uvloop, and nothing else."""

import os
from collections import defaultdict
from urllib.parse import parse_qs, urlsplit

import redis.asyncio
import uvloop
from websockets.asyncio.server import broadcast, serve

rooms = defaultdict(set)


async def main() -> None:
    pubsub = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"]).pubsub()
    await pubsub.subscribe("live:nobody")

    async def handle(socket) -> None:
        group = parse_qs(urlsplit(socket.request.path).query)["group"][0]
        channel = f"live:{group}".encode()
        if channel not in rooms:
            await pubsub.subscribe(channel)
        rooms[channel].add(socket)
        try:
            await socket.wait_closed()
        finally:
            rooms[channel].discard(socket)
            if not rooms[channel]:
                del rooms[channel]
                await pubsub.unsubscribe(channel)

    server = await serve(
        handle,
        "127.0.0.1",
        int(os.environ["PORT"]),
        compression=None,
        max_size=16384,
        ping_interval=None,
    )
    async with server:
        async for message in pubsub.listen():
            if message["type"] == "message":
                broadcast(rooms.get(message["channel"], ()), message["data"].decode())


uvloop.run(main())
