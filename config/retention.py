"""How long what is kept, and what says so. A changed rule is a new line with its own `since`; old lines stay.

Where no source gives a term the operator decides by a setting (docs/runbook.md); the confidence says so.
"""

import datetime as dt

from django.conf import settings

from core import tally
from core.models import (
    ApiToken,
    AuditEvent,
    Invitation,
    Job,
    OutboxMessage,
    SentOnce,
    Session,
    Tally,
    UpkeepRun,
)
from core.retention import Rows, Rule, What
from health.models import Measurement, MorningCheck
from institution.models import PickupPass, PickupQuestion, Push
from institution.services.retention import Children, Months, Pictures

START = dt.date(2026, 1, 1)
THREE_YEARS = 3 * 365 + 1
WORK_LOGS = "Work standard for health care in nurseries: archives and work logs at least 3 years"
SHORTEST = "PIPL 19, 47: the shortest time needed, then deleted; no term is named"
OURS = "no source; needed for running the system only"


def _or_never(days: int) -> int | None:
    return days or None


RULES = (
    Rule(what=What.DAILY_LOG, kept=Months(), days=THREE_YEARS, basis=WORK_LOGS, confidence="high from memory", since=START),
    Rule(
        what=What.CHECKS, days=THREE_YEARS, basis=WORK_LOGS, confidence="high from memory", since=START,
        kept=Rows(rows=MorningCheck.objects.all, moment="day", institution="institution_id", child="child_id"),
    ),
    Rule(  # part of the child's file for life: they go with it
        what=What.MEASUREMENTS, days=None, basis=WORK_LOGS, confidence="high from memory", since=START,
        kept=Rows(rows=Measurement.objects.all, moment="measured_on", institution="institution_id", child="child_id"),
    ),
    Rule(
        what=What.PICTURES, kept=Pictures(), days=_or_never(settings.RETENTION_PICTURE_DAYS),
        basis=SHORTEST, confidence="setting", since=START,
    ),
    Rule(
        what=What.CHILDREN, kept=Children(), days=_or_never(settings.RETENTION_CHILD_DAYS),
        basis=f"{SHORTEST}; {WORK_LOGS}", confidence="setting", since=START,
    ),
    Rule(  # that somebody came with one stands in the daily log
        what=What.PASSES, days=_or_never(settings.RETENTION_DOOR_DAYS), basis=SHORTEST, confidence="setting", since=START,
        kept=Rows(rows=PickupPass.objects.all, moment="expires_at", institution="institution_id", child="child_id"),
    ),
    Rule(
        what=What.QUESTIONS, days=_or_never(settings.RETENTION_DOOR_DAYS), basis=SHORTEST, confidence="setting", since=START,
        kept=Rows(rows=PickupQuestion.objects.all, moment="asked_at", institution="institution_id", child="child_id"),
    ),
    Rule(
        what=What.AUDIT, kept=Rows(rows=AuditEvent.objects.all, moment="at", appended=True), days=None, since=START, confidence="high",
        basis="Cybersecurity Law 21(3): logs at least 6 months; PIPL 56, Network Data Regulation 12: records at least 3 years. Chained, so never cut",
    ),
    Rule(what=What.SESSIONS, kept=Rows(rows=Session.objects.all, moment="expire_date"), days=0, basis=OURS, confidence="setting", since=START),
    Rule(what=What.TOKENS, kept=Rows(rows=ApiToken.objects.all, moment="expires_at"), days=0, basis=OURS, confidence="setting", since=START),
    Rule(
        what=What.INVITATIONS, kept=Rows(rows=Invitation.objects.all, moment="expires_at"), days=0, basis=OURS, confidence="setting", since=START,
    ),
    Rule(
        what=What.REQUESTS, kept=Rows(rows=SentOnce.objects.all, moment="created_at"), days=settings.IDEMPOTENCY_DAYS,
        basis=OURS, confidence="setting", since=START,
    ),
    Rule(
        what=What.MESSAGES, kept=Rows(rows=lambda: OutboxMessage.objects.filter(dead=True), moment="created_at"),
        days=_or_never(settings.RETENTION_MESSAGE_DAYS), basis=OURS, confidence="setting", since=START,
    ),
    Rule(  # what was told; the alert, message or notice itself stays
        what=What.PUSHES, kept=Rows(rows=Push.objects.all, moment="due_at"),
        days=_or_never(settings.RETENTION_MESSAGE_DAYS), basis=OURS, confidence="setting", since=START,
    ),
    Rule(
        what=What.JOBS, days=_or_never(settings.RETENTION_JOB_DAYS), basis=SHORTEST, confidence="setting", since=START,
        kept=Rows(rows=Job.objects.all, moment="finished_at", files=("result",), batch=200),
    ),
    Rule(what=What.COUNTERS, kept=Rows(rows=Tally.objects.all, moment="since"), days=tally.KEEP.days, basis=OURS, confidence="setting", since=START),
    Rule(
        what=What.UPKEEP, kept=Rows(rows=UpkeepRun.objects.all, moment="started_at"), days=THREE_YEARS,
        basis="PIPL 56 by analogy: the proof of a deletion is kept as long as an impact assessment", confidence="medium", since=START,
    ),
)  # fmt: skip
