import datetime as dt
import os
import signal
import time

import pytest
from celery import current_app, shared_task
from django.core.files.base import ContentFile
from django.db import transaction
from redis import Redis as Client

from core import broker, calendar, jobs, redis
from core.errors import Refused
from core.jobs import MAX_TRIES, SILENCE, Superseded
from core.models import Job, OutboxMessage
from core.models.job import JobState
from core.permissions import Role
from core.tasks import relay_outbox, watch_jobs

TASK = "tests.count"


@shared_task(name=TASK)
def count(job_id):
    """Only its name is sent in these tests."""


@pytest.fixture
def sent(monkeypatch):
    tasks = []
    monkeypatch.setattr(broker, "send", lambda task, arguments: tasks.append((task, arguments)))
    return tasks


@pytest.fixture
def auditor(acting):
    return acting("auditor", Role.AUDITOR, region_path="3708/", post="region:1")


@pytest.fixture
def job(transactional_db, auditor, sent, settings, tmp_path) -> Job:
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        }
    }
    return jobs.start(actor=auditor, kind="audit-export", params={"year": 2026}, task=TASK)


@pytest.fixture
def fresh_broker(own_redis, monkeypatch):
    monkeypatch.setattr(current_app.conf, "broker_url", own_redis.url)
    broker._producers.cache_clear()
    yield
    broker._producers.cache_clear()


def fall_silent(job):
    long_ago = calendar.now() - SILENCE - dt.timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(heartbeat_at=long_ago)


def test_a_started_job_waits_and_its_task_is_sent(job, auditor, sent):
    assert (job.state, job.owner_id, job.post) == (JobState.WAITING, auditor.user_id, "region:1")
    assert sent == [(TASK, {"job_id": str(job.pk)})]
    assert not OutboxMessage.objects.filter(task=TASK).exists()


def test_a_job_of_rolled_back_work_does_not_exist(transactional_db, auditor, sent):
    with transaction.atomic():
        jobs.start(actor=auditor, kind="audit-export", params={}, task=TASK)
        transaction.set_rollback(True)

    assert sent == []
    assert not Job.objects.exists()


def test_a_job_is_done_with_its_file(job):
    def work(running: Job) -> None:
        assert running.state == JobState.RUNNING
        for done in range(1, 11):
            jobs.progress(running, done, 10)
        jobs.finish(running, ContentFile(b"a,b\n"), "records 2026.csv")

    jobs.run(job.pk, work)

    job.refresh_from_db()
    assert (job.state, job.percent, job.done, job.total) == (JobState.DONE, 100, 10, 10)
    assert job.result_name == "records 2026.csv"
    assert job.result.name.endswith(f"{job.pk}.csv")
    with job.result.open() as file:
        assert file.read() == b"a,b\n"


def test_a_job_sent_twice_runs_once(job):
    runs = []

    jobs.run(job.pk, lambda _: runs.append(1))
    jobs.run(job.pk, lambda _: runs.append(1))

    assert runs == [1]


def test_progress_is_written_at_most_twice_a_second(job, django_assert_max_num_queries):
    def work(running: Job) -> None:
        with django_assert_max_num_queries(1):
            for done in range(200):
                jobs.progress(running, done, 200)

    jobs.run(job.pk, work)

    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_a_refusal_is_told_in_its_own_words(job):
    def work(_) -> None:
        raise Refused("The year is not over.", "year_open")

    jobs.run(job.pk, work)

    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "The year is not over.")


def test_a_fault_is_told_without_its_details(job):
    def work(_) -> None:
        raise RuntimeError("secret of row 7")

    jobs.run(job.pk, work)

    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error
    assert "secret" not in job.error


def test_a_silent_job_is_sent_again_and_its_first_worker_stops(job, sent):
    def work(first: Job) -> None:
        fall_silent(first)
        assert watch_jobs() == 1
        jobs.run(job.pk, jobs.finish)
        with pytest.raises(Superseded):
            jobs.progress(first, 1, 2)
        jobs.progress(first, 2, 2)  # throttled: says nothing
        first.told_at = 0.0
        jobs.progress(first, 2, 2)

    jobs.run(job.pk, work)

    job.refresh_from_db()
    assert (job.state, job.tries) == (JobState.DONE, 2)
    assert len(sent) == 2


def test_a_worker_that_fails_after_it_was_superseded_changes_nothing(job):
    def work(first: Job) -> None:
        fall_silent(first)
        watch_jobs()
        jobs.run(job.pk, jobs.finish)
        raise RuntimeError("too late")

    jobs.run(job.pk, work)

    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.DONE, "")


def test_a_job_that_falls_silent_three_times_is_given_up(job):
    for _ in range(MAX_TRIES):
        assert jobs._claim(job.pk) is not None
        fall_silent(job)
        watch_jobs()

    job.refresh_from_db()
    assert (job.state, job.tries) == (JobState.FAILED, MAX_TRIES)
    assert job.error


def test_a_breathing_job_is_left_alone(job, sent):
    jobs._claim(job.pk)

    assert watch_jobs() == 0
    assert len(sent) == 1


def test_a_job_whose_task_was_lost_is_sent_again(job, sent):
    fall_silent(job)

    assert watch_jobs() == 1
    assert len(sent) == 2


def test_a_result_past_its_day_is_dropped(job):
    jobs.run(job.pk, lambda running: jobs.finish(running, ContentFile(b"x"), "x.csv"))
    Job.objects.update(expires_at=calendar.now() - dt.timedelta(days=1))
    job.refresh_from_db()
    file, storage = job.result.name, job.result.storage
    assert storage.exists(file)

    watch_jobs()

    job.refresh_from_db()
    assert not job.result
    assert not storage.exists(file)


def test_only_the_owner_sees_a_job(job, auditor, acting):
    other = acting("other", Role.AUDITOR, region_path="3708/")

    assert Job.objects.visible_to(auditor).get() == job
    assert not Job.objects.visible_to(other).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trouble", ["frozen", "dead"])
def test_later_answers_soon_without_redis_and_the_relay_sends(
    own_redis, settings, fresh_broker, trouble
):
    broker.send(TASK, {"job_id": "warm"})
    if trouble == "frozen":
        os.kill(own_redis.process.pid, signal.SIGSTOP)
    else:
        own_redis.process.kill()
        own_redis.process.wait()

    start = time.monotonic()
    with transaction.atomic():
        jobs.later(TASK, job_id="x")
    assert time.monotonic() - start < 0.8
    assert OutboxMessage.objects.filter(task=TASK, arguments={"job_id": "x"}).exists()

    if trouble == "frozen":
        os.kill(own_redis.process.pid, signal.SIGCONT)
    else:
        own_redis.launch()
        time.sleep(0.5)
    redis.breaker.failed = 0
    OutboxMessage.objects.update(next_attempt_at=calendar.now())
    assert relay_outbox() == 1
    with Client.from_url(own_redis.url) as client:
        assert client.llen("celery") >= 1
