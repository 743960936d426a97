"""Deletion of what has been kept long enough: dated rules, bounded batches, and a proof of what was done.

The rules are `config/retention.py` (settings.RETENTION). A run may be cut off or started twice: it deletes what is due when
it looks, a batch in a transaction, and the next run goes on.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from django.conf import settings
from django.db import models, transaction
from django.db.models.fields.files import FieldFile
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from core import calendar
from core.models import LegalHold, UpkeepRun
from core.models.upkeep import UpkeepKind
from core.recovery import record

SECONDS_OF_A_RULE = 600  # the rest is done the next night


class What(models.TextChoices):
    DAILY_LOG = "daily_log", _("Daily log")
    CHECKS = "checks", _("Morning checks")
    MEASUREMENTS = "measurements", _("Measurements")
    PICTURES = "pictures", _("Pictures of children who left")
    CHILDREN = "children", _("Files of children who left")
    PASSES = "passes", _("Passes shown at the door")
    QUESTIONS = "questions", _("Questions about strangers at the door")
    AUDIT = "audit", _("Audit records")
    SESSIONS = "sessions", _("Sessions that ended")
    TOKENS = "tokens", _("API tokens that ended")
    INVITATIONS = "invitations", _("Invitations that nobody used")
    REQUESTS = "requests", _("Answers to requests sent twice")
    MESSAGES = "messages", _("Messages given up")
    PUSHES = "pushes", _("What phones were told")
    JOBS = "jobs", _("Exports and other jobs")
    COUNTERS = "counters", _("Counters of limits")
    UPKEEP = "upkeep", _("Records of upkeep")


@dataclass(frozen=True)
class Held:
    """Of whom nothing is deleted today."""

    institutions: frozenset[int] = frozenset()
    children: frozenset[int] = frozenset()

    @classmethod
    def on(cls, day: dt.date) -> "Held":
        holds = list(LegalHold.objects.on(day))
        return cls(
            frozenset(each.institution_id for each in holds if each.institution_id is not None),
            frozenset(each.child_id for each in holds if each.child_id is not None),
        )


class Kept(Protocol):
    def due(self, before: dt.datetime, held: Held) -> int: ...

    def delete(self, before: dt.datetime, held: Held) -> int:
        """One batch, inside a transaction."""

    def oldest(self) -> dt.datetime | dt.date | None: ...


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How long something is kept from `since` on, and what says so. `days` None: it is never deleted."""

    what: What
    kept: Kept
    days: int | None
    basis: str
    confidence: (
        str  # high, medium, low; "setting" where no source is known and the operator decides
    )
    since: dt.date

    def before(self, now: dt.datetime) -> dt.datetime | None:
        return None if self.days is None else now - dt.timedelta(days=self.days)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of one table by the age that `moment` tells."""

    rows: Callable[[], models.QuerySet]
    moment: str
    institution: str = ""  # lookups, where a hold can be on the row
    child: str = ""
    files: tuple[str, ...] = ()
    appended: bool = (
        False  # the lowest number is the oldest: a large table is not read through for it
    )
    batch: int = 5_000

    def due(self, before: dt.datetime, held: Held) -> int:
        return self._due(before, held).count()

    def delete(self, before: dt.datetime, held: Held) -> int:
        found = self._due(before, held).order_by(self.moment, "pk")[: self.batch]
        if self.files:
            return _with_files(found, self.files)
        rows = self.rows().filter(pk__in=list(found.values_list("pk", flat=True)))
        return rows.delete()[0]

    def oldest(self) -> dt.datetime | dt.date | None:
        if self.appended:
            return self.rows().order_by("pk").values_list(self.moment, flat=True).first()
        return self.rows().aggregate(oldest=models.Min(self.moment))["oldest"]

    def _due(self, before: dt.datetime, held: Held) -> models.QuerySet:
        rows = self.rows()
        is_day = type(rows.model._meta.get_field(self.moment)) is models.DateField
        limit = before.date() if is_day else before
        rows = rows.filter(**{f"{self.moment}__lt": limit})
        if self.institution and held.institutions:
            rows = rows.exclude(**{f"{self.institution}__in": held.institutions})
        if self.child and held.children:
            rows = rows.exclude(**{f"{self.child}__in": held.children})
        return rows


def _with_files(rows: Iterable[models.Model], names: tuple[str, ...]) -> int:
    count = 0
    for row in rows:
        files = [getattr(row, name) for name in names]
        row.delete()
        transaction.on_commit(partial(_remove, files), robust=True)
        count += 1
    return count


def _remove(files: list[FieldFile]) -> None:
    for file in files:
        if file.name:
            file.storage.delete(file.name)


@dataclass
class Outcome:
    """What one rule did, or would do: counts, and nothing of what was there."""

    what: str
    days: int | None
    due: int = 0
    held: int = 0  # old enough, and kept for a hold
    deleted: int = 0
    left: int = 0  # due, and not reached in this run
    oldest: str | None = None
    basis: str = ""
    confidence: str = ""

    @property
    def label(self) -> str:
        return str(What(self.what).label) if self.what in What.values else self.what

    @property
    def oldest_day(self) -> str:
        return (self.oldest or "")[:10]


@dataclass
class Report:
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def deleted(self) -> int:
        return sum(each.deleted for each in self.outcomes)


def rules(day: dt.date) -> list[Rule]:
    """The rule in force for each kind of data: the latest that has begun."""
    found: dict[What, Rule] = {}
    for rule in sorted(import_string(settings.RETENTION), key=lambda rule: rule.since):
        if rule.since <= day:
            found[rule.what] = rule
    return list(found.values())


def look() -> Report:
    """What would go. Writes nothing."""
    now, held = calendar.now(), Held.on(calendar.today())
    return Report([_looked_at(rule, now, held) for rule in rules(calendar.today())])


def apply() -> Report:
    """Delete what is due; the run's row and an audit record prove it. Raises what a rule raised, after the others."""
    now, held = calendar.now(), Held.on(calendar.today())
    with record.run(UpkeepKind.RETENTION, "retention.applied") as row:
        report, faults = Report(), []
        for rule in rules(calendar.today()):
            try:
                report.outcomes.append(_applied(rule, now, held))
            except Exception as fault:  # noqa: BLE001 -- one table in use must not keep the others from being done
                faults.append(fault)
            row.report = {
                "deleted": report.deleted,
                "held": sum(each.held for each in report.outcomes),
                "left": sum(each.left for each in report.outcomes),
                "rules": [vars(each) for each in report.outcomes],
            }
        if faults:
            raise faults[0]
    return report


