"""The socket says *that* something changed; the browser fetches it over HTTP, where permissions are.

A message is {"topic", "group", "cursor"}. It is a hint: it may come twice or late, and after a loss of Redis the hub
says {"topic": "resync"} instead. Hints to one `region.` group are merged by the hub to one a second for each topic.
"""

from collections.abc import Iterable
from functools import partial

from django.db import transaction
from redis import RedisError

from core import outbox, redis
from core.live.messages import ACTOR_CHANGED, publications


def announce(*, topic: str, groups: Iterable[str], cursor: str | int = "") -> None:
    """Tell these groups once the transaction has committed, and not lose it when Redis is away.

    One outbox row; published on commit within settings.REDIS_TIMEOUT_SECONDS; what was not published is relayed.
    """
    groups, cursor = list(dict.fromkeys(groups)), str(cursor)
    if not groups:
        return
    row = outbox.write_hint(topic=topic, groups=groups, cursor=cursor)
    transaction.on_commit(partial(_publish, row, topic, groups, cursor), robust=True)


def actor_changed(user_id: int) -> None:
    """Posts, classes or children of a user changed, or a session ended: open sockets are looked at again at once."""
    announce(topic=ACTOR_CHANGED, groups=[f"user.{user_id}"])


def hint(*, topic: str, groups: Iterable[str], cursor: str | int = "") -> bool:
    """Publish now and forget: only for what the next hint makes up for, such as the progress of a job."""
    try:
        redis.call(*publications(topic, groups, str(cursor)))
    except (redis.Unavailable, RedisError):
        return False
    return True


def _publish(row: int, topic: str, groups: list[str], cursor: str) -> None:
    if hint(topic=topic, groups=groups, cursor=cursor):
        outbox.delivered(row)
