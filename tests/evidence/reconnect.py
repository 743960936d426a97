"""R6: the live process dies with two thousand sockets, and all their pages come back at once."""

import asyncio
import time

import aiohttp

from bench import stack as servers
from tests.evidence.chaos.history import Screen
from tests.evidence.chaos.load import Family, Play, Response
from tests.evidence.chaos.services import Stack

TITLE = "Delivery: two thousand sockets come back at once"
TITLE_ZH = "送达：两千个实时连接同时重连"
TIME_LIMIT = 6 * 60

SOCKETS, SOCKETS_SHORT, EACH = 2000, 200, 5
OPENING = 40  # at once, before the storm
LONGEST = 90


class Tab(Family):
    """A page that notes when it began the last fetch that was answered."""

    fetched_from = 0.0
    opening: asyncio.Semaphore

    async def listen(self) -> None:
        async with self.opening:
            first = asyncio.create_task(super().listen())
            while not self.fetched_from and not first.done():
                await asyncio.sleep(0.02)
        await first

    async def fetch(self) -> bool:
        asked = time.monotonic()
        done = await super().fetch()
        if done:
            self.fetched_from = asked
        return done


def run(proof, *, short: bool) -> None:
    wanted = SOCKETS_SHORT if short else SOCKETS
    with servers.running() as (postgres, redis):
        stack = Stack(postgres, redis, postgres.folder.parent / "logs")
        try:
            stack.start("web", "live")
            after, killed, back, fetched = asyncio.run(_storm(stack, wanted))
        finally:
            stack.stop()
    limit = None if short else 30
    proof.figure(
        *("R6", "sockets dropped at once by kill -9"),
        wanted,
        goal=wanted,
        headline=True,
        zh="同时断开的连接",
    )
    proof.figure(
        *("R6", "all sockets open again after, s"),
        back - killed,
        at_most=limit,
        headline=True,
        zh="全部恢复用时，秒",
    )
    proof.figure("R6", "all pages have asked what they missed after, s", fetched - killed)
    proof.figure(*("R6", "errors of the server"), sum(r.status >= 500 for r in after), at_most=0)
    proof.figure("R6", "requests of the pages", len(after))
    proof.figure("R6", "of these given up or broken off", sum(not r.status for r in after))
    proof.note(
        "The process is started again half a second after its death. Pages wait half a second, then two seconds between "
        "tries, spread by half; the two thousand pages share the machine with the servers."
    )


async def _storm(stack: Stack, wanted: int) -> tuple[list[Response], float, float, float]:
    play = Play(stack)
    tabs = await asyncio.to_thread(_open_tabs, play, wanted)
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=10)
    async with aiohttp.ClientSession(connector=connector) as play.http:
        tasks = [asyncio.create_task(tab.run()) for tab in tabs]
        ready = lambda: play.open_sockets == len(tabs) and all(t.fetched_from for t in tabs)  # noqa: E731
        if await _until(ready) == float("inf"):
            raise TimeoutError("the pages were not all open before the storm")
        killed = time.monotonic()
        start_again = await stack.kill("live", 0)
        await _until(lambda: play.open_sockets == 0)
        start_again()
        back = await _until(lambda: play.open_sockets == len(tabs))
        fetched = await _until(lambda: all(tab.fetched_from > killed for tab in tabs))
        after = [response for response in play.responses if response.at >= killed]
        play.over = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return after, killed, back, fetched


async def _until(happened) -> float:
    """When it happened; never, if that takes too long."""
    until = time.monotonic() + LONGEST
    while not happened():
        if time.monotonic() > until:
            return float("inf")
        await asyncio.sleep(0.05)
    return time.monotonic()


def _open_tabs(play: Play, wanted: int) -> list[Tab]:
    from django.conf import settings

    from bench.daily_log import world
    from bench.tap_to_parent.play import sessions

    people = -(-wanted // EACH)
    nurseries = world.build(-(-people // 15))
    keys = sessions(nurseries)
    children = [(n.institution_id, child) for n in nurseries for child in n.child_ids][:people]
    Tab.opening = asyncio.Semaphore(OPENING)
    return [
        Tab(play, keys[child], settings.SESSION_COOKIE_NAME, Screen(stream, child))
        for stream, child in children
        for _tab in range(EACH)
    ][:wanted]
