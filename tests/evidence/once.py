"""R7: every request that creates something, cut off, sent three times at once, and once more."""

import asyncio
import os
import uuid
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp
import psycopg2

from bench import stack as servers
from tests.evidence.chaos.services import Stack

TITLE = "Delivery: a request sent five times has one effect"
TITLE_ZH = "送达：同一请求发送五次只生效一次"
TIME_LIMIT = 5 * 60

CSRF = "c" * 32
CUT_OFF = aiohttp.ClientTimeout(total=0.02)  # sent, and gone before the answer
ROUNDS = 10  # of the form that creates a child, which nothing but the key guards


@dataclass
class Found:
    requests: int = 0
    wrong_effects: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)  # answers
    taken: list[str] = field(default_factory=list)  # another request under the same key


def run(proof, *, short: bool) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"  # no second factor, no rates
    with servers.running() as (postgres, redis):
        from tests.delivery import posts

        stack = Stack(postgres, redis, postgres.folder.parent / "logs")
        try:
            stack.start("web")
            found = asyncio.run(_send_all(stack, postgres, posts, short=short))
        finally:
            stack.stop()
    kinds = len(posts.API) + len(posts.FORMS)
    proof.figure(
        *("R7", "requests that create, all that there are"),
        kinds,
        goal=kinds,
        headline=True,
        zh="创建类请求（全部种类）",
    )
    proof.figure("R7", "requests sent", found.requests)
    proof.figure(
        *("R7", "requests with another number of effects than one"),
        len(found.wrong_effects),
        at_most=0,
        headline=True,
        zh="生效次数不等于一的请求",
    )
    proof.figure("R7", "requests answered differently", len(found.different), at_most=0)
    proof.figure("R7", "other bodies under a used key not refused", len(found.taken), at_most=0)
    for what in (found.wrong_effects, found.different, found.taken):
        if what:
            proof.note(f"Wrong: {', '.join(sorted(set(what)))}")
    proof.note(
        "Each is cut off by its sender after 20 ms, then sent three times at once, then once more, all under one "
        "key. The daily log has its entries' ids instead; the proof of delivery covers it."
    )


async def _send_all(stack: Stack, postgres, posts, *, short: bool) -> Found:
    from tests.conftest import filled_tables

    found, loaded = Found(), await asyncio.to_thread(filled_tables)
    names = [*posts.API, *posts.FORMS] + ["nursery:child-new"] * (0 if short else ROUNDS)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        for number, name in enumerate(names):
            post = (posts.API | posts.FORMS)[name]
            city = await asyncio.to_thread(_new_city, posts, loaded)
            call = await asyncio.to_thread(_call, stack, city, posts, name, post, number)
            await _send(http, postgres, name, post, call, found)
    return found


def _new_city(posts, loaded: set[str]):
    """For each request its own: a child is checked once a day, an application has one offer."""
    from tests.conftest import empty_tables
    from tests.factories.city import build_city

    empty_tables(keep=loaded)
    city = build_city()
    posts.load_reference()
    return city


async def _send(http, postgres, name: str, post, call, found: Found) -> None:
    before = _count(postgres, post.made)
    with suppress(TimeoutError):
        async with call(http, timeout=CUT_OFF):
            pass
    answers = await asyncio.gather(*(_answer(call(http)) for _time in range(3)))
    answers.append(await _answer(call(http)))
    found.requests += 6
    if _count(postgres, post.made) != before + 1:
        found.wrong_effects.append(name)
    fine = (200, 201) if name.startswith("api:") else (201, 302)
    if len(set(answers)) != 1 or answers[0][0] not in fine:
        found.different.append(f"{name} {sorted({status for status, *_ in answers})}")
    status, *_ = await _answer(call(http, other=True))
    if status != 422:
        found.taken.append(f"{name} {status}")


async def _answer(request) -> tuple[int, bytes, str | None]:
    async with request as response:
        return response.status, await response.read(), response.headers.get("Location")


def _call(stack: Stack, city, posts, name: str, post, number: int):
    """What sends it, under a key of its own."""
    from django.conf import settings
    from django.test import Client

    from core import once

    client = Client()
    client.force_login(post.user(city))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={CSRF}"
    headers = {"Cookie": cookies, "X-CSRFToken": CSRF}
    key, url, body = str(uuid.uuid4()), stack.web_url + post.path(name, city), post.body(city)
    if number >= len(posts.API) + len(posts.FORMS):
        body |= {"name": f"儿童{number}", "guardian_phone": f"138053{number:05}"}

    def call(http, *, other: bool = False, **options):
        said = body | (post.other if other else {})
        if name in posts.API and not post.files:
            sent = {"json": said}
        else:
            form = aiohttp.FormData({each: str(value) for each, value in said.items()})
            for each, data in post.files.items():
                form.add_field(each, data, filename="photo.jpg", content_type="image/jpeg")
            if name in posts.FORMS:
                form.add_field(once.FIELD, key)
            sent = {"data": form}
        return http.post(
            url, headers=headers | {once.HEADER: key}, allow_redirects=False, **sent, **options
        )

    return call


def _count(postgres, model) -> int:
    with (
        psycopg2.connect(dbname="tuoyu", user="postgres", host=str(postgres.socket)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
        return cursor.fetchone()[0]
