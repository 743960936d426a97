"""How many rows one person may export in a day, and the alarm when somebody wants more."""

import pytest
from django.urls import reverse

from core.models import AuditEvent
from core.models.job import JobState
from govadmin.tasks import export_audit


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = settings.STORAGES | {
        "default": place | {"OPTIONS": {"location": str(tmp_path)}}
    }


def export(auditor, **filters):
    auditor.post(reverse("gov:audit-export"), filters)
    job = AuditEvent.objects.filter(action="audit.exported").latest("pk").subject_id
    export_audit(job)
    return auditor.get(reverse("gov:audit-list")).context["jobs"][0]["job"]


@pytest.mark.parametrize("away", [False, True], ids=["redis there", "redis away"])
def test_rows_beyond_the_quota_are_refused_and_an_alarm_is_on_record(
    a_day, signed_in, rates, request, away
):
    if away:
        request.getfixturevalue("redis_away")
    auditor = signed_in(a_day.auditor)
    rates(exported_rows="3/day")

    job = export(auditor)

    assert job.state == JobState.FAILED
    assert "3 行" in job.error
    assert not job.result
    alarm = AuditEvent.objects.get(action="export.over_quota")
    assert (alarm.actor_user_id, alarm.outcome) == (a_day.auditor.pk, "refused")
    assert (alarm.subject_id, alarm.data["most"]) == (str(job.pk), 3)
    assert alarm.data["rows"] > 3


def test_what_was_refused_is_not_counted_so_that_less_may_be_had(a_day, signed_in, rates):
    auditor = signed_in(a_day.auditor)
    rates(exported_rows="3/day")
    export(auditor)

    few = export(auditor, action="export.over_quota")

    assert few.state == JobState.DONE
    assert few.total == 1


def test_rows_of_several_exports_add_up_and_another_person_has_an_own_quota(
    a_day, signed_in, rates, county_auditor
):
    rates(exported_rows="5/day")  # each export has four
    auditor = signed_in(a_day.auditor)
    filters = {"action": "daily_log.record", "nursery": "任城"}

    states = [export(auditor, **filters).state for _ in range(2)]

    assert states == [JobState.DONE, JobState.FAILED]
    assert export(signed_in(county_auditor), **filters).state == JobState.DONE


def test_the_alarm_stands_on_the_page_of_the_audit_trail_in_words(a_day, signed_in, rates):
    rates(exported_rows="0/day")
    auditor = signed_in(a_day.auditor)
    export(auditor)

    page = auditor.get(reverse("gov:audit-list"), {"action": "export.over_quota"})

    assert "一天内要求导出的行数过多" in page.content.decode()
    assert len(page.context["rows"]) == 1
