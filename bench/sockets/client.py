"""A thousand browsers in one process, lean enough not to be what is measured: epoll, recv_into, counting bytes.

Every hint has the same length, so deliveries are bytes divided by the length of a frame. For the latency the hint's
cursor is the moment it was published.
"""

import base64
import os
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

TOPIC = b"daily-log"
CURSOR_DIGITS = 16


@dataclass
class Address:
    """How one socket introduces itself: the room it wants, and the session that entitles it where somebody asks."""

    group: str
    session: str = ""


def pack(*parts: bytes) -> bytes:
    return b"*%d\r\n" % len(parts) + b"".join(
        b"$%d\r\n%s\r\n" % (len(part), part) for part in parts
    )


def hint(group: str, cursor: int) -> bytes:
    return b'{"topic":"%s","group":"%s","cursor":"%0*d"}' % (
        TOPIC,
        group.encode(),
        CURSOR_DIGITS,
        cursor,
    )


class Publisher:
    def __init__(self, url: str):
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port or 6379))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if parts.password:
            self.socket.sendall(pack(b"AUTH", unquote(parts.password).encode()))
            assert self.socket.recv(100) == b"+OK\r\n"

    def publish(self, groups: list[str]) -> None:
        moment = time.perf_counter_ns() // 1000
        commands = [
            pack(b"PUBLISH", f"live:{group}".encode(), hint(group, moment)) for group in groups
        ]
        self.socket.sendall(b"".join(commands))

    def drop_answers(self) -> None:
        try:
            while len(self.socket.recv(65536, socket.MSG_DONTWAIT)) == 65536:
                pass
        except BlockingIOError:
            pass

    def close(self) -> None:
        self.socket.close()


class Browsers:
    def __init__(self, port: int, addresses: list[Address]):
        self.groups = sorted({address.group for address in addresses})
        self.per_group = len(addresses) // len(self.groups)
        self.frame = 2 + len(hint(self.groups[0], 0))
        assert all(len(group) == len(self.groups[0]) for group in self.groups)
        assert self.frame < 128
        self.buffer = bytearray(256 * 1024)
        self.view = memoryview(self.buffer)
        self.poll = select.epoll()
        self.sockets: dict[int, socket.socket] = {}
        for start in range(0, len(addresses), 25):
            for fresh in self._shake_hands(port, addresses[start : start + 25]):
                self.sockets[fresh.fileno()] = fresh
                self.poll.register(fresh.fileno(), select.EPOLLIN)

    def saturate(
        self, publisher: Publisher, *, seconds: float, in_flight: int, cpu: Callable[[], float]
    ) -> tuple[float, float]:
        """Deliveries a second, and for each second of the server's processor time, while about `in_flight` published
        hints are always not yet delivered to everybody."""
        queue = self.groups * (2 + in_flight // len(self.groups))
        position, published, received = 0, 0, 0
        warm_up = time.perf_counter() + 1
        until = warm_up + seconds
        mark, mark_at, cpu_mark = 0, 0.0, 0.0
        while (now := time.perf_counter()) < until:
            if not mark_at and now >= warm_up:
                mark, mark_at, cpu_mark = received, now, cpu()
            missing = in_flight - (published - received // self.frame // self.per_group)
            if missing >= 8:
                publisher.publish(queue[position : position + missing])
                position = (position + missing) % len(self.groups)
                published += missing
            received += self._receive(0.05)
            publisher.drop_answers()
        delivered = (received - mark) / self.frame
        rates = delivered / (time.perf_counter() - mark_at), delivered / (cpu() - cpu_mark)
        self._until_all(published * self.per_group * self.frame - received)
        return rates

    def latencies(self, publisher: Publisher, *, seconds: float, deliveries: float) -> list[float]:
        """Milliseconds from PUBLISH to each browser at a steady rate."""
        every = self.per_group / deliveries
        found: list[float] = []
        start = time.perf_counter()
        due, count = start, 0
        until = start + seconds
        expected = 0
        while (now := time.perf_counter()) < until or len(found) < expected:
            if due <= now < until:
                publisher.publish([self.groups[count % len(self.groups)]])
                count, due = count + 1, due + every
                expected += self.per_group
            if now > until + 5:
                raise RuntimeError(f"{expected - len(found)} deliveries lost")
            self._measure(found, max(0.0005, min(due - now, 0.02)))
            publisher.drop_answers()
        return found

    def close(self) -> None:
        for one in self.sockets.values():
            one.close()
        self.poll.close()

    def _shake_hands(self, port: int, addresses: list[Address]) -> list[socket.socket]:
        opening = []
        for address in addresses:
            fresh = socket.create_connection(("127.0.0.1", port))
            key = base64.b64encode(os.urandom(16)).decode()
            cookie = f"Cookie: sessionid={address.session}\r\n" if address.session else ""
            fresh.sendall(
                f"GET /ws/live/?group={address.group} HTTP/1.1\r\nHost: localhost:{port}\r\n"
                f"Origin: http://localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{cookie}"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
            )
            opening.append(fresh)
        for fresh in opening:
            fresh.settimeout(20)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += fresh.recv(1)
            if b" 101 " not in answer:
                raise RuntimeError(answer.decode())
            fresh.setblocking(False)  # noqa: FBT003
        return opening

    def _receive(self, timeout: float) -> int:
        total = 0
        for descriptor, _ in self.poll.poll(timeout):
            total += self.sockets[descriptor].recv_into(self.buffer)
        return total

    def _measure(self, found: list[float], timeout: float) -> None:
        for descriptor, _ in self.poll.poll(timeout):
            size = self.sockets[descriptor].recv_into(self.buffer)
            now = time.perf_counter_ns() // 1000
            cursors = (
                self.view[end - 2 - CURSOR_DIGITS : end - 2]
                for end in range(self.frame, size + 1, self.frame)
            )
            found.extend((now - int(cursor)) / 1000 for cursor in cursors)

    def _until_all(self, outstanding: int) -> None:
        until = time.perf_counter() + 10
        while outstanding > 0 and time.perf_counter() < until:
            outstanding -= self._receive(0.1)
        if outstanding:
            raise RuntimeError(f"{outstanding // self.frame} deliveries lost or doubled")
