"""Hostile requests over every URL as three people, hostile files, and the same deed sixteen times at once."""

import io
import json
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from bench import stack
from tests.evidence.chaos.services import Stack
from tests.evidence.runner.forks import in_forks

TITLE = "Hardening: hostile requests, hostile files, races"
TITLE_ZH = "加固：恶意请求、恶意文件与并发竞争"
AT_ONCE = 16
PEOPLE = ("director", "parent", "anonymous")
OWN_PAGES = {"director": "/nursery/children/", "parent": "/family/readers/"}
ENDS = {"director 200", "parent 302", "parent 200"}
HELD_SECONDS = 5.0
MANY = "100000000/day"
LIMITS = ("READ", "WRITE", "CARE", "SIGN_IN", "EXPORT", "REPORT")
START = time.monotonic()
MOST_SECONDS = 12 * 60


@dataclass(frozen=True)
class Plan:
    share: float  # of the shots that there are for each URL
    examples: int  # that schemathesis makes of one kind for one operation


FULL = Plan(share=0.36, examples=25)
SHORT = Plan(share=0.03, examples=3)


def run(proof, *, short: bool) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"
    os.environ |= {f"{name}_RATE": MANY for name in LIMITS}  # a refused request tries nothing
    with stack.running() as (postgres, redis):
        logging.disable(logging.CRITICAL)
        served = Stack(postgres, redis, postgres.folder.parent / "logs")
        try:
            served.start("web")
            _attack(proof, served.web_port, SHORT if short else FULL)
        finally:
            served.stop()


def _attack(proof, port: int, plan: Plan) -> None:
    from django.db import connections
    from django.test import Client

    from core.calendar import today
    from institution import partitions
    from tests.factories.city import build_city
    from tests.hardening import fuzz

    partitions.ensure_ahead(today())
    city = build_city()
    _races(proof, city)
    aims = [fuzz.targets(nursery) for nursery in (city.a, city.b)]
    connections.close_all()
    score, over_http = fuzz.Score(), 0
    # Four attackers at once, two in a process of the site and two over HTTP, with a nursery's people each.
    attackers = [
        (attack, part)
        for part in (0, 1)
        for attack in (
            partial(_within, city, plan, aims[part]),
            partial(_over_http, city, plan, aims[part], port=port),
        )
    ]
    for (attack, part), found in in_forks(
        attackers, lambda job: job[0](job[1]), at_once=len(attackers), patience=MOST_SECONDS
    ):
        if found is None:
            raise RuntimeError(f"{attack.func.__name__} {part} did not come to its end.")
        score.merge(found)
        over_http += found.sent if attack.func is _over_http else 0
    _show(proof, score, over_http, full=plan is FULL)
    _files(proof, _signed_in(Client, city.a.director))


def _of_part(city, part: int) -> dict:
    nursery = (city.a, city.b)[part]
    return {"director": nursery.director, "parent": nursery.guardian, "anonymous": None}


def _in_time(shots: Iterator, score, *, until: float) -> Iterator:
    for shot in shots:
        if time.monotonic() > until:
            score.left += 1
        else:
            yield shot


def _within(city, plan: Plan, aims: dict[str, str], part: int):
    from django.test import Client

    from tests.hardening import fuzz

    score = fuzz.Score()
    users = _of_part(city, part)
    _described(users, score, plan.examples, part)
    people = {name: _signed_in(Client, user) for name, user in users.items()}

    def stay(who: str) -> bool:
        user, client = users[who], people[who]
        out = user is not None and client.session.get("_auth_user_id") != str(user.pk)
        if out:
            user.refresh_from_db()  # ending every session has made it another
            client.force_login(user)
        return out

    shots = fuzz.every_shot(aims, share=plan.share, part=part, parts=4)
    fuzz.fire(people, _in_time(shots, score, until=START + MOST_SECONDS - 30), score, stay=stay)
    score.ends = {f"{name} {people[name].get(url).status_code}" for name, url in OWN_PAGES.items()}
    return score


