import contextlib
import datetime as dt
import os
import signal
import time

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from redis import Redis as Client

from core import broker, calendar, outbox, realtime, redis
from core.models import OutboxMessage
from core.outbox import MAX_ATTEMPTS
from core.tasks import relay_outbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_remembered():
    outbox._delivered.clear()
    yield
    outbox._delivered.clear()


@pytest.fixture
def ear(own_redis):
    """What was published so far on every live channel."""
    with Client.from_url(own_redis.url, protocol=2) as client, client.pubsub() as pubsub:
        pubsub.psubscribe("live:*")
        assert pubsub.get_message(timeout=2)["type"] == "psubscribe"

        def heard() -> list[tuple[bytes, bytes]]:
            messages = []
            while message := pubsub.get_message(timeout=0.2):
                messages.append((message["channel"], message["data"]))
            return messages

        yield heard


def announce(**kwargs):
    with transaction.atomic():
        realtime.announce(**{"topic": "daily-log", "groups": ["child.7"], "cursor": 812} | kwargs)


def make_due():
    OutboxMessage.objects.update(next_attempt_at=calendar.now() - dt.timedelta(seconds=1))


def test_announce_publishes_to_every_group_once(ear):
    announce(groups=["child.7", "class.2", "child.7"])

    assert ear() == [
        (b"live:child.7", b'{"topic":"daily-log","group":"child.7","cursor":"812"}'),
        (b"live:class.2", b'{"topic":"daily-log","group":"class.2","cursor":"812"}'),
    ]


def test_announce_to_nobody_writes_nothing(ear):
    announce(groups=[])

    assert not OutboxMessage.objects.exists()


def test_rolled_back_work_leaves_neither_row_nor_hint(ear):
    with transaction.atomic():
        realtime.announce(topic="daily-log", groups=["child.7"])
        transaction.set_rollback(True)

    assert ear() == []
    assert not OutboxMessage.objects.exists()


def test_the_next_announcement_deletes_what_was_delivered(ear):
    for cursor in range(5):
        announce(cursor=cursor)

    assert list(OutboxMessage.objects.values_list("cursor", flat=True)) == ["4"]
    assert len(ear()) == 5


def test_a_delivered_row_that_somebody_holds_is_not_waited_for(ear):
    announce(cursor=1)
    row = OutboxMessage.objects.get().pk
    with other_connection() as other, other.cursor() as cursor:
        cursor.execute("SELECT 1 FROM core_outboxmessage WHERE id = %s FOR UPDATE", [row])
        start = time.monotonic()
        announce(cursor=2)

    assert time.monotonic() - start < 5
    assert OutboxMessage.objects.count() == 2


def test_the_relay_leaves_a_fresh_row_to_its_process(ear):
    announce()

    assert relay_outbox() == 0
    assert len(ear()) == 1


def test_the_relay_sends_and_deletes_what_a_dead_process_left(ear):
    with transaction.atomic():
        outbox.write_hint(topic="daily-log", groups=["child.7"], cursor="9")
    make_due()

    assert relay_outbox() == 1
    assert ear() == [(b"live:child.7", b'{"topic":"daily-log","group":"child.7","cursor":"9"}')]
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("trouble", ["frozen", "dead"])
def test_without_redis_the_request_answers_and_the_relay_delivers_afterwards(
    own_redis, ear, trouble
):
    redis.call([b"PING"])
    if trouble == "frozen":
        os.kill(own_redis.process.pid, signal.SIGSTOP)
    else:
        own_redis.process.kill()
        own_redis.process.wait()

    start = time.monotonic()
    for cursor in range(3):
        announce(cursor=cursor)
    assert time.monotonic() - start < 5
    make_due()
    assert relay_outbox() == 0
    assert list(OutboxMessage.objects.values_list("attempts", "dead")) == [(0, False)] * 3

    if trouble == "frozen":
        os.kill(own_redis.process.pid, signal.SIGCONT)
    else:
        own_redis.launch()
        time.sleep(0.5)
    redis.breaker.failed = 0
    assert relay_outbox() == 3
    assert not OutboxMessage.objects.exists()
    if trouble == "frozen":
        assert {text for _, text in ear()} == {
            b'{"topic":"daily-log","group":"child.7","cursor":"%d"}' % cursor for cursor in range(3)
        }


def test_a_row_that_cannot_be_sent_is_put_off_ever_longer_and_then_left_dead(
    own_redis, monkeypatch
):
    def refuse(task, arguments):
        raise ValueError(task)

    monkeypatch.setattr(broker, "send", refuse)
    with transaction.atomic():
        outbox.write_task(task="no.such", arguments={})
        outbox.write_hint(topic="daily-log", groups=["child.7"], cursor="1")
    waits = []
    for _ in range(MAX_ATTEMPTS + 2):
        make_due()
        relay_outbox()
        waits.append((OutboxMessage.objects.get().next_attempt_at - calendar.now()).total_seconds())

    row = OutboxMessage.objects.get()
    assert row.dead
    assert row.attempts == MAX_ATTEMPTS
    assert [round(wait, -1) for wait in waits[1:5]] == [10, 20, 40, 80]


def test_two_relays_do_not_send_a_row_twice(ear):
    with transaction.atomic():
        outbox.write_hint(topic="daily-log", groups=["child.7"], cursor="9")
    make_due()
    with other_connection() as other, other.cursor() as cursor:
        cursor.execute("SELECT 1 FROM core_outboxmessage FOR UPDATE")

        assert relay_outbox() == 0

    assert ear() == []


def test_the_relay_empties_more_than_one_batch(own_redis, monkeypatch):
    monkeypatch.setattr(outbox, "RELAY_BATCH", 3)
    with transaction.atomic():
        for cursor in range(8):
            outbox.write_hint(topic="daily-log", groups=["child.7"], cursor=str(cursor))
    make_due()

    assert relay_outbox() == 8


def test_forget_delivered_deletes_at_once(ear):
    announce()
    outbox.forget_delivered()

    assert not OutboxMessage.objects.exists()


@contextlib.contextmanager
def other_connection():
    with contextlib.closing(connection.copy()) as other:
        other.set_autocommit(False)
        yield other
        other.rollback()


@pytest.mark.parametrize("hours", [-1, 1])
def test_the_relay_goes_by_the_clock_of_the_database_not_its_own(ear, time_machine, hours):
    with transaction.atomic():
        outbox.write_hint(topic="daily-log", groups=["child.7"], cursor="9")
    announce(cursor=10)
    OutboxMessage.objects.filter(cursor="9").update(next_attempt_at=Now() - dt.timedelta(seconds=1))
    time_machine.move_to(calendar.now() + dt.timedelta(hours=hours))

    assert relay_outbox() == 1
    assert list(OutboxMessage.objects.values_list("cursor", flat=True)) == ["10"]


def test_what_was_written_before_the_databases_clock_was_set_back_does_not_wait_for_an_hour(ear):
    announce()
    hour_ahead = Now() + dt.timedelta(hours=1)
    OutboxMessage.objects.update(next_attempt_at=hour_ahead)

    assert relay_outbox() == 1
    assert not OutboxMessage.objects.exists()
