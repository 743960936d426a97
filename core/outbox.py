"""The outbox: rows written in the business transaction, published on commit, relayed when that failed.

A row has a number by chance, of 63 bits, so that nobody has to wait for it: the row is sent with COMMIT.
Deleting a published row at once would cost every request a second commit. Instead the process remembers it, and its next
hint deletes it in the statement that writes the new row. A row that stays, because the process went quiet or
died, is published again by the relay: a hint heard twice does no harm. What is due is told by the database's clock
alone: the processes that write and relay may disagree about the time.
"""

import datetime as dt
import json
import logging
import secrets
from collections import deque

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from core import audit, broker, redis
from core.live.messages import publications
from core.models.outbox import OutboxMessage
from core.scoping import Actor

GRACE_SECONDS = 3  # how long the process that wrote a row has it for itself
MAX_ATTEMPTS = 8
MAX_BACKOFF_SECONDS = 300
RELAY_BATCH = 200

logger = logging.getLogger(__name__)
_delivered: deque[int] = deque(maxlen=10_000)

_BITS = 63
_WRITE = (  # migration 0024
    "SELECT core_outbox_write(%s, %s::bigint[], %s, %s, %s, %s, %s, make_interval(secs => %s))"
)


def write_hint(*, topic: str, groups: list[str], cursor: str) -> int:
    return _write(topic, json.dumps(groups), cursor, "", "{}")


def write_task(*, task: str, arguments: dict) -> int:
    return _write("", "[]", "", task, json.dumps(arguments))


def delivered(row: int) -> None:
    _delivered.append(row)


def forget_delivered() -> None:
    """Delete what this process has published and still remembers."""
    OutboxMessage.objects.filter(pk__in=_take_delivered()).delete()


def relay() -> int:
    """Publish every row that is due and delete it; answers how many went out. Rows another relay holds are skipped."""
    sent = 0
    while batch := relay_batch():
        sent += batch
    return sent


def relay_batch() -> int:
    """At most RELAY_BATCH of them, for who cannot be kept longer."""
    try:
        redis.call([b"PING"])
    except redis.Unavailable:
        return 0
    return _relay_due()


def _write(*values: str) -> int:
    number = secrets.randbits(_BITS)
    params = [number, _take_delivered(), *values, GRACE_SECONDS]
    connection.execute_with_next(_WRITE, params)  # type: ignore[attr-defined]  # of core.postgres
    return number


def _take_delivered(limit: int = 200) -> list[int]:
    rows: list[int] = []
    while len(rows) < limit:
        try:
            rows.append(_delivered.popleft())
        except IndexError:
            break
    return rows


def _due() -> Q:
    """Nothing waits longer than the longest pause: what seems to was written before the clock was set back."""
    too_far = Now() + dt.timedelta(seconds=MAX_BACKOFF_SECONDS + GRACE_SECONDS)
    return Q(next_attempt_at__lte=Now()) | Q(next_attempt_at__gt=too_far)


@transaction.atomic
def _relay_due() -> int:
    sent = []
    rows = (
        OutboxMessage.objects.filter(_due(), dead=False)
        .order_by("next_attempt_at", "id")
        .select_for_update(skip_locked=True)[:RELAY_BATCH]
    )
    for row in rows:
        try:
            _send(row)
        except redis.Unavailable:
            break  # nobody's fault: no attempt is counted while Redis is away
        except Exception as fault:  # noqa: BLE001 -- one bad row must not hold up the others
            _put_off(row, fault)
        else:
            sent.append(row.pk)
    OutboxMessage.objects.filter(pk__in=sent).delete()
    return len(sent)


def _send(row: OutboxMessage) -> None:
    if row.task:
        broker.send(row.task, row.arguments)
    else:
        redis.call(*publications(row.topic, row.groups, row.cursor))


def pause_after(attempts: int) -> dt.timedelta:
    """How long to wait after the next attempt failed too; MAX_ATTEMPTS of them are made."""
    return dt.timedelta(seconds=min(5 * 2**attempts, MAX_BACKOFF_SECONDS))


def _put_off(row: OutboxMessage, fault: Exception) -> None:
    row.next_attempt_at = Now() + pause_after(row.attempts)
    row.attempts += 1
    row.dead = row.attempts >= MAX_ATTEMPTS
    row.fault = type(fault).__name__[:80]
    row.save(update_fields=["next_attempt_at", "attempts", "dead", "fault"])
    logger.log(
        logging.ERROR if row.dead else logging.WARNING,
        "outbox message not sent",
        extra={"row": row.pk, "attempts": row.attempts, "fault": row.fault},
    )


@transaction.atomic
def retry_dead(*, actor: Actor) -> int:
    """Give every message that was given up all its attempts again; answers how many. The relay sends them."""
    revived = OutboxMessage.objects.filter(dead=True).update(
        dead=False, attempts=0, next_attempt_at=Now()
    )
    audit.record(actor=actor, action="delivery.retried", data={"messages": revived})
    return revived
