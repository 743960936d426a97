"""Work outside the request. A long piece of work owns a Job row: progress, heartbeat, result file, revival.

A task is `jobs.run(job_id, work)`, and `work(job)` calls `progress(job, done, total)` at least every minute or so, and
at its end `finish(job, file, name)`. Work may be started again after its worker died, so it writes nothing twice.
"""

import contextlib
import datetime as dt
import logging
import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from core import actors, broker, calendar, outbox, realtime, redis, rls
from core.errors import Refused
from core.models.job import Job, JobState
from core.models.outbox import OutboxMessage
from core.scoping import Actor

MAX_TRIES = 3
SILENCE = dt.timedelta(minutes=2)  # no heartbeat for so long: the worker is taken for dead
KEEP_RESULT = dt.timedelta(days=7)
PROGRESS_EVERY_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Superseded(Exception):
    """Another worker has taken the job over, or it was given up: stop here."""


def later(task_name: str, **ids) -> None:
    """Send a task once the transaction has committed. Redis may be dead or frozen: the relay sends it then."""
    row = outbox.write_task(task=task_name, arguments=ids)
    transaction.on_commit(partial(_send, row, task_name, ids), robust=True)


def start(*, actor: Actor, kind: str, params: dict, task: str) -> Job:
    """A new job of the actor's, handed to `task(job_id=...)` on commit."""
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind,
            task=task,
            owner_id=actor.user_id,
            post=actor.post,
            params=params,
            heartbeat_at=calendar.now(),
        )
        later(task, job_id=str(job.pk))
    return job


def run(job_id: str | UUID, work: Callable[[Job], None]) -> None:
    """Do the job's work, unless another worker has it or it is over."""
    job = _claim(job_id)
    if job is None:
        return
    try:
        with rls.of_actor(actors.resolve(job.owner, job.post)):
            work(job)
        if job.state == JobState.RUNNING:
            finish(job)
    except Superseded:
        logger.warning("job superseded", extra={"job": str(job_id)})
    except Refused as refusal:
        _give_up(job, str(refusal.message))
    except Exception:
        logger.exception("job failed", extra={"job": str(job_id), "kind": job.kind})
        _give_up(
            job, _("Something went wrong on our side. Please try again or tell the administrator.")
        )


def progress(job: Job, done: int, total: int) -> None:
    """Say how far the work is; call it as often as you like, twice a second is written and told to the owner."""
    job.done, job.total = done, max(done, total)
    at = time.monotonic()
    if at - job.told_at < PROGRESS_EVERY_SECONDS:
        return
    job.told_at = at
    _write(job, done=job.done, total=job.total, heartbeat_at=calendar.now())
    realtime.hint(topic="job", groups=[f"user.{job.owner_id}"], cursor=str(job.pk))


def finish(job: Job, file: File | None = None, name: str = "") -> None:
    if file is not None:
        job.result.save(f"{job.pk}{_suffix(name)}", file, save=False)
    _end(job, JobState.DONE, result=job.result.name or "", result_name=name)


def fail(job: Job, message: str) -> None:
    _end(job, JobState.FAILED, error=message[:200])


def watch() -> int:
    """Send again what stopped breathing, give up what did so too often, drop results past their day."""
    _drop_expired()
    silent = Job.objects.unfinished().filter(heartbeat_at__lt=calendar.now() - SILENCE)
    looked_at = 0
    for pk in silent.order_by("heartbeat_at", "id").values_list("pk", flat=True)[:200]:
        looked_at += _revive(pk)
    return looked_at


def _send(row: int, task_name: str, ids: dict) -> None:
    try:
        broker.send(task_name, ids)
    except redis.Unavailable:
        logger.warning("task left to the relay", extra={"task": task_name})
        return
    OutboxMessage.objects.filter(pk=row).delete()


def _claim(job_id: str | UUID) -> Job | None:
    with transaction.atomic():
        job = Job.objects.select_for_update(skip_locked=True).filter(pk=job_id).first()
        if job is None or job.state != JobState.WAITING:
            return None
        job.state = JobState.RUNNING
        job.tries += 1
        job.heartbeat_at = calendar.now()
        job.save(update_fields=["state", "tries", "heartbeat_at"])
    return job


def _give_up(job: Job, message: str) -> None:
    with contextlib.suppress(Superseded):  # the worker that took over has the last word
        fail(job, message)


def _write(job: Job, **values) -> None:
    """Write to the job only while this try of it is the one that runs."""
    mine = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, tries=job.tries)
    if not mine.update(**values):
        raise Superseded


def _end(job: Job, state: JobState, **values) -> None:
    moment = calendar.now()
    values |= {"state": state, "finished_at": moment, "expires_at": moment + KEEP_RESULT}
    if state == JobState.DONE:
        values |= {"done": job.total, "total": job.total}
    with transaction.atomic():
        _write(job, **values)
        realtime.announce(topic="job", groups=[f"user.{job.owner_id}"], cursor=str(job.pk))
    for name, value in values.items():
        setattr(job, name, value)


def _revive(pk: UUID) -> bool:
    with transaction.atomic():
        job = Job.objects.unfinished().select_for_update(skip_locked=True).filter(pk=pk).first()
        if job is None:
            return False
        if job.state == JobState.RUNNING and job.tries >= MAX_TRIES:
            fail(
                job,
                _("The work stopped three times without an end. The administrator has been told."),
            )
            logger.error("job given up", extra={"job": str(pk), "kind": job.kind})
            return True
        job.state, job.heartbeat_at = JobState.WAITING, calendar.now()
        job.save(update_fields=["state", "heartbeat_at"])
        later(job.task, job_id=str(pk))
    return True


def _drop_expired() -> None:
    expired = Job.objects.filter(expires_at__lt=calendar.now()).exclude(result="")
    for job in expired.order_by("expires_at", "id")[:200]:
        job.result.delete(save=False)
        Job.objects.filter(pk=job.pk).update(result="")


def _suffix(name: str) -> str:
    return f".{name.rpartition('.')[2]}" if "." in name else ""
