"""Sends the corpora to the site in this process, as different people, and keeps what the server could not answer."""

import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.test import Client

from tests.hardening import corpora
from tests.hardening.corpora import Body
from tests.hardening.wire import NO_ANSWER, Wire
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
    signed_in_again: int = 0
    ends: set[str] = field(default_factory=set)  # how each attacker's people fare at the end
    left: int = 0  # shots that were not fired for want of time

    def add(self, who: str, shot: Shot, status: int, exc: object = None) -> None:
        self.sent += 1
        self.statuses[status] += 1
        self.reached.add((who, shot.endpoint))
        if status >= 500 or status == NO_ANSWER:
            told = f"{status} {type(exc).__name__}: {exc}"[:300] if exc else str(status)
            self.faults.setdefault(f"{who} {shot.method} {shot.endpoint} {shot.body.name}", told)

    def timed(self, seconds: float) -> None:
        self.longest = max(self.longest, seconds)
        self.held += seconds > HELD_SECONDS

    def merge(self, other: "Score") -> None:
        self.sent += other.sent
        self.faults |= other.faults
        self.statuses += other.statuses
        self.reached |= other.reached
        self.longest = max(self.longest, other.longest)
        self.held += other.held
        self.signed_in_again += other.signed_in_again
        self.left += other.left
        self.ends |= other.ends


NOTHING = Body("no body", b"", "")
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def targets(nursery) -> dict[str, str]:
    """URL name -> an address with an object of the nursery. The objects are made here, once for all attackers."""
    found = sorted(endpoints().values(), key=lambda each: each.name)
    return {endpoint.name: url_of(endpoint, nursery) for endpoint in found}


def shots(endpoint: Endpoint, target: str) -> Iterator[Shot]:
    """Bodies for what writes, query strings and headers for what reads, and every method for both."""
    urls = sorted({target, url_of_nothing(endpoint)})
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


def every_shot(
    aims: dict[str, str], *, share: float = 1.0, seed: int = 7, part: int = 0, parts: int = 1
) -> Iterator[Shot]:
    """Of each URL, or a chosen share of its shots: others for each URL, the same in every run; of these, one part.

    They come in rounds, one of each URL, so that whoever stops early has still tried every URL.
    """
    chosen = []
    for number, endpoint in enumerate(sorted(endpoints().values(), key=lambda each: each.name)):
        if endpoint.name != SIGNS_OUT:
            all_of_it = list(shots(endpoint, aims[endpoint.name]))
            some = min(max(4, int(len(all_of_it) * share)), len(all_of_it))
            chosen.append(random.Random(seed + number).sample(all_of_it, some)[part::parts])
    for one_of_each in itertools.zip_longest(*chosen):
        yield from (shot for shot in one_of_each if shot is not None)


def fire(
    people: dict[str, Client],
    shots_: Iterable[Shot],
    score: Score | None = None,
    *,
    stay: Callable[[str], bool] = lambda who: False,
) -> Score:
    """`stay(who)` signs that person in again where a shot has ended the session, and says whether it had to."""
    score = score or Score()
    for client in people.values():
        client.raise_request_exception = False
    for shot, (who, client) in itertools.product(shots_, people.items()):
        path, _, query = shot.url.partition("?")
        tell(client, who, shot, query, score, path=path)
        score.signed_in_again += may_sign_out(shot) and stay(who)
    return score


def fire_over_http(
    wires: dict[str, Wire], shots_: Iterable[Shot], score: Score, *, stay: Callable[[str], bool]
) -> None:
    for shot, (who, wire) in itertools.product(shots_, wires.items()):
        path, _, query = shot.url.partition("?")
        began = time.monotonic()
        status = wire.send(shot.method, path, query, shot.body)
        score.timed(time.monotonic() - began)
        silent = ConnectionError("closed without an answer") if status == NO_ANSWER else None
        score.add(who, shot, status, silent)
        score.signed_in_again += may_sign_out(shot) and stay(who)


def may_sign_out(shot: Shot) -> bool:
    ends = shot.method in WRITES and shot.endpoint.startswith("portal:")
    return ends or "Cookie" in shot.body.headers  # the answer takes a wrong one from the browser


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
    score.timed(time.monotonic() - began)
    info = getattr(response, "exc_info", None)
    score.add(who, shot, response.status_code, info[1] if info else None)
