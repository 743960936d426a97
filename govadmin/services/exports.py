"""Asking for an export and taking it away. Both leave a record in the trail that was exported."""

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import audit, jobs
from core.calendar import now
from core.errors import NotThere, Refused
from core.models import Job
from core.models.job import JobState
from core.scoping import Actor
from govadmin.enums import AUDIT_EXPORT
from govadmin.selectors.audit import exports_of


@transaction.atomic
def start_audit_export(*, actor: Actor, filters: dict[str, str]) -> Job:
    """`filters` are the checked values of AuditFilter, as they stand in an address."""
    # Two requests of one person at the same moment: the second waits here and then sees the first one's job.
    get_user_model().objects.select_for_update().get(pk=actor.user_id)
    if exports_of(actor).unfinished().exists():
        raise Refused(
            _("One of your exports is still being made. Please wait until it is done."),
            "export_running",
        )
    job = jobs.start(
        actor=actor,
        kind=AUDIT_EXPORT,
        params={"filters": filters, "language": get_language()},
        task="govadmin.tasks.export_audit",
    )
    audit.record(
        actor=actor, action="audit.exported", subject=job, data={"filters": sorted(filters)}
    )
    return job


@transaction.atomic
def take_export(*, actor: Actor, job: Job) -> Job:
    gone = not job.result or (job.expires_at and job.expires_at <= now())
    if job.state != JobState.DONE or gone:
        raise NotThere(_("This file is not there any more. Please export again."))
    audit.record(actor=actor, action="audit.downloaded", subject=job)
    return job
