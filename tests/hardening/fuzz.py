"""Sends the corpora to the site in this process, as different people, and keeps what the server could not answer."""

import itertools
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.test import Client

from tests.hardening import corpora
from tests.hardening.corpora import Body
from tests.permissions.discovery import Endpoint, endpoints
from tests.permissions.test_matrix import url_of, url_of_nothing

HELD_SECONDS = 5.0
SIGNS_OUT = "portal:sign-out"  # would end the session of the rest


@dataclass(frozen=True)
class Shot:
    endpoint: str
    method: str
    url: str
    body: Body


@dataclass
class Score:
    sent: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    statuses: Counter = field(default_factory=Counter)
    reached: set[tuple[str, str]] = field(default_factory=set)
    longest: float = 0.0  # seconds
    held: int = 0  # requests that took longer than HELD_SECONDS

    def add(self, who: str, shot: Shot, status: int, exc: object = None) -> None:
        self.sent += 1
        self.statuses[status] += 1
        self.reached.add((who, shot.endpoint))
        if status >= 500:
            told = f"{status} {type(exc).__name__}: {exc}"[:300] if exc else str(status)
            self.faults.setdefault(f"{who} {shot.method} {shot.endpoint} {shot.body.name}", told)


NOTHING = Body("no body", b"", "")
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def shots(endpoint: Endpoint, nursery) -> Iterator[Shot]:
    """Bodies for what writes, query strings and headers for what reads, and every method for both."""
    urls = sorted({url_of(endpoint, nursery), url_of_nothing(endpoint)})
    for method in corpora.METHODS:
        yield Shot(endpoint.name, method, urls[0], NOTHING)
    for method in sorted(endpoint.gates):
        if method in WRITES:
            for body in corpora.bodies():
                yield Shot(endpoint.name, method, urls[0], body)
        else:
            for number, query in enumerate(corpora.queries()):
                url = f"{urls[number % len(urls)]}?{query}"
                yield Shot(endpoint.name, method, url, Body(f"query {number}", b"", ""))
            for number, headers in enumerate(corpora.HEADERS):
                yield Shot(
                    endpoint.name, method, urls[0], Body(f"header {number}", b"", "", headers)
                )


def every_shot(nursery, *, share: float = 1.0, seed: int = 7) -> Iterator[Shot]:
    """Of each URL, or a chosen part of its shots: another part for each URL, the same in every run."""
    for number, endpoint in enumerate(sorted(endpoints().values(), key=lambda each: each.name)):
        if endpoint.name == SIGNS_OUT:
            continue
        all_of_it = list(shots(endpoint, nursery))
        some = max(4, int(len(all_of_it) * share))
        yield from random.Random(seed + number).sample(all_of_it, min(some, len(all_of_it)))


def fire(people: dict[str, Client], shots_: Iterable[Shot], score: Score | None = None) -> Score:
    score = score or Score()
    for client in people.values():
        client.raise_request_exception = False
    for shot, (who, client) in itertools.product(shots_, people.items()):
        path, _, query = shot.url.partition("?")
        tell(client, who, shot, query, score, path=path)
    return score


def tell(client: Client, who: str, shot: Shot, query: str, score: Score, *, path: str = "") -> None:
    began = time.monotonic()
    response = client.generic(
        shot.method,
        path or shot.url,
        shot.body.data,
        content_type=shot.body.kind,
        headers=shot.body.headers,
        QUERY_STRING=query,
    )
    if response.streaming:
        b"".join(response.streaming_content)
    took = time.monotonic() - began
    score.longest = max(score.longest, took)
    score.held += took > HELD_SECONDS
    info = getattr(response, "exc_info", None)
    score.add(who, shot, response.status_code, info[1] if info else None)
