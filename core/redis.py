"""Redis for requests that must not wait for it: short time-outs, one breaker per process."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from redis import ConnectionError as Disconnected
from redis import ConnectionPool
from redis import TimeoutError as TimedOut
from redis.backoff import NoBackoff
from redis.retry import Retry

FAILURES_TO_OPEN = 2
REST_SECONDS = 5.0


class Unavailable(Exception):
    """Redis is dead, frozen or resting behind the breaker."""


class Breaker:
    """Opens for `rest` seconds after `failures` failures in a row; then one caller tries while the others are refused."""

    def __init__(
        self, *, failures: int = FAILURES_TO_OPEN, rest: float = REST_SECONDS, clock=time.monotonic
    ):
        self.failures = failures
        self.rest = rest
        self.clock = clock
        self.failed = 0
        self.closed_until = 0.0
        self.lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        return self.failed >= self.failures and self.clock() < self.closed_until

    @contextmanager
    def guard(self, *faults: type[Exception]) -> Iterator[None]:
        self._admit()
        try:
            yield
        except faults as fault:
            self._fail()
            raise Unavailable(str(fault)) from fault
        self.failed = 0

    def _admit(self) -> None:
        if self.failed < self.failures:
            return
        with self.lock:
            if self.is_open:
                raise Unavailable("resting")
            self.closed_until = self.clock() + self.rest

    def _fail(self) -> None:
        with self.lock:
            self.failed += 1
            self.closed_until = self.clock() + self.rest


breaker = Breaker()


@cache
def pool() -> ConnectionPool:
    return ConnectionPool.from_url(
        settings.REDIS_URL,
        socket_timeout=settings.REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=settings.REDIS_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        driver_info=None,
        protocol=2,
    )


def call(*commands: Sequence[bytes]) -> list:
    """The answers to `commands`, sent and read in one go. Raises Unavailable within about one time-out."""
    with breaker.guard(Disconnected, TimedOut, OSError):
        connection = pool().get_connection()
        try:
            connection.send_packed_command([b"".join(map(pack, commands))], check_health=False)
            return [connection.read_response() for _ in commands]
        except BaseException:
            connection.disconnect()  # answers may still be under way: nobody else shall read them
            raise
        finally:
            pool().release(connection)


def pack(command: Sequence[bytes]) -> bytes:
    return b"*%d\r\n%s" % (
        len(command),
        b"".join([b"$%d\r\n%s\r\n" % (len(part), part) for part in command]),
    )
