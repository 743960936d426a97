from functools import cache

import kombu.exceptions
from celery import current_app
from django.conf import settings
from kombu.pools import ProducerPool, producers
from redis import ConnectionError as Disconnected
from redis import TimeoutError as TimedOut

from core import redis


@cache
def _producers() -> ProducerPool:
    short = {
        "socket_timeout": settings.REDIS_TIMEOUT_SECONDS,
        "socket_connect_timeout": settings.REDIS_TIMEOUT_SECONDS,
    }
    connection = current_app.connection_for_write()
    connection.transport_options = connection.transport_options | short
    return producers[connection]


def send(task: str, arguments: dict) -> None:
    """Hand a task to the workers, or raise redis.Unavailable within about one time-out. Ids only as arguments."""
    with (
        redis.breaker.guard(kombu.exceptions.OperationalError, Disconnected, TimedOut, OSError),
        _producers().acquire(block=True, timeout=1) as producer,
    ):
        current_app.send_task(
            task, kwargs=arguments, producer=producer, retry=False, ignore_result=True
        )
