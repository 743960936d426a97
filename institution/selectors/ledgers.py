"""What the ledgers ask for today, what is late in every nursery, what was written in a month, and what stands open."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.calendar import local_day, today
from core.models import Attachment
from core.permissions import Permission
from core.scoping import Actor
from institution.enums import LedgerKind
from institution.ledgers import ENDS, LEDGERS, Ledger, due_on, said
from institution.models import LedgerEntry, LedgerRhythm, LedgerSchedule
from institution.selectors.attention import Item
from institution.selectors.calendar import ONE_DAY, OpenDays, open_days_of

SOON = dt.timedelta(days=7)
LOOK_BACK = dt.timedelta(days=60)  # what fell due before that is late whatever was closed since


@dataclass(frozen=True)
class Task:
    """Something that is due by its rhythm."""

    schedule: LedgerSchedule
    rhythm: LedgerRhythm
    due_on: dt.date
    last_on: dt.date | None
    is_late: bool

    @property
    def ledger(self) -> Ledger:
        return LEDGERS[self.schedule.kind]


@dataclass(frozen=True)
class DueList:
    due: list[Task]  # late ones first
    soon: list[Task]
    done: list[Task]  # today

    @property
    def late(self) -> int:
        return sum(task.is_late for task in self.due)


@dataclass(frozen=True)
class Line:
    """An entry in words, with its pictures that are still there."""

    entry: LedgerEntry
    pictures: list[Attachment]

    @property
    def ledger(self) -> Ledger:
        return ledger_of(self.entry)

    @property
    def what(self) -> str:
        """What an end is of, for it says nothing of its own."""
        return self.entry.closes.what if self.entry.closes else self.entry.what

    @property
    def said(self) -> list[tuple]:
        return said(self.ledger, self.entry.detail)


def ledger_of(entry: LedgerEntry) -> Ledger:
    return ENDS[entry.kind] if entry.closes_id else LEDGERS[entry.kind]


def due_list(*, actor: Actor, day: dt.date) -> DueList:
    """What fell due while the nursery was closed is due on the first day it is open again, and late only after that."""
    schedules = list(schedules_of(actor=actor, day=day))
    tasks = tasks_on(day, schedules, _open_days(actor, day)) if schedules else []
    left = sorted(
        (task for task in tasks if task.last_on != day),
        key=lambda task: (not task.is_late, task.due_on, task.schedule.pk),
    )
    return DueList(
        due=[task for task in left if task.due_on <= day],
        soon=[task for task in left if day < task.due_on <= day + SOON],
        done=[task for task in tasks if task.last_on == day],
    )


def late_everywhere(day: dt.date) -> list[Task]:
    """Of all nurseries, in as many queries as for one."""
    schedules = LedgerSchedule.objects.with_rhythm(day).with_last().order_by("pk")
    return [task for task in tasks_on(day, schedules, _open_days(None, day)) if task.is_late]


def overdue_hazards(day: dt.date) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.open().filter(mend_by__lt=day).order_by("mend_by", "pk")


def schedules_of(*, actor: Actor, day: dt.date) -> QuerySet[LedgerSchedule]:
    """With the rhythm in force on the day and when each was last done."""
    rows = LedgerSchedule.objects.visible_to(actor).with_rhythm(day).with_last()
    return rows.select_related("room").order_by("kind", "what", "pk")


def tasks_on(day: dt.date, schedules: Iterable[LedgerSchedule], days: OpenDays) -> list[Task]:
    tasks = []
    for schedule in schedules:
        rhythm = next(iter(schedule.in_force), None)
        last_on = local_day(schedule.last_at) if schedule.last_at else None
        due = due_on(rhythm, last_on) if rhythm else None
        if rhythm and due:
            late = _is_late(schedule.institution_id, due, day, days)
            tasks.append(Task(schedule, rhythm, due, last_on, late))
    return tasks


def open_entries(*, actor: Actor, kind: LedgerKind) -> list[LedgerEntry]:
    """Hazards that nobody has mended, those with the nearest day first; visitors who are still here."""
    found = LedgerEntry.objects.visible_to(actor).open().filter(kind=kind)
    return list(found.select_related("by").order_by("mend_by", "at", "pk"))


def entries_of(
    *, actor: Actor, first: dt.date, last: dt.date, kind: str = "", schedule: int | None = None
) -> QuerySet[LedgerEntry]:
    """Of these days, latest first: what counts, and what was found to be void. What was corrected stands on its own page."""
    chosen = Q(kind=kind) if kind else Q()
    if schedule:
        chosen &= Q(schedule=schedule)
    entries = LedgerEntry.objects.visible_to(actor).current().between(first, last).filter(chosen)
    return entries.select_related("by", "schedule__room", "closes").order_by("-at", "-pk")


def versions_of(*, actor: Actor, root: uuid.UUID) -> list[Line]:
    """All rows of one entry, the newest first, and what ended it."""
    rows = LedgerEntry.objects.visible_to(actor).filter(Q(root=root) | Q(closes=root))
    found = rows.select_related("by", "schedule__room", "closes")
    return lines(actor=actor, entries=found.order_by("-recorded_at", "-pk"))


def last_like(schedule: LedgerSchedule) -> LedgerEntry | None:
    """What was written last for it: most days it is the same again."""
    return schedule.entries.counting().order_by("-at", "pk").first()


def lines(*, actor: Actor, entries: Iterable[LedgerEntry]) -> list[Line]:
    entries = list(entries)
    wanted = {pk for entry in entries for pk in entry.photos}
    known = Attachment.objects.visible_to(actor).in_bulk(wanted) if wanted else {}
    return [Line(entry, [known[pk] for pk in entry.photos if pk in known]) for entry in entries]


def attention(actor: Actor) -> Item | None:
    """What the first page says of the ledgers."""
    if not actor.may(Permission.LEDGER_WRITE):
        return None
    found = due_list(actor=actor, day=today())
    if not found.due:
        return None
    late = ngettext("%(count)d is late", "%(count)d are late", found.late)
    return Item(
        code="ledgers",
        title=_("Safety ledgers"),
        sentence=late % {"count": found.late} if found.late else _("Due today."),
        url_name="nursery:ledgers",
        icon="clipboard-list",
        count=len(found.due),
        urgent=bool(found.late),
    )


def _open_days(actor: Actor | None, day: dt.date) -> OpenDays:
    return open_days_of(actor=actor, first=day - LOOK_BACK, last=day - ONE_DAY)


def _is_late(institution: int, due: dt.date, day: dt.date, days: OpenDays) -> bool:
    if due < day - LOOK_BACK:
        return True
    between = (due + dt.timedelta(days=number) for number in range((day - due).days))
    return any(days.is_open(institution, each) is not False for each in between)
