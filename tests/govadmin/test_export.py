import csv
import datetime as dt
import io

import pytest
from django.db import transaction
from django.urls import reverse

from core import audit
from core.calendar import now
from core.csv import FORMULA
from core.models import AuditEvent, Job, RegionPost
from core.models.job import JobState
from govadmin.selectors import audit as selector
from govadmin.tasks import export_audit

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "  =1",
    '"=1',
    "'=1",
    "＝1",
    "|x",
    "%0A=1",
    "\x00=1",
]


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }


def ask(client, **filters) -> Job:
    answer = client.post(reverse("gov:audit-export"), filters)
    assert answer.status_code == 302, answer.content
    return Job.objects.latest("created_at")


def made(client, **filters) -> Job:
    job = ask(client, **filters)
    export_audit(str(job.pk))
    job.refresh_from_db()
    return job


def rows_of(client, job: Job) -> list[list[str]]:
    answer = client.get(reverse("gov:job-file", args=[job.pk]))
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_the_file_holds_every_record(a_day, signed_in, monkeypatch):
    monkeypatch.setattr(selector, "CHUNK", 2)
    client = signed_in(a_day.auditor)

    job = made(client)
    header, *rows = rows_of(client, job)

    assert job.state == JobState.DONE
    assert (job.done, job.total) == (len(rows), len(rows))
    asked = AuditEvent.objects.get(action="audit.exported")
    expected = AuditEvent.objects.filter(pk__lte=asked.pk).order_by("-pk")
    assert [row[0] for row in rows] == [str(pk) for pk in expected.values_list("pk", flat=True)]
    meal = AuditEvent.objects.get(data__kinds__has_key="meal")
    row = dict(zip(header, next(row for row in rows if row[0] == str(meal.pk)), strict=True))
    assert row["操作"] == "填写一日记录"
    assert row["操作代码"] == "daily_log.record"
    assert row["人员"] == a_day.a.carer.name
    assert row["机构"] == a_day.a.institution.name
    assert row["幼儿"] == "3"
    assert job.result_name.startswith("审计记录 济宁市")


def test_headings_speak_the_language_of_the_page(a_day, signed_in):
    client = signed_in(a_day.auditor)
    client.cookies["language"] = "en"

    header, *rows = rows_of(client, made(client, action="daily_log.record"))

    assert header[:6] == ["Number", "Time", "Person", "Account", "Role", "Action"]
    assert {row[5] for row in rows} == {"Wrote the daily log"}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(a_day, signed_in, text):
    a_day.a.institution.name = text.replace("\x00", "")
    a_day.a.institution.save()
    actor = a_day.actor(a_day.a.carer)
    with transaction.atomic():
        audit.record(actor=actor, action=text.replace("\x00", "")[:60])
    client = signed_in(a_day.auditor)

    rows = rows_of(client, made(client))

    cells = [cell for row in rows for cell in row]
    assert any(text.strip("\x00\t\r ") in cell for cell in cells)
    assert not [cell for cell in cells if FORMULA.match(cell) and not cell.startswith("'")]


def test_a_county_auditor_never_gets_another_county(a_day, signed_in, county_auditor):
    everything = rows_of(signed_in(a_day.auditor), made(signed_in(a_day.auditor)))
    client = signed_in(county_auditor)

    for filters in ({}, {"nursery": "曲阜"}, {"institution": a_day.b.institution.pk}):
        rows = rows_of(client, made(client, **filters))[1:]
        ids = [int(row[0]) for row in rows]
        foreign = AuditEvent.objects.filter(pk__in=ids).exclude(
            region_path__startswith=a_day.counties[0].path
        )
        assert not foreign.exists()
        assert a_day.b.institution.name not in str(rows)
    assert a_day.b.institution.name in str(everything)