def _over_http(city, plan: Plan, aims: dict[str, str], part: int, *, port: int):
    from importlib import import_module

    from django.conf import settings
    from django.test import Client

    from tests.hardening import fuzz
    from tests.hardening.wire import Wire

    store = import_module(settings.SESSION_ENGINE).SessionStore
    score = fuzz.Score()
    users = _of_part(city, part)
    wires = {name: Wire(port) for name in users}

    def stay(who: str) -> bool:
        user, wire = users[who], wires[who]
        out = user is not None and store(wire.session).get("_auth_user_id") != str(user.pk)
        if out:
            wire.session = _signed_in(Client, user).cookies[settings.SESSION_COOKIE_NAME].value
        return out

    for name in users:
        stay(name)
    shots = fuzz.every_shot(aims, share=plan.share, part=part + 2, parts=4)
    fuzz.fire_over_http(
        wires, _in_time(shots, score, until=START + MOST_SECONDS - 30), score, stay=stay
    )
    nothing = fuzz.NOTHING
    score.ends = {f"{n} {wires[n].send('GET', url, '', nothing)}" for n, url in OWN_PAGES.items()}
    return score


def _signed_in(client_class, user):
    client = client_class()
    if user is not None:
        user.refresh_from_db()
        client.force_login(user)
    return client


def _show(proof, score, over_http: int, *, full: bool) -> None:
    from tests.hardening import fuzz
    from tests.permissions.discovery import endpoints

    wanted = {(who, name) for who in PEOPLE for name in endpoints()}
    wanted = {pair for pair in wanted if pair[1] != fuzz.SIGNS_OUT}
    proof.figure(
        "H1",
        "hostile requests over every URL as director, parent and nobody",
        score.sent,
        goal=50_000 if full else 1_000,
        headline=True,
        zh="以园长、家长与匿名身份向所有地址发出的恶意请求",
    )
    proof.figure(
        "H1",
        "server errors among them",
        len(score.faults),
        at_most=0,
        headline=True,
        zh="其中的服务器错误",
    )
    proof.figure("H1", "pairs of URL and person", len(wanted))
    proof.figure("H1", "pairs of URL and person left out", len(wanted - score.reached), at_most=0)
    proof.figure(
        "H1", "of the requests, over HTTP to gunicorn", over_http, goal=10_000 if full else 200
    )
    proof.figure(
        "H1", f"requests that held a worker longer than {HELD_SECONDS:.0f} s", score.held, at_most=0
    )
    proof.figure("H1", "longest answer, seconds", round(score.longest, 2))
    for name, why in list(score.faults.items())[:20]:
        proof.note(f"{name}: {why}")
    proof.figure(
        "H1", "people whose own page did not open at the end", len(score.ends - ENDS), at_most=0
    )
    if score.left:
        proof.note(f"{score.left} shots of the corpora were not sent for want of time.")
    answers = ", ".join(f"{count:,} × {status}" for status, count in score.statuses.most_common(12))
    proof.note(f"The answers: {answers}.")
    proof.note("Slow clients are nginx's part and were not tried.")
    proof.note(
        "Signing out is left out, because it would end the session of everything after it. Sessions that a request "
        f"ended, and that were begun anew: {score.signed_in_again}."
    )


# ---- what the description of the API allows, and what it does not ----


def _described(users: dict, score, examples: int, part: int) -> None:
    import schemathesis
    from django.test import Client

    client = Client()
    client.force_login(users["director"])
    answer = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    schema = schemathesis.openapi.from_dict(json.loads(answer.content))
    for operation in [found.ok() for found in schema.get_all_operations()][part::2]:
        for who, user in users.items():
            client = _signed_in(Client, user)
            for mode in schemathesis.GenerationMode:
                _one_operation(operation, mode, who, client, score, examples)


def _one_operation(operation, mode, who: str, client, score, examples: int) -> None:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.errors import HypothesisException

    from tests.hardening.corpora import Body
    from tests.hardening.fuzz import Shot, tell

    client.raise_request_exception = False
    name = f"{operation.method.upper()} {operation.path}"

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case) -> None:
        path, query, headers, data, kind = _as_request(case)
        shot = Shot(name, case.method.upper(), path, Body(mode.value, data, kind, headers))
        tell(client, who, shot, query, score)

    try:
        one()
    except HypothesisException:
        return  # nothing of this kind can be made for this operation, such as a wrong body where there is none


