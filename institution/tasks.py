from celery import shared_task
from django.db import connection, transaction

from core.background import SYSTEM
from core.calendar import today
from institution import partitions
from institution.services import (
    absences,
    alerts,
    incidents,
    late_pickup,
    ledgers,
    messages,
    notices,
    pushes,
    ratio_watch,
    strangers,
)


@shared_task(scope=SYSTEM)
def make_partitions() -> None:
    partitions.ensure_ahead(today())


_COMPACT = """
WITH busy AS (SELECT institution_id, day, kind FROM institution_dailycount GROUP BY 1, 2, 3 HAVING count(*) > 1),
     gone AS (DELETE FROM institution_dailycount c USING busy b
               WHERE (c.institution_id, c.day, c.kind) = (b.institution_id, b.day, b.kind)
           RETURNING c.institution_id, c.day, c.kind, c.amount)
INSERT INTO institution_dailycount (institution_id, day, kind, amount)
SELECT institution_id, day, kind, sum(amount) FROM gone GROUP BY 1, 2, 3 HAVING sum(amount) <> 0
"""


@shared_task(scope=SYSTEM)
def compact_counters() -> None:
    """Fold the signed amounts of each institution, day and kind into one row. Rows added meanwhile are left alone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COMPACT)


@shared_task(scope=SYSTEM)
def tell_alert(alert_id: int, level: int) -> int:
    return alerts.tell(alert_id=alert_id, level=level)


@shared_task(scope=SYSTEM, expires=60)
def escalate_alerts() -> int:
    return alerts.escalate()


@shared_task(scope=SYSTEM, expires=60)
def deliver_pushes() -> int:
    return pushes.deliver()


@shared_task(scope=SYSTEM, expires=60)
def look_for_late_pickups() -> int:
    return late_pickup.look()


@shared_task(scope=SYSTEM, expires=60)
def look_for_crowded_classes() -> int:
    return ratio_watch.look()


@shared_task(scope=SYSTEM, expires=3600)
def look_for_absences_to_ask_after() -> int:
    return absences.raise_overdue()


@shared_task(scope=SYSTEM, expires=3600)
def look_for_late_ledgers() -> int:
    return ledgers.raise_late()


@shared_task(scope=SYSTEM)
def settle_pickup_question(question_id: int) -> None:
    strangers.settle(question_id=question_id)


@shared_task(scope=SYSTEM)
def tell_message(message_id: str) -> int:
    return messages.tell(message_id=message_id)


@shared_task(scope=SYSTEM)
def tell_notice(notice_id: int, step: int) -> int:
    return notices.tell(notice_id=notice_id, step=step)


@shared_task(scope=SYSTEM)
def tell_incident(incident_id: int) -> int:
    return incidents.tell(incident_id=incident_id)


@shared_task(scope=SYSTEM)
def settle_incident(notice_id: int) -> None:
    incidents.settle(notice_id=notice_id)


@shared_task(scope=SYSTEM, expires=60)
def look_for_incidents_left_open() -> int:
    return incidents.look()
