"""N1, N2, N5 and N6 of the sign-in, against PostgreSQL and Redis, with the password hasher of production."""

import os
import statistics
import threading
import time

from bench import stack

TITLE = (
    "Sign-in: revocation, guessed passwords, the second factor that must be there, timing of names"
)
TITLE_ZH = "登录：会话撤销、口令猜测、强制第二步验证、用户名计时"


def run(proof, *, short: bool) -> None:
    os.environ["ALLOWED_HOSTS"] = "testserver,localhost"
    os.environ["SECOND_FACTOR"] = "required"
    with stack.running() as (__, redis):
        from django.conf import settings
        from django.test import override_settings

        from tests.factories.city import build_city

        unhashed = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        with override_settings(STORAGES=settings.STORAGES | {"staticfiles": unhashed}):
            city = build_city()
            without_factor(proof, city)
            guesses(proof, city, 300 if short else 10_000)
            timing(proof, 20 if short else 500)
            revocation(proof, city, redis, 3 if short else 30, without_redis=not short)


def without_factor(proof, city) -> None:
    """N5: every page, API method and socket, of each privileged role, by session and by token."""
    from django.conf import settings
    from django.contrib.auth import get_user
    from django.http import HttpRequest
    from django.test import Client
    from django.urls import reverse

    from core.live.admission import groups_for
    from core.signin import tokens
    from tests.permissions.discovery import OPEN, endpoints
    from tests.permissions.table import BEFORE_FACTOR
    from tests.permissions.test_matrix import people, url_of

    cells = reached = 0
    asked = [p for p in people(city) if p.role in settings.SECOND_FACTOR_ROLES]
    found = [e for e in endpoints().values() if e.name not in BEFORE_FACTOR]
    for person in asked:
        client = Client()
        client.force_login(person.user)
        program = Client(headers={"Authorization": f"Token {tokens.issue(user=person.user)}"})
        request = HttpRequest()
        request.session = client.session
        cells += 1
        reached += bool(groups_for(get_user(request), request.session))
        for endpoint in found:
            for method in (m for m, gate in endpoint.gates.items() if gate != OPEN):
                for who in (client, program) if endpoint.api else (client,):
                    url = url_of(endpoint, city.a)
                    answer = who.generic(method, url, b"{}", content_type="application/json")
                    if endpoint.api:
                        # a machine's endpoint knows no persons at all
                        kept_out = answer.status_code in (401, 403)
                    else:
                        kept_out = (answer.status_code, answer.headers.get("Location")) == (
                            302,
                            reverse("portal:account"),
                        )
                    cells += 1
                    reached += not kept_out
    proof.figure("N5", "roles that must have a second factor", len(asked), goal=6)
    proof.figure("N5", "cells tried without one", cells, goal=500)
    proof.figure("N5", "of these reached", reached, at_most=0)


def guesses(proof, city, number: int) -> None:
    """N2: the right password is guessed too, late and often."""
    from django.test import Client
    from django.urls import reverse

    from tests.factories.core import PASSWORD
    from tests.signin.conftest import code, give_app

    people = {"1 address": city.a.director, "100 addresses": city.b.director}
    for where, user in people.items():
        give_app(user)
        addresses = 1 if where == "1 address" else 100
        let_in = 0
        client = Client()
        for n in range(number):
            late_and_right = n > 50 and n % 7 == 0
            typed = {
                "username": user.username,
                "password": PASSWORD if late_and_right else f"no {n}",
            }
            address = f"203.0.113.{n % addresses}"
            answer = client.post(reverse("portal:sign-in"), typed, REMOTE_ADDR=address)
            let_in += answer.status_code == 302
        proof.figure("N2", f"guesses from {where}", number, goal=number)
        proof.figure("N2", f"guesses from {where} that got past the password", let_in, at_most=0)
        real = Client(REMOTE_ADDR="198.51.100.9")
        page = reverse("portal:sign-in-paused")
        real.post(page, {"username": user.username, "code": code()})
        real.post(page, {"password": PASSWORD})
        inside = real.get(reverse("nursery:today")).status_code == 200
        proof.figure(
            "N2", f"the person is let in by the second factor ({where})", int(inside), goal=1
        )


def timing(proof, number: int) -> None:
    """N6: a wrong password for names that exist and names that do not, in turn, always from another address."""
    from django.test import Client
    from django.urls import reverse

    from core.models import User
    from core.signin.guesses import PASSWORD

    names = number // (PASSWORD.wrong - 2) + 1
    for n in range(names):
        User.objects.create_user(f"known{n:03d}", "a long enough password", name="N")
    took: dict[str, list[float]] = {"known": [], "nobody": []}
    client = Client()
    for n in range(number * 2):
        kind = "known" if n % 2 else "nobody"
        typed = {"username": f"{kind}{(n // 2) % names:03d}", "password": "another wrong one"}
        address = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
        before = time.perf_counter()
        answer = client.post(reverse("portal:sign-in"), typed, REMOTE_ADDR=address)
        took[kind].append(time.perf_counter() - before)
        assert answer.status_code == 422, answer.status_code
    known, nobody = (statistics.median(took[kind]) * 1000 for kind in ("known", "nobody"))
    apart = abs(known - nobody) / max(known, nobody) * 100
    proof.figure("N6", "sign-ins timed for each kind of name", number, goal=number)
    proof.figure("N6", "median for a known name, ms", round(known, 1))
    proof.figure("N6", "median for an unknown name, ms", round(nobody, 1))
    proof.figure("N6", "difference of the medians, %", round(apart, 2), at_most=5)


def revocation(proof, city, redis, number: int, *, without_redis: bool) -> None:
    """N1: an open socket, and a browser that asks all the time, from the moment the session is ended."""
    from tests.core.live.conftest import LiveServer

    closed, late = [], 0
    with LiveServer() as live:
        for __ in range(number):
            seconds, more = one_revocation(live, city.a.carer)
            closed.append(seconds)
            late += more
        proof.figure("N1", "sessions ended with a socket open", number, goal=number)
        proof.figure("N1", "slowest closing of the socket, s", round(max(closed), 3), at_most=1)
        proof.figure("N1", "answers 2xx begun after the end of the session", late, at_most=0)
        if without_redis:
            redis.stop()
            seconds, more = one_revocation(live, city.a.carer)
            proof.figure(
                "N1", "closing of the socket without Redis, s", round(seconds, 1), at_most=30
            )
            proof.figure("N1", "answers 2xx after the end, without Redis", more, at_most=0)


def one_revocation(live, user) -> tuple[float, int]:
    from django.test import Client
    from django.urls import reverse
    from websockets.exceptions import ConnectionClosed

    from core.signin.sessions import end_session
    from tests.core.live.conftest import knock

    browser = Client()
    browser.force_login(user)
    key = browser.session.session_key
    ended = threading.Event()
    late: list[int] = []

    def keep_asking() -> None:
        for __ in range(10_000):
            over = ended.is_set()
            status = browser.get(reverse("nursery:board")).status_code
            if over:
                late.append(status)
                return

    asking = threading.Thread(target=keep_asking)
    with knock(live, key) as socket:
        asking.start()
        end_session(actor=None, user=user, key=key)
        at = time.monotonic()
        ended.set()
        try:
            while True:
                socket.recv(timeout=40)
        except (ConnectionClosed, TimeoutError):
            seconds = time.monotonic() - at
    asking.join(20)
    return seconds, sum(200 <= status < 300 for status in late)