def _as_request(case) -> tuple[str, str, dict, bytes, str]:
    from urllib.parse import quote, urlencode

    path = case.path
    for key, value in (case.path_parameters or {}).items():
        path = path.replace(
            f"{{{key}}}", quote(str(value).encode("utf-8", "surrogatepass"), safe="")
        )
    query = urlencode(
        {k: str(v).encode("utf-8", "surrogatepass") for k, v in dict(case.query or {}).items()}
    )
    headers = {k: str(v) for k, v in dict(case.headers or {}).items()}
    kind = case.media_type or "application/json"
    body = case.body
    if isinstance(body, bytes):
        data = body
    elif type(body).__name__ == "NotSet":
        data = b""
    elif kind.startswith("multipart/"):
        kind, data = "multipart/form-data; boundary=XX", _multipart(body)
    else:
        data = json.dumps(body, default=str).encode("utf-8", "surrogatepass")
    return path, query, headers, data, kind


def _multipart(body) -> bytes:
    fields = body if isinstance(body, dict) else {"file": body}
    parts = [
        b'--XX\r\nContent-Disposition: form-data; name="%s"; filename="x"\r\n\r\n%s\r\n'
        % (
            str(name).encode("utf-8", "replace"),
            value if isinstance(value, bytes) else str(value).encode("utf-8", "replace"),
        )
        for name, value in fields.items()
    ]
    return b"".join(parts) + b"--XX--"


# ---- files ----


def _files(proof, client) -> None:
    from pathlib import Path

    from django.conf import settings

    from core import imaging
    from core.models import Attachment
    from tests.hardening import corpora

    answers: Counter[int] = Counter()
    for name, data in corpora.files():
        file = io.BytesIO(data)
        file.name = f"{name}.jpg"
        answers[client.post("/api/v1/attachments/", {"file": file}).status_code] += 1
    sent = answers.total()
    errors = sent - sum(answers[status] for status in (201, 400, 413))
    unsafe = 0
    for path in (Path(settings.DATA_DIR) / "files").rglob("*.jpg"):
        stored = path.read_bytes()
        marks = (b"SECRET", b"<script", b"<?php", b"Exif")
        clean = stored.startswith(b"\xff\xd8\xff") and stored.endswith(b"\xff\xd9")
        unsafe += not clean or any(mark in stored for mark in marks)
    proof.figure("H2", "hostile files uploaded", sent, goal=300, headline=True, zh="上传的恶意文件")
    proof.figure("H2", "server errors among them", errors, at_most=0)
    proof.figure(
        "H2", "files stored with anything of the original but its pixels", unsafe, at_most=0
    )
    worker = imaging.workshop().idle.get()
    imaging.workshop().idle.put(worker)
    if worker is not None:
        status = Path(f"/proc/{worker.process.pid}/status").read_text()
        most = next(
            int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")
        )
        proof.figure("H2", "memory of the decoding process, MB", most // 1024, at_most=512)
    if errors:
        proof.note(f"The answers to files: {dict(answers)}.")
    proof.note(
        f"{Attachment.objects.count()} of the files were pictures after all and are stored as our own JPEG."
    )


# ---- races ----


def _races(proof, city) -> None:
    from tests.hardening import races

    tried = doubled = failed = 0
    for name, deed, effects in races.deeds(city):
        statuses = _at_once(deed)
        tried += len(statuses)
        failed += sum(status >= 500 for status in statuses)
        extra = effects() - 1
        doubled += max(0, extra)
        if extra > 0 or 500 in statuses:
            proof.note(f"{name}: {extra + 1} effects, answers {sorted(set(statuses))}.")
        if extra < 0:
            proof.note(f"{name}: no effect at all, answers {sorted(set(statuses))}.")
            failed += 1
    proof.figure("H3", "deeds tried sixteen times at once", tried)
    proof.figure("H3", "double effects", doubled, at_most=0)
    proof.figure("H3", "server errors or deeds without effect", failed, at_most=0)


def _at_once(deed: Callable[[], int]) -> list[int]:
    from django.db import connection

    gate = threading.Barrier(AT_ONCE)
    statuses: list[int] = []

    def act() -> None:
        gate.wait()
        try:
            statuses.append(deed())
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses
