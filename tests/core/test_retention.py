"""What was kept long enough goes, what is young or under a hold stays, and the run proves it."""

import datetime as dt
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from config.retention import RULES
from core import retention, tasks
from core.calendar import now
from core.models import (
    Attachment,
    AuditEvent,
    Job,
    LegalHold,
    OutboxMessage,
    SentOnce,
    UpkeepRun,
)
from core.retention import Held, Rows, Rule, What
from health.models import MorningCheck
from institution import partitions
from institution.models import Child, DailyEntry, Enrolment, PickupPass
from institution.services.retention import Children, Pictures
from tests.factories.health import MorningCheckFactory
from tests.factories.institution import PickupPassFactory, PickupQuestionFactory

pytestmark = pytest.mark.django_db
LONG_AGO = dt.date(2020, 3, 10)


@pytest.fixture
def old_check(city) -> MorningCheck:
    return MorningCheckFactory(class_group=city.a.small, child=city.a.children[0], day=LONG_AGO)


@pytest.fixture
def old_entry(city):
    """One entry of a month of 2020, and one of today."""
    partitions.ensure(LONG_AGO, LONG_AGO)
    place = Enrolment.objects.filter(institution=city.a.institution).earliest("pk")
    with connection.cursor() as cursor:
        for at in (dt.datetime(2020, 3, 10, tzinfo=dt.UTC), now()):
            cursor.execute(
                "INSERT INTO institution_dailyentry (id, institution_id, class_group_id, child_id, kind, at, detail,"
                " root, seq, recorded_by_id, recorded_at) SELECT g, %s, %s, %s, 'meal', %s, '{}', g, 1, %s, now()"
                " FROM (SELECT gen_random_uuid()) AS made (g)",
                [city.a.institution.pk, place.class_group_id, place.child_id, at, city.a.carer.pk],
            )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return place.child


def outcome(report: retention.Report, what: What) -> retention.Outcome:
    return next(each for each in report.outcomes if each.what == what)


def month_is_there() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('institution_dailyentry_2020_03') IS NOT NULL")
        return cursor.fetchone()[0]


def test_every_kind_has_a_rule_with_what_it_rests_on():
    assert {rule.what for rule in RULES} == set(What)
    assert [rule.what for rule in RULES if not rule.basis or not rule.confidence] == []


def test_latest_rule_that_has_begun_is_in_force(settings, monkeypatch):
    def rule(days: int, since: dt.date) -> Rule:
        return Rule(what=What.JOBS, kept=Rows(rows=Job.objects.all, moment="finished_at"), days=days,
                    basis="b", confidence="high", since=since)  # fmt: skip

    dated = (rule(30, dt.date(2030, 1, 1)), rule(90, dt.date(2026, 1, 1)))
    monkeypatch.setattr("config.retention.RULES", dated)

    assert [each.days for each in retention.rules(dt.date(2025, 12, 31))] == []
    assert [each.days for each in retention.rules(dt.date(2029, 12, 31))] == [90]
    assert [each.days for each in retention.rules(dt.date(2030, 1, 1))] == [30]


def test_old_months_of_the_daily_log_go_and_the_rest_stays(old_entry):
    report = retention.apply()

    assert outcome(report, What.DAILY_LOG).deleted == 1
    assert DailyEntry.objects.count() == 1
    assert not month_is_there()
    again = retention.apply()
    assert (again.deleted, outcome(again, What.DAILY_LOG).due) == (0, 0)


