"""Guessing PINs and pairing codes, replaying a machine's requests, and knocking at the live socket, on the real servers."""

import contextlib
import json
import random
import socket
import time
from collections import Counter

TITLE = "Devices: guessed PINs and codes, replayed requests, hostile sockets"
TITLE_ZH = "设备：猜 PIN 码与配对码、重放请求、恶意连接"
HOST = "localhost"


def run(proof, *, short: bool) -> None:
    from bench import stack

    with stack.running() as (_postgres, redis):
        from django.conf import settings

        from tests.factories.city import build_city

        plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
        settings.STORAGES["staticfiles"] = {"BACKEND": plain}  # no page is looked at
        city = build_city()
        guess_pins(proof, city, 200 if short else 2_000)
        guess_codes(proof, city, 100 if short else 1_000)
        replay(proof, city, redis)
        knock_at_sockets(proof, city)


# ---- N2


def guess_pins(proof, city, most: int) -> None:
    """The right PIN stands among the guesses, behind the tries that are allowed."""
    from django.db import connection

    from core.devices import tries
    from tests.factories.devices import PIN, PinFactory

    victim = city.a.carer
    PinFactory(user=victim)
    rng = random.Random(2)
    for addresses in (1, 100):
        tries.Tries.objects.all().delete()
        answers: Counter[int] = Counter()
        inside = 0
        for number in range(most):
            guess = PIN if number % 10 == 9 else f"{rng.randrange(10**6):06d}"
            while guess == PIN and number < 6:
                guess = f"{rng.randrange(10**6):06d}"
            client = browser(city.a.tablet, f"10.0.{number % addresses}.7")
            answer = client.post("/nursery/tablet/sign-in/", {"person": victim.pk, "pin": guess})
            answers[answer.status_code] += 1
            inside += "sessionid" in client.cookies and signed_in(client)
        what = f"PIN guesses of {most:,} from {addresses} address(es) that got in, the right PIN among them"
        proof.figure("N2", what, inside, at_most=0, headline=addresses == 100)
        proof.note(f"PIN guesses, {addresses} address(es): answers by status {dict(answers)}.")
    unlock(city, victim)
    client = browser(city.a.tablet, "10.0.0.7")
    client.post("/nursery/tablet/sign-in/", {"person": victim.pk, "pin": PIN})
    proof.figure(
        "N2", "real person in after the director opened the lock", int(signed_in(client)), goal=1
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_auditevent WHERE action = 'pin.locked'")
        proof.figure("N2", "alarms on record", cursor.fetchone()[0], goal=2)


def unlock(city, person) -> None:
    from core.devices import pins

    pins.open_lock(actor=city.actor(city.a.director), user=person)


def browser(tablet, address: str):
    from django.test import Client

    from core.devices import tablets
    from tests.factories.devices import cookie_of

    client = Client(SERVER_NAME=HOST, REMOTE_ADDR=address)
    client.cookies[tablets.COOKIE] = cookie_of(tablet)
    return client


def signed_in(client) -> bool:
    return client.get("/whoami/").status_code == 200


def guess_codes(proof, city, most: int) -> None:
    """Half of the guesses are blind. Half know the first half of a code, and after ten wrong second halves its right one."""
    from django.test import Client

    from core.devices import codes, tries
    from core.models import Pairing
    from tests.factories.devices import PairingFactory

    rng = random.Random(3)
    place = {"institution_id": city.a.institution.pk, "opened_by": city.a.director}

    def anything(length: int) -> str:
        return "".join(rng.choices(codes.ALPHABET, k=length))

    for addresses in (1, 100):
        tries.Tries.objects.all().delete()
        Pairing.objects.all().delete()
        attacked = [codes.code_of(PairingFactory(**place).pk) for _code in range(most // 50)]
        left_alone = PairingFactory(**place)
        inside, right, answers = 0, 0, Counter()
        for number in range(most):
            turn, place_in_turn = divmod(number // 2, len(attacked))
            code = attacked[place_in_turn]
            if number % 2 == 0:
                guess = anything(2 * codes.HALF)
            elif turn < 10:
                guess = code[: codes.HALF] + anything(codes.HALF)
            else:
                guess = code
                right += 1
            client = Client(SERVER_NAME=HOST, REMOTE_ADDR=f"10.1.{number % addresses}.7")
            answer = client.post("/nursery/pair/", {"code": guess})
            answers[answer.status_code] += 1
            inside += "pairing" in client.cookies
        what = f"pairing guesses of {most:,} from {addresses} address(es) that claimed a code, right ones among them"
        proof.figure("N2", what, inside, at_most=0)
        proof.note(
            f"Pairing guesses, {addresses} address(es): answers by status {dict(answers)}; {right} were right."
        )
        client = Client(SERVER_NAME=HOST, REMOTE_ADDR="10.2.0.1")
        client.post("/nursery/pair/", {"code": codes.code_of(left_alone.pk)})
        proof.figure(
            "N2",
            "the right tablet claims the code nobody attacked",
            int("pairing" in client.cookies),
            goal=1,
        )


# ---- N3


def replay(proof, city, redis) -> None:
    from django.test import Client

    from core.devices import machines
    from tests.devices.conftest import HEARTBEAT, signed

    key = city.a.machine.keys.get()
    body = b'{"firmware": "2.4.1", "battery": 81}'
    numbers = iter(range(10_000))

    def send(headers, path=HEARTBEAT, method="POST", sent=body) -> int:
        client = Client(SERVER_NAME=HOST)
        return client.generic(method, path, sent, "application/json", headers=headers).status_code

    def fresh(**changes) -> dict:
        return signed(key.pk, **{"body": body, "nonce": f"nonce-{next(numbers):012d}"} | changes)

    first = fresh()
    accepted = [send(first)]
    refused = {"the same request twice": [send(first)]}
    refused["301 seconds early or late"] = [
        send(fresh(at=time.time() - 301)), send(fresh(at=time.time() + 303))
    ]  # fmt: skip
    refused["body, path or method altered"] = [
        send(fresh(), sent=body.replace(b"81", b"82")),
        send(fresh(), path=f"{HEARTBEAT}?x=1"),
        send(fresh(method="PUT")),
    ]
    empty_redis(redis)
    refused["the same request after Redis was emptied"] = [send(first)]
    actor = city.actor(city.a.director)
    second = machines.rotate_key(actor=actor, device=city.a.machine)
    accepted.append(send(fresh()))
    accepted.append(
        send(signed(second.id, secret=second.secret, body=body, nonce="second-key-000001"))
    )
    machines.retire_old_keys(actor=actor, device=city.a.machine)
    refused["an old key"] = [send(fresh())]
    refused["another's secret"] = [send(fresh(secret="guessed"))]
    held = sum(set(statuses) == {401} for statuses in refused.values())
    proof.figure(
        "N3", "kinds of replayed or altered requests refused", held, goal=6, headline=True,
        zh="被拒绝的重放或篡改种类",
    )  # fmt: skip
    proof.figure(
        "N3", "honest requests accepted, both keys during a change", accepted.count(200), goal=3
    )
    for kind, statuses in refused.items():
        proof.note(f"{kind}: {statuses}.")


def empty_redis(redis) -> None:
    import redis as client

    with contextlib.closing(client.Redis.from_url(redis.url)) as connection:
        connection.flushall()


# ---- N4


def knock_at_sockets(proof, city) -> None:
    from django.conf import settings
    from django.test import Client

    from tests.core.live.conftest import LiveServer

    settings.ALLOWED_HOSTS = [HOST]
    visitor = Client(SERVER_NAME=HOST)
    visitor.force_login(city.a.guardian)
    good = visitor.session.session_key
    with LiveServer() as live:
        opened = 0
        variants = list(hostile_handshakes(city, good))
        for request in variants:
            opened += answers_101(live, request)
        proof.figure("N4", "hostile handshakes tried", len(variants), goal=200)
        proof.figure(
            "N4",
            "hostile handshakes accepted",
            opened,
            at_most=0,
            headline=True,
            zh="被接受的恶意连接",
        )
        proof.figure(
            "N4",
            "honest handshake accepted",
            answers_101(live, handshake(cookie=f"sessionid={good}")),
            goal=1,
        )
        wait_for_room()
        talk(proof, city, live, good)


ORIGINS = [
    None, "", "null", "http://", "https://", "file://", "http://evil.example", "https://evil.example",
    "http://localhost.evil.example", "http://evil.example/localhost", "http://evil-localhost",
    "http://localhost@evil.example", "http://evil.example#localhost", "http://evil.example?localhost",
    "//localhost.evil", "http://localhostx", "http://xlocalhost", "http://127.0.0.1", "http://[::1]",
    "http://0.0.0.0", "http://2130706433", "chrome-extension://localhost.x", "data:text/html,x", "*",
    "http://*", "http://LOCALHOST.EVIL.EXAMPLE", "http://localhost\t.evil.example", "localhost, evil.example",
]  # fmt: skip
SESSIONS = [
    "", "sessionid=", "sessionid=x", f"sessionid={'a' * 32}", f"sessionid={'0' * 32}", "sessionid=%00",
    "sessionid=' OR 1=1 --", "sessionid=../../etc/passwd", f"sessionid={'a' * 4000}", "SESSIONID=x",
    "csrftoken=x", "sessionid=null", "sessionid=undefined", "token=x",
]  # fmt: skip


def handshake(
    *,
    path="/ws/live/",
    origin: str | None = f"http://{HOST}",
    cookie="",
    method="GET",
    lines=(),
    drop=(),
) -> bytes:
    headers = {
        "Host": HOST,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    if origin is not None:
        headers["Origin"] = origin
    if cookie:
        headers["Cookie"] = cookie
    headers |= dict(lines)
    text = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name not in drop)
    return f"{method} {path} HTTP/1.1\r\n{text}\r\n".encode()


def hostile_handshakes(city, good: str):
    mine = f"sessionid={good}"
    yield from (handshake(origin=origin, cookie=mine) for origin in ORIGINS)
    others = [*SESSIONS, *sessions_that_ended(city), *sessions_of_pins(city)]
    yield from (handshake(cookie=cookie) for cookie in others)
    yield from (
        handshake(origin=origin, cookie=cookie) for origin in ORIGINS[:12] for cookie in others[:10]
    )
    for group in (f"institution.{city.b.institution.pk}", "user.1", "region.3708", "*"):
        for query in ("group", "groups", "channel", "room", "post"):
            yield handshake(path=f"/ws/live/?{query}={group}", cookie="sessionid=x")
        for path in (f"/ws/live/{group}/", f"/ws/{group}/", f"/ws/live/..%2f{group}"):
            yield handshake(path=path, cookie=mine)
    yield handshake(cookie=mine, method="POST")
    yield handshake(cookie=mine, drop=("Upgrade",))
    yield handshake(cookie=mine, drop=("Sec-WebSocket-Key",))
    yield handshake(cookie=mine, lines={"Sec-WebSocket-Version": "7"}.items())
    yield handshake(cookie=mine, drop=("Host", "Origin"))


def sessions_that_ended(city):
    """Signed out, past its time, account closed, password changed, without a post."""
    from django.test import Client

    from tests.factories.core import UserFactory

    def opened(user) -> Client:
        client = Client(SERVER_NAME=HOST)
        client.force_login(user)
        return client

    out, late = opened(city.a.clerk), opened(city.a.clerk)
    key = out.session.session_key
    out.logout()
    yield f"sessionid={key}"
    session = late.session
    session.set_expiry(-1)
    session.save()
    yield f"sessionid={session.session_key}"
    closed = opened(city.b.clerk)
    city.b.clerk.is_active = False
    city.b.clerk.save()
    yield f"sessionid={closed.session.session_key}"
    changed = opened(city.b.health_worker)
    city.b.health_worker.set_password("another one")
    city.b.health_worker.save()
    yield f"sessionid={changed.session.session_key}"
    yield f"sessionid={opened(UserFactory()).session.session_key}"


def sessions_of_pins(city):
    """A session of a PIN without its tablet, with another's, after ten minutes, after the tablet was revoked."""
    from core.devices import people, tablets
    from tests.factories.devices import PIN, PinFactory, TabletFactory, cookie_of

    PinFactory(user=city.a.health_worker)
    tablet = TabletFactory(institution_id=city.a.institution.pk)

    def entered() -> str:
        client = browser(tablet, "10.3.0.1")
        client.post("/nursery/tablet/sign-in/", {"person": city.a.health_worker.pk, "pin": PIN})
        assert signed_in(client)
        return client.session

    shown = f"{tablets.COOKIE}={cookie_of(tablet)}"
    session = entered()
    yield f"sessionid={session.session_key}"
    yield f"sessionid={session.session_key}; {tablets.COOKIE}={cookie_of(city.b.tablet)}"
    yield f"sessionid={session.session_key}; {tablets.COOKIE}={tablet.pk}.{'x' * 43}"
    session[people.SEEN_KEY] = int(time.time()) - 601
    session.save()
    yield f"sessionid={session.session_key}; {shown}"
    session = entered()
    tablets.revoke(actor=city.actor(city.a.director), device=tablet)
    yield f"sessionid={session.session_key}; {shown}"


def answers_101(live, request: bytes) -> int:
    port = live.servers[0].sockets[0].getsockname()[1]
    with socket.create_connection(("127.0.0.1", port), 10) as wire:
        wire.sendall(request)
        with contextlib.suppress(OSError):
            return int(b" 101 " in wire.recv(300).partition(b"\r\n")[0])
    return 0


def wait_for_room() -> None:
    """The hub forgets a socket when its loop has seen the end of it."""
    from core.live import hub

    until = time.monotonic() + 10
    while hub._hub is not None and hub._hub.sockets and time.monotonic() < until:
        time.sleep(0.05)


def talk(proof, city, live, session: str) -> None:
    from django.conf import settings
    from django.db import transaction
    from websockets.exceptions import ConnectionClosed, InvalidStatus

    from core import realtime
    from tests.core.live.conftest import knock

    def ending(socket) -> int:
        with contextlib.suppress(ConnectionClosed):
            while True:
                socket.recv(5)
        return socket.close_code

    with knock(live, session) as frame:
        with contextlib.suppress(ConnectionClosed):
            frame.send("x" * 1_000_000)
        proof.figure(
            "N4", "socket open after a frame of 1 MB", int(ending(frame) != 1009), at_most=0
        )
    with knock(live, session) as flood:
        with contextlib.suppress(ConnectionClosed):
            for _message in range(200):
                flood.send("hello")
        proof.figure(
            "N4", "socket open after 200 messages at once", int(ending(flood) != 4429), at_most=0
        )
    wait_for_room()
    with knock(live, session) as nosy:
        own = f"user.{city.a.guardian.pk}"
        others = (f"institution.{city.b.institution.pk}", f"child.{city.b.children[0].pk}")
        for group in (*others, own):  # one's own comes last: what came before it is all there is
            nosy.send(f'{{"subscribe": "{group}"}}')
            with transaction.atomic():
                realtime.announce(topic="daily-log", groups=[group], cursor="1")
        heard = list(iter(lambda: json.loads(nosy.recv(5)).get("group"), own))
        proof.figure(
            "N4",
            "hints of another nursery heard after asking for them",
            len(set(heard) & set(others)),
            at_most=0,
        )
    wait_for_room()
    with contextlib.ExitStack() as sockets:
        for _number in range(settings.SOCKETS_PER_USER):
            sockets.enter_context(knock(live, session))
        try:
            sockets.enter_context(knock(live, session))
            more = 1
        except InvalidStatus:
            more = 0
        proof.figure("N4", "sockets of one person beyond the limit of five", more, at_most=0)
    proof.note("The limit of sockets holds for each live process; a person may have five on each.")
