"""A connection keeps the plans of its functions: one that was made for a nearly empty table must not read all of it."""

import uuid

import pytest
from django.db import connection

from core import rls
from core.calendar import now
from core.postgres import owner
from institution.models import DailyEntry
from institution.services import daily_log
from institution.services.daily_log import NewEntry
from tests.factories.city import build_city

BATCH = 15
FEW = 40  # batches; at 600 rows another index is smaller than the primary key's, and reading all of it looks cheap
UNTIL_KEPT = 8  # times a statement is asked; PostgreSQL keeps its plan from the sixth on


def record(actor, children, size: int) -> None:
    moment = now().replace(microsecond=0)
    daily_log.record(
        actor=actor,
        entries=[
            NewEntry(
                id=uuid.uuid4(),
                child_id=children[number % len(children)].pk,
                kind="meal",
                at=moment,
                detail=b'{"meal": "lunch", "amount": "all"}',
            )
            for number in range(size)
        ],
    )


def read_so_far() -> int:
    """Index entries of the daily log that were read, by whomever."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname LIKE 'institution_dailyentry_%'"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_storing_a_batch_does_not_read_through_the_month():
    city = build_city()
    actor, children = city.actor(city.a.carer), city.a.children
    with owner.as_owner(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE institution_dailyentry")  # nor a page of what was rolled back
    with rls.of_actor(actor):
        for _ in range(FEW):
            record(actor, children, BATCH)
        with connection.cursor() as cursor:
            cursor.execute("DISCARD PLANS")
        for _ in range(UNTIL_KEPT):
            record(actor, children, BATCH)

        before = read_so_far()
        record(actor, children, BATCH)
        read = read_so_far() - before

    assert DailyEntry.objects.count() == (FEW + UNTIL_KEPT + 1) * BATCH
    assert read <= BATCH
