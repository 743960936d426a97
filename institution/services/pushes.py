"""Telling people outside the platform: written down for each person and channel, tried with pauses, given up at last.

Only workers come here, in the system's scope; a business transaction leaves a task in the outbox (core.jobs.later).
"""

import datetime as dt
import logging
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction

from core import outbox
from core.calendar import now
from institution.channels import channel
from institution.models import Push

AT_ONCE = 200

logger = logging.getLogger(__name__)


def queue(
    *,
    institution_id: int,
    user_ids: Iterable[int],
    about: str,
    subject: str,
    step: int = 0,
    due_at: dt.datetime | None = None,
) -> int:
    """Tell each person once of this step, by every channel; again nothing is added. Answers how many went out now."""
    due = due_at or now()
    Push.objects.bulk_create(
        [
            Push(
                institution_id=institution_id,
                user_id=user,
                channel=name,
                about=about,
                subject=subject,
                step=step,
                due_at=due,
            )
            for user in user_ids
            for name in settings.PUSH_CHANNELS
        ],
        ignore_conflicts=True,
    )
    return deliver()


def deliver() -> int:
    """Send everything that is due; answers how many went out. Those another worker has are left to it."""
    sent = 0
    while True:
        tried, went = _batch()
        sent += went
        if tried < AT_ONCE:
            return sent


def _batch() -> tuple[int, int]:
    with transaction.atomic():
        moment = now()
        due = Push.objects.due(moment).order_by("due_at", "pk")
        rows = list(due.select_for_update(skip_locked=True)[:AT_ONCE])
        for push in rows:
            _send(push, moment)
        Push.objects.bulk_update(rows, ["attempts", "due_at", "sent_at", "given_up"])
    return len(rows), sum(push.sent_at is not None for push in rows)


def _send(push: Push, moment: dt.datetime) -> None:
    try:
        channel(push.channel).send(push)
    except Exception:  # noqa: BLE001 -- a provider's trouble is any exception, and must not hold up the others
        push.due_at = moment + outbox.pause_after(push.attempts)
        push.attempts += 1
        push.given_up = push.attempts >= outbox.MAX_ATTEMPTS
        level = logging.ERROR if push.given_up else logging.WARNING
        logger.log(level, "push not sent", extra={"push": push.pk, "attempts": push.attempts})
    else:
        push.attempts += 1
        push.sent_at = moment
