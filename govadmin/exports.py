"""Audit records as a CSV file, made by a worker."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.files.base import File
from django.db.models import Max, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core import actors, csv, jobs, quotas
from core.calendar import today
from core.errors import Refused
from core.models import AuditEvent, Job, Region
from core.permissions import Permission, Role
from core.scoping import Actor
from govadmin.actions import action_label, outcome_label, subject_label
from govadmin.filters import AuditFilter
from govadmin.selectors.audit import in_chunks, institution_names
from govadmin.selectors.regions import region_label


def write_audit(job: Job) -> None:
    """The work of an export job. It acts as the post it was asked from; without that post there is nothing to see."""
    actor = _actor_of(job)
    with translation.override(job.params["language"]), _scratch() as file:
        for line in csv.lines(_header(), _rows(job, actor)):
            file.write(line.encode())
        file.seek(0)
        jobs.finish(job, File(file), _file_name(actor))


def filtered(actor: Actor, values: dict) -> AuditFilter:
    return AuditFilter(values, AuditEvent.objects.visible_to(actor), actor=actor)


def _actor_of(job: Job) -> Actor:
    actor = actors.resolve(job.owner, job.post)
    if actor is None or actor.post != job.post or not actor.may(Permission.AUDIT_EXPORT):
        raise Refused(_("You do not hold the post any more from which you asked."), "post_ended")
    return actor


@contextmanager
def _scratch() -> Iterator[tempfile.SpooledTemporaryFile]:
    with tempfile.SpooledTemporaryFile(max_size=1024 * 1024) as file:
        yield file


def _header() -> list[str]:
    return [
        _("Number"),
        _("Time"),
        _("Person"),
        _("Account"),
        _("Role"),
        _("Action"),
        _("Code of the action"),
        _("Institution"),
        _("Number of the institution"),
        _("About"),
        _("Number of what it is about"),
        _("Children"),
        _("Outcome"),
        _("Request"),
    ]


def _rows(job: Job, actor: Actor) -> Iterator[list]:
    events: QuerySet[AuditEvent] = filtered(actor, job.params["filters"]).qs
    newest = events.aggregate(newest=Max("pk"))["newest"] or 0
    events = events.filter(pk__lte=newest)
    total, done = events.count(), 0
    quotas.rows(actor=actor, subject=job, number=total)
    jobs.progress(job, 0, total)
    for chunk in in_chunks(events, newest):
        names = institution_names(actor, chunk)
        for event in chunk:
            yield _row(event, names)
        done += len(chunk)
        jobs.progress(job, done, total)


def _row(event: AuditEvent, names: dict[int, str]) -> list:
    return [
        event.pk,
        timezone.localtime(event.at).isoformat(sep=" ", timespec="seconds"),
        event.actor_name,
        event.actor_user_id,
        _role(event.actor_role),
        action_label(event.action),
        event.action,
        names.get(event.institution_id, "") if event.institution_id else "",
        event.institution_id,
        subject_label(event.subject_type),
        event.subject_id,
        len(event.child_ids),
        outcome_label(event.outcome),
        event.request_id,
    ]


def _role(code: str) -> str:
    return str(Role(code).label) if code in Role.values else code


def _file_name(actor: Actor) -> str:
    region = Region.objects.visible_to(actor).filter(path=actor.region_path).first()
    place = region_label(region) if region else ""
    return _("Audit records {place} {day}.csv").format(place=place, day=f"{today():%Y-%m-%d}")