def test_the_database_refuses_to_drop_a_month_that_must_be_kept(old_entry):
    with (
        pytest.raises(DatabaseError, match="younger than three years"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT institution_dailyentry_end_month(%s)", [now().date()])


def test_hold_on_a_child_keeps_its_month_and_its_checks(city, old_entry, old_check):
    LegalHold.objects.create(
        child_id=old_entry.pk, until="2199-01-01", reason="case 17", placed_by=1
    )
    MorningCheck.objects.filter(pk=old_check.pk).update(child=old_entry)

    report = retention.apply()

    assert (outcome(report, What.DAILY_LOG).deleted, outcome(report, What.DAILY_LOG).held) == (0, 1)
    assert (outcome(report, What.CHECKS).deleted, outcome(report, What.CHECKS).held) == (0, 1)
    assert DailyEntry.objects.count() == 2
    LegalHold.objects.update(lifted_at=now())
    assert outcome(retention.apply(), What.DAILY_LOG).deleted == 1
    assert not MorningCheck.objects.exists()


def test_old_passes_and_questions_go_where_a_term_is_decided(city, monkeypatch):
    longer = now() - dt.timedelta(days=40)
    PickupPassFactory(made_at=longer)
    fresh = PickupPassFactory()
    PickupQuestionFactory(child=city.a.children[0], class_group=city.a.small, asked_at=longer)
    assert retention.apply().deleted == 0  # no source names a term

    decided = tuple(
        replace(rule, days=30) if rule.what in (What.PASSES, What.QUESTIONS) else rule
        for rule in RULES
    )
    monkeypatch.setattr("config.retention.RULES", decided)
    report = retention.apply()

    assert (outcome(report, What.PASSES).deleted, outcome(report, What.QUESTIONS).deleted) == (1, 1)
    assert list(PickupPass.objects.all()) == [fresh]


def test_hold_on_a_nursery_ends_with_its_day(city, old_check):
    LegalHold.objects.create(
        institution_id=city.a.institution.pk, until="2020-01-01", reason="case", placed_by=1
    )

    assert outcome(retention.apply(), What.CHECKS).deleted == 1


def test_dry_run_says_what_would_go_and_deletes_nothing(old_entry, old_check):
    said = StringIO()
    before = AuditEvent.objects.count()

    call_command("retention", dry_run=True, stdout=said)

    assert "daily_log     1096 days      due 1, held 0" in said.getvalue()
    assert "checks        1096 days      due 1, held 0, oldest 2020-03-10" in said.getvalue()
    assert "audit         never deleted" in said.getvalue()
    assert (DailyEntry.objects.count(), MorningCheck.objects.count()) == (2, 1)
    assert (UpkeepRun.objects.count(), AuditEvent.objects.count()) == (0, before)


def test_run_is_proved_by_a_row_and_an_audit_record(old_check):
    assert tasks.apply_retention() == 1

    row, event = (
        UpkeepRun.objects.get(kind="retention"),
        AuditEvent.objects.get(action="retention.applied"),
    )
    (checks,) = (each for each in row.report["rules"] if each["what"] == "checks")
    assert (row.state, checks["deleted"], checks["left"], checks["oldest"]) == ("done", 1, 0, None)
    assert event.data == {"deleted": 1, "held": 0, "left": 0}


def test_batches_are_bounded_and_the_run_ends_with_its_time(city, monkeypatch):
    for number in range(5):
        MorningCheckFactory(
            class_group=city.a.small,
            child=city.a.children[0],
            day=LONG_AGO + dt.timedelta(days=number),
        )
    small = Rows(rows=MorningCheck.objects.all, moment="day", batch=2)
    assert small.delete(now(), Held()) == 2
    monkeypatch.setattr(retention, "SECONDS_OF_A_RULE", 0)

    report = retention.apply()

    assert (outcome(report, What.CHECKS).deleted, outcome(report, What.CHECKS).left) == (0, 3)


def test_rule_that_fails_does_not_keep_the_others_from_being_done(old_check, monkeypatch):
    def broken(*_):
        raise DatabaseError("in use")

    monkeypatch.setattr(Children, "delete", broken)
    monkeypatch.setattr(Children, "due", lambda *_: 1)

    with pytest.raises(DatabaseError):
        retention.apply()
    assert not MorningCheck.objects.exists()
    assert UpkeepRun.objects.get().state == "failed"


def left_on(city, child: Child, day: dt.date) -> None:
    Enrolment.objects.filter(child=child).update(during=(LONG_AGO, day))


def picture(city, *children: Child) -> Attachment:
    made = Attachment.objects.create(
        institution_id=city.a.institution.pk, child_ids=sorted(child.pk for child in children),
        owner=city.a.director, sha256=str(children), width=1, height=1, size_bytes=1,
    )  # fmt: skip
    Attachment.objects.filter(pk=made.pk).update(created_at="2020-03-10T00:00:00Z")
    return made


def test_pictures_go_when_nobody_on_them_is_there_any_more(city):
    gone, here = city.a.children[0], city.a.children[1]
    left_on(city, gone, dt.date(2021, 1, 1))
    alone, shared = picture(city, gone), picture(city, gone, here)

    report = retention.apply()

    assert outcome(report, What.PICTURES).deleted == 1
    assert set(Attachment.objects.all()) == {shared}
    assert alone.pk != shared.pk
    held = Held(children=frozenset({gone.pk}))
    assert Pictures().due(now(), held) == 0


def test_child_who_left_long_ago_is_erased_and_one_who_left_lately_is_not(
    city, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.ERASURE_LEDGER = str(tmp_path / "erasures.jsonl")
    gone, lately = city.a.children[0], city.a.children[1]
    left_on(city, gone, dt.date(2021, 1, 1))
    left_on(city, lately, now().date() - dt.timedelta(days=100))

    with django_capture_on_commit_callbacks(execute=True):
        report = retention.apply()

    assert outcome(report, What.CHILDREN).deleted == 1
    assert Child.objects.get(pk=gone.pk).name == "—"
    assert Child.objects.get(pk=lately.pk).name != "—"
    assert str(gone.sealed_id) in (tmp_path / "erasures.jsonl").read_text()
    assert AuditEvent.objects.get(action="child.erased").data["reason"] == "retention"


def test_what_runs_the_system_goes_too(city):
    old = now() - dt.timedelta(days=400)
    SentOnce.objects.create(user=city.admin, key="k", request=b"r", created_at=old)
    OutboxMessage.objects.create(topic="t", dead=True, created_at=old)
    OutboxMessage.objects.create(topic="t", dead=False, created_at=old)
    Job.objects.create(kind="k", task="t", owner=city.admin, finished_at=old)
    Job.objects.create(kind="k", task="t", owner=city.admin)

    report = retention.apply()

    assert report.deleted == 3
    assert (OutboxMessage.objects.count(), Job.objects.count()) == (1, 1)


def test_hold_is_placed_listed_and_lifted_by_somebody_with_a_name(city, capsys):
    child = city.a.children[0].pk
    call_command(
        "legal_hold",
        child=child,
        until=dt.date(2199, 1, 1),
        reason="case 17",
        by=city.admin.username,
    )
    hold = LegalHold.objects.get()

    assert f"child {child} until 2199-01-01: case 17" in capsys.readouterr().out
    assert AuditEvent.objects.get(action="hold.placed").child_ids == [child]
    call_command("legal_hold", lift=hold.pk, by=city.admin.username)
    assert not LegalHold.objects.on(now().date()).exists()
    for wrong in ({"child": child}, {"lift": 999, "by": city.admin.username}, {"lift": hold.pk}):
        with pytest.raises(CommandError):
            call_command("legal_hold", **wrong)


def test_nobody_but_the_system_sees_holds(city):
    LegalHold.objects.create(child_id=1, until="2199-01-01", reason="case", placed_by=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'core_legalhold'")
        assert cursor.fetchone() == (True,)
        cursor.execute(
            "SELECT qual FROM pg_policies WHERE tablename = 'core_legalhold' AND policyname = 'staff'"
        )
        assert cursor.fetchone() == ("false",)
