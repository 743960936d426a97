"""The three writers. Load comes from processes of their own, so that nobody shares the server's interpreter."""

import http.client
import json
import multiprocessing
import os
import time
import uuid
from collections.abc import Callable

import psycopg2
from psycopg2.extras import execute_values

from bench.daily_log.nursery import Nursery

DETAIL = {"meal": "lunch", "amount": "all"}
PROCESSES = 2


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


def bare_insert(nurseries: list[Nursery], seconds: float) -> float:
    """One connection, one INSERT of 15 rows and one commit after the other: what the database alone can do."""
    nursery = nurseries[0]
    connection, stored = psycopg2.connect(os.environ["MIGRATE_DATABASE_URL"]), 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        stored += bare_statement(connection, nursery)
    took = time.perf_counter() - start
    connection.close()
    return stored / took


def bare_statement(connection, nursery: Nursery) -> int:
    moment, detail, rows = _now(), json.dumps(DETAIL), []
    for child in nursery.child_ids:
        pk = str(uuid.uuid4())
        place = (nursery.institution_id, nursery.class_group_id, child)
        rows.append((pk, *place, "meal", moment, detail, pk, 0, nursery.user_id, moment))
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            "INSERT INTO institution_dailyentry (id, institution_id, class_group_id, child_id, kind, at,"
            " detail, root, seq, recorded_by_id, recorded_at) VALUES %s",
            rows,
        )
    connection.commit()
    return len(rows)


def post_batches(nurseries: list[Nursery], port: int, seconds: float) -> float:
    return _many(_batches, nurseries, port, seconds)


def post_single(nurseries: list[Nursery], port: int, seconds: float) -> float:
    return _many(_singles, nurseries, port, seconds)


def _many(writer: Callable, nurseries: list[Nursery], port: int, seconds: float) -> float:
    """Each nursery is one connection; the connections are spread over the load processes."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        shares = [nurseries[n::PROCESSES] for n in range(PROCESSES)]
        stored = pool.starmap(_threads, [(writer, share, port, seconds) for share in shares])
    return sum(stored) / seconds


def _threads(writer: Callable, nurseries: list[Nursery], port: int, seconds: float) -> int:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    with ThreadPoolExecutor(len(nurseries)) as threads:
        return sum(threads.map(lambda nursery: writer(nursery, port, seconds), nurseries))


def _batches(nursery: Nursery, port: int, seconds: float) -> int:
    def body() -> bytes:
        moment = _now()
        entries = [
            {
                "id": str(uuid.uuid4()),
                "child": child,
                "kind": "meal",
                "at": moment,
                "detail": DETAIL,
            }
            for child in nursery.child_ids
        ]
        return json.dumps({"entries": entries}).encode()

    def check(answer: bytes) -> int:
        created = answer.count(b'"created"')
        if created != len(nursery.child_ids):
            raise RuntimeError(answer[:300])
        return created

    return _post("/api/v1/daily-log/", body, check, nursery, port, seconds)


def _singles(nursery: Nursery, port: int, seconds: float) -> int:
    turn = 0

    def body() -> bytes:
        nonlocal turn
        turn += 1
        return json.dumps(
            {
                "institution": nursery.institution_id,
                "class_group": nursery.class_group_id,
                "child": nursery.child_ids[turn % len(nursery.child_ids)],
                "kind": "meal",
                "at": _now(),
                "detail": DETAIL,
            }
        ).encode()

    return _post("/yardstick/", body, lambda _answer: 1, nursery, port, seconds)


def _post(path, body, check, nursery: Nursery, port: int, seconds: float) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Token {nursery.token}", "Content-Type": "application/json"}
    stored, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        connection.request("POST", path, body(), headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status not in (200, 201):
            raise RuntimeError(f"{response.status} {answer[:300]!r}")
        stored += check(answer)
    connection.close()
    return stored
