"""What is sent to the real web server with planted secrets in it: by those who may, by mistake, and by guessing."""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from tests.evidence.planted import search
from tests.evidence.planted.people import Planted

CSRF = "c" * 32
AT_ONCE = 6
KEPT_BY_A_FORM = 422  # shows what was typed to whoever typed it


@dataclass
class Browsers:
    """Session keys of who sends; nobody's is empty."""

    url: str
    clerk: str
    health_worker: str
    director: str
    auditor: str
    classes: list[int]
    password: str


@dataclass
class Answers:
    sent: int = 0
    refused: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    leaks: set[str] = field(default_factory=set)  # in answers that refused
    seen: set[str] = field(default_factory=set)  # in any answer: the names prove the search


@dataclass
class Sender:
    browsers: Browsers
    http: aiohttp.ClientSession
    answers: Answers = field(default_factory=Answers)

    async def send(self, method: str, path: str, who: str = "", **what) -> int:
        cookies = {"csrftoken": CSRF} | ({"sessionid": who} if who else {})
        headers = {"X-CSRFToken": CSRF, "Idempotency-Key": str(uuid.uuid4())}
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        async with self.http.request(
            method,
            self.browsers.url + path,
            headers=headers | {"Cookie": cookie} | what.pop("headers", {}),
            allow_redirects=False,
            **what,
        ) as answer:
            body = await answer.read()
        self._judge(answer.status, body, path, what)
        return answer.status

    def _judge(self, status: int, body: bytes, path: str, what: dict) -> None:
        said = self.answers
        said.sent += 1
        kind = f"{re.sub(r'(?<=/)[0-9]+|(?<=/find/).+', '#', path)} {status}"
        said.statuses[kind] = said.statuses.get(kind, 0) + 1
        if status < 400:
            return
        said.refused += 1
        hits = search.in_bytes(body)
        said.seen |= hits
        if status == KEPT_BY_A_FORM:
            hits -= search.found(json.dumps(what, default=str, ensure_ascii=False).encode())
        said.leaks |= hits

    # ---- by those who may ----

    async def enrol(self, person: Planted, number: int, **other) -> int:
        classes = self.browsers.classes
        form = {
            "name": person.name,
            "sex": "female",
            "born_on": f"{person.born_on}",
            "resident_id": person.resident_id,
            "class_group": str(classes[number % len(classes)]),
            "start_on": "",
            "guardian_name": f"家长{number}",
            "guardian_phone": person.typed_phone(number),
            "relation": "mother",
            "idempotency_key": str(uuid.uuid4()),
        }
        form["start_on"] = other.pop("start_on")
        return await self.send(
            "POST", "/nursery/children/new/", self.browsers.clerk, data=form | other
        )

    async def check(self, person: Planted, number: int, child: int) -> int:
        typed = {"temperature": "36.6", "action": "admitted", "note": person.note}
        who = self.browsers.health_worker
        if number % 2:
            return await self.send("POST", f"/health/children/{child}/check/", who, data=typed)
        return await self.send("POST", "/api/v1/health/checks/", who, json=typed | {"child": child})

    async def look(self, child: int) -> int:
        """The whole number on a page, for a stated purpose."""
        form = {"purpose": "filing", "stepup-given": "1", "stepup-password": self.browsers.password}
        path = f"/nursery/children/{child}/identity/"
        return await self.send("POST", path, self.browsers.director, data=form)

    # ---- by mistake, and by guessing ----

    async def sign_in(self, person: Planted, number: int) -> None:
        typed = person.resident_id if number % 10 == 9 else person.typed_phone(number)
        form = {"username": typed, "password": f"no {number}", "csrfmiddlewaretoken": CSRF}
        address = {"X-Forwarded-For": f"198.51.100.{number % 250}"}
        page = "/sign-in/paused/" if number % 5 == 4 else "/sign-in/"
        await self.send("POST", page, data=form | {"code": "123456"}, headers=address)
        if number % 3 == 0:
            await self.send("POST", "/api/v1/token/", json=form, headers=address)

    async def search(self, person: Planted, number: int) -> None:
        typed = person.typed_phone(number) if number % 2 else person.resident_id
        pages = (
            ("/institutions/", "", "q"),
            ("/nursery/children/", self.browsers.clerk, "q"),
            ("/gov/audit/", self.browsers.auditor, "person"),
            ("/api/v1/audit-events/", self.browsers.auditor, "nursery"),
        )
        path, who, name = pages[number % len(pages)]
        await self.send("GET", path, who, params={name: typed})

    async def mistake(self, person: Planted, number: int, child: int, start_on: str) -> None:
        browsers = self.browsers
        match number % 5:
            case 0:  # the number is on file with another name
                await self.enrol(person, number, start_on=start_on, name=f"乙{person.name[1:]}")
            case 1:
                await self.check(person, number, child)  # was checked already
            case 2:
                body = json.dumps({"child": child, "note": person.note, "phone": person.phone})
                header = {"Content-Type": "application/json"}
                for sent in (body[:-1], body):
                    await self.send(
                        "POST",
                        "/api/v1/health/checks/",
                        browsers.health_worker,
                        data=sent,
                        headers=header,
                    )
            case 3:
                await self.send("GET", f"/find/{person.phone}/", browsers.clerk)
                await self.send("GET", f"/find/?id={person.resident_id}&note={person.code}")
            case 4:
                form = {"person": person.phone, "stepup-given": "1"}
                form["stepup-password"] = browsers.password
                await self.send("POST", "/gov/audit/export/", browsers.auditor, data=form)


@asynccontextmanager
async def sender(browsers: Browsers) -> AsyncIterator[Sender]:
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as http:
        yield Sender(browsers, http)


async def each(people: list[Planted], work) -> None:
    """`work(person, number)` for everybody, some at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(person: Planted, number: int) -> None:
        async with gate:
            await work(person, number)

    await asyncio.gather(*(one(person, number) for number, person in enumerate(people)))