def test_the_filters_of_the_page_are_those_of_the_file(a_day, signed_in):
    client = signed_in(a_day.auditor)
    given = {"nursery": "任城", "action": "daily_log.record", "since": "2020-01-01"}

    page = client.get(reverse("gov:audit-list"), given)
    rows = rows_of(client, made(client, **given))[1:]

    assert [row[0] for row in rows] == [str(row["event"].pk) for row in page.context["rows"]]
    assert rows


def test_wrong_filters_export_nothing(a_day, signed_in):
    signed_in(a_day.auditor).post(reverse("gov:audit-export"), {"since": "soon"})

    assert not Job.objects.exists()


def test_asking_and_taking_are_recorded(a_day, signed_in):
    client = signed_in(a_day.auditor)
    job = made(client, nursery="任城")
    rows_of(client, job)

    trail = AuditEvent.objects.filter(subject_id=str(job.pk)).order_by("pk")
    assert [(event.action, event.actor_user_id) for event in trail] == [
        ("audit.exported", a_day.auditor.pk),
        ("audit.downloaded", a_day.auditor.pk),
    ]
    assert trail[0].data == {"filters": ["nursery"]}


def test_one_export_at_a_time(a_day, signed_in):
    client = signed_in(a_day.auditor)
    ask(client)

    assert client.post(reverse("gov:audit-export")).status_code == 409
    assert Job.objects.count() == 1


def test_nobody_elses_file(a_day, signed_in, county_auditor):
    job = made(signed_in(a_day.auditor))
    urls = [reverse(name, args=[job.pk]) for name in ("gov:job", "gov:job-file")]

    for url in urls:
        assert signed_in(county_auditor).get(url).status_code == 404
        assert signed_in(a_day.regulator).get(url).status_code == 403


def test_an_export_of_another_post_stays_there(a_day, signed_in):
    """The same person audits the city and, in another post, one county."""
    job = made(signed_in(a_day.auditor))
    other = RegionPost.objects.create(user=a_day.auditor, region=a_day.counties[0], role="auditor")

    county = signed_in(a_day.auditor, post=f"region:{other.pk}")

    assert county.get(reverse("gov:job-file", args=[job.pk])).status_code == 404


def test_without_the_post_the_work_is_refused(a_day, signed_in):
    job = ask(signed_in(a_day.auditor))
    RegionPost.objects.filter(user=a_day.auditor).delete()
    RegionPost.objects.create(user=a_day.auditor, region=a_day.counties[1], role="auditor")

    export_audit(str(job.pk))

    job.refresh_from_db()
    assert (job.state, bool(job.result)) == (JobState.FAILED, False)


@pytest.mark.parametrize("state", ["waiting", "expired", "dropped"])
def test_a_file_that_is_not_there(a_day, signed_in, state):
    client = signed_in(a_day.auditor)
    job = ask(client) if state == "waiting" else made(client)
    if state == "expired":
        Job.objects.update(expires_at=now() - dt.timedelta(seconds=1))
    if state == "dropped":
        job.result.storage.delete(job.result.name)

    assert client.get(reverse("gov:job-file", args=[job.pk])).status_code == 404


def test_progress_and_the_list_of_ones_own(a_day, signed_in):
    client = signed_in(a_day.auditor)
    job = ask(client)
    url = reverse("gov:job", args=[job.pk])

    assert 'data-job-state="waiting"' in client.get(url).content.decode()
    export_audit(str(job.pk))
    done = client.get(url).content.decode()
    assert 'data-job-state="done"' in done
    assert reverse("gov:job-file", args=[job.pk]) in done
    assert "<html" not in done
    assert url in client.get(reverse("gov:audit-list")).content.decode()


def test_only_posts_that_may_export_do(a_day, signed_in):
    for user in (a_day.regulator, a_day.admin, a_day.a.director):
        client = signed_in(user)
        client.raise_request_exception = False
        assert client.post(reverse("gov:audit-export")).status_code == 403
    assert signed_in(a_day.auditor).get(reverse("gov:audit-export")).status_code == 405
