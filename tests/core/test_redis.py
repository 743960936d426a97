import os
import signal
import time

import pytest

from core import redis
from core.redis import Breaker, Unavailable


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def fail(breaker):
    with breaker.guard(OSError):
        raise OSError("no answer")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(failures=2, rest=5.0, clock=clock)


def test_breaker_opens_after_two_failures_in_a_row(breaker):
    for _ in range(2):
        with pytest.raises(Unavailable, match="no answer"):
            fail(breaker)

    with pytest.raises(Unavailable, match="resting"), breaker.guard(OSError):
        pytest.fail("nobody should get through")


def test_breaker_forgets_a_single_failure(breaker):
    for _ in range(5):
        with pytest.raises(Unavailable, match="no answer"):
            fail(breaker)
        with breaker.guard(OSError):
            pass

    assert not breaker.is_open


def test_breaker_lets_one_try_after_its_rest(breaker, clock):
    for _ in range(2):
        with pytest.raises(Unavailable):
            fail(breaker)
    clock.now += 5.1

    with (
        breaker.guard(OSError),
        pytest.raises(Unavailable, match="resting"),
        breaker.guard(OSError),
    ):
        pytest.fail("a second caller should not get through while the first tries")

    with breaker.guard(OSError):
        pass


def test_breaker_leaves_other_faults_alone(breaker):
    for _ in range(3):
        with pytest.raises(ValueError, match="mine"), breaker.guard(OSError):
            raise ValueError("mine")

    assert not breaker.is_open


def test_calls_are_answered_in_order(own_redis):
    assert redis.call([b"SET", b"a", b"1"], [b"INCR", b"a"], [b"GET", b"a"]) == [b"OK", 2, b"2"]


def test_a_frozen_redis_costs_two_callers_a_moment_and_the_others_nothing(own_redis, settings):
    assert redis.call([b"PING"]) == [b"PONG"]
    os.kill(own_redis.process.pid, signal.SIGSTOP)

    took = []
    for _ in range(5):
        start = time.monotonic()
        with pytest.raises(Unavailable):
            redis.call([b"PING"])
        took.append(time.monotonic() - start)

    assert max(took) < 5
    assert redis.breaker.is_open
    assert min(took[2:]) < settings.REDIS_TIMEOUT_SECONDS


def test_answers_that_came_too_late_are_not_taken_for_the_next_call(own_redis):
    redis.call([b"SET", b"a", b"old"])
    os.kill(own_redis.process.pid, signal.SIGSTOP)
    with pytest.raises(Unavailable):
        redis.call([b"GET", b"a"])
    os.kill(own_redis.process.pid, signal.SIGCONT)

    assert redis.call([b"PING"]) == [b"PONG"]