def last_proof() -> tuple[UpkeepRun, list[Outcome]] | None:
    row = UpkeepRun.objects.newest(UpkeepKind.RETENTION).ended().first()
    if row is None:
        return None
    return row, [Outcome(**each) for each in row.report.get("rules", [])]


def _looked_at(rule: Rule, now: dt.datetime, held: Held) -> Outcome:
    due, before = _due(rule, now, held), rule.before(now)
    of_all = rule.kept.due(before, Held()) if before and held != Held() else due
    return Outcome(
        what=rule.what.value,
        days=rule.days,
        due=due,
        held=of_all - due,
        left=due,
        oldest=_said(rule.kept.oldest()),
        basis=rule.basis,
        confidence=rule.confidence,
    )


def _applied(rule: Rule, now: dt.datetime, held: Held) -> Outcome:
    outcome = _looked_at(rule, now, held)
    outcome.deleted = _deleted(rule, now, held)
    outcome.left = _due(rule, now, held)
    outcome.oldest = _said(rule.kept.oldest())
    return outcome


def _due(rule: Rule, now: dt.datetime, held: Held) -> int:
    before = rule.before(now)
    return rule.kept.due(before, held) if before else 0


def _deleted(rule: Rule, now: dt.datetime, held: Held) -> int:
    before, deleted = rule.before(now), 0
    until = time.monotonic() + SECONDS_OF_A_RULE
    while before and time.monotonic() < until:
        with transaction.atomic():
            batch = rule.kept.delete(before, held)
        if not batch:
            break
        deleted += batch
    return deleted


def _said(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
