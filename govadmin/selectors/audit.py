"""Audit records page by page. Pages are cut by number, never counted: the table has millions of rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from core.models import AuditEvent, Job
from core.models.job import JobQuerySet
from core.scoping import Actor
from govadmin.enums import AUDIT_EXPORT
from institution.models import Institution

PAGE = 50
CHUNK = 2_000
JOBS_SHOWN = 5


@dataclass(frozen=True)
class AuditPage:
    events: list[AuditEvent]
    newer: int | None  # ask for records after this number
    older: int | None  # ask for records before this number
    institutions: dict[int, str]


def audit_page(
    *, actor: Actor, events: QuerySet[AuditEvent], before: int | None, after: int | None
) -> AuditPage:
    if after is not None:
        rows = list(events.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
        more_newer, more_older = len(rows) > PAGE, True
        rows = rows[:PAGE][::-1]
    else:
        newest = events if before is None else events.filter(pk__lt=before)
        rows = list(newest.order_by("-pk")[: PAGE + 1])
        more_newer, more_older = before is not None, len(rows) > PAGE
        rows = rows[:PAGE]
    return AuditPage(
        events=rows,
        newer=rows[0].pk if rows and more_newer else None,
        older=rows[-1].pk if rows and more_older else None,
        institutions=institution_names(actor, rows),
    )


def in_chunks(events: QuerySet[AuditEvent], newest: int) -> Iterator[list[AuditEvent]]:
    """Everything up to `newest`, latest first, in chunks small enough for any memory."""
    before = newest + 1
    while rows := list(events.filter(pk__lt=before).order_by("-pk")[:CHUNK]):
        yield rows
        before = rows[-1].pk


def institution_names(actor: Actor, events: Iterable[AuditEvent]) -> dict[int, str]:
    ids = {event.institution_id for event in events if event.institution_id}
    return dict(Institution.objects.visible_to(actor).filter(pk__in=ids).values_list("pk", "name"))


def exports_of(actor: Actor) -> JobQuerySet:
    """The actor's own exports, asked for from the post the actor acts in now."""
    return Job.objects.visible_to(actor).filter(kind=AUDIT_EXPORT, post=actor.post)


def latest_exports(actor: Actor) -> list[Job]:
    return list(exports_of(actor).order_by("-created_at", "pk")[:JOBS_SHOWN])
