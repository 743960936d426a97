import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, transaction

from core import rls
from core.calendar import now, today
from core.errors import Refused
from core.models import AuditEvent
from institution.models import AbsenceCase, AbsenceNote, Alert
from institution.services import absences, daily_log
from tests.factories.city import City
from tests.factories.institution import (
    AbsenceCaseFactory,
    AttendanceFactory,
    IllnessRuleFactory,
)


@pytest.fixture
def child(city):
    return city.a.children[0]


@pytest.fixture
def carer(city):
    return City.actor(city.a.carer)


@pytest.fixture
def case(city, child) -> AbsenceCase:
    return AbsenceCaseFactory(class_group=city.a.small, child=child)


def log(actor, child, kind: str, detail: str = "{}", at=None):
    entry = daily_log.NewEntry(
        id=uuid.uuid4(), child_id=child.pk, kind=kind, at=at or now(), detail=detail.encode()
    )
    with rls.of_actor(actor):
        answers = daily_log.record(actor=actor, entries=[entry])
    assert [answer.status for answer in answers] == ["created"]


def refused(expected: str, act, /, *args, **kwargs) -> dict:
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    assert caught.value.code == expected
    return caught.value.fields


class TestOpening:
    def test_an_absence_because_of_illness_opens_a_case_once(self, carer, child):
        log(carer, child, "absence", '{"reason": "ill"}')
        log(carer, child, "absence", '{"reason": "ill", "note": "fever"}')

        case = AbsenceCase.objects.get()
        assert (case.child, case.first_day, case.next_due) == (child, today(), today())

    def test_other_reasons_open_none(self, carer, child):
        log(carer, child, "absence", '{"reason": "private"}')

        assert not AbsenceCase.objects.exists()

    def test_the_next_day_belongs_to_the_same_case(self, city, carer, child):
        AbsenceCaseFactory(class_group=city.a.small, child=child)
        log(carer, child, "absence", '{"reason": "ill"}')

        assert AbsenceCase.objects.count() == 1

    def test_a_new_illness_after_a_closed_case_opens_another(self, city, carer, child, case):
        past = now() - dt.timedelta(days=1)
        AbsenceCase.objects.update(closed_at=past, closed_by=city.a.carer, close_reason="recovered")
        log(carer, child, "absence", '{"reason": "ill"}')

        assert AbsenceCase.objects.open().get().first_day == today()

    def test_what_was_closed_today_stays_closed(self, carer, child, case):
        absences.close(actor=carer, case=case, reason="mistake")
        log(carer, child, "absence", '{"reason": "ill"}')

        assert not AbsenceCase.objects.open().exists()


class TestFollowing:
    def test_a_note_puts_the_next_to_tomorrow_and_ends_the_alert(self, carer, case):
        assert absences.raise_overdue() == 1
        assert absences.raise_overdue() == 1
        alert = Alert.objects.get()
        assert (alert.kind, alert.child_id) == ("sick_absence_open", case.child_id)
        with rls.of_actor(carer):
            absences.add_note(actor=carer, case=case, note=" 退烧了 ")

        case.refresh_from_db()
        assert case.next_due == today() + dt.timedelta(days=1)
        assert AbsenceNote.objects.get().note == "退烧了"
        alert.refresh_from_db()
        assert alert.outcome == "ended"
        assert absences.raise_overdue() == 0

    def test_an_infectious_illness_closes_with_a_certificate_only(self, carer, case):
        IllnessRuleFactory()
        absences.describe(
            actor=carer, case=case, symptoms=["fever", "rash"], illness="hfmd", hospital="一院"
        )
        assert "reason" in refused(
            "certificate_needed", absences.close, actor=carer, case=case, reason="recovered"
        )
        assert "certificate_no" in refused(
            "certificate_no_needed", absences.close, actor=carer, case=case, reason="certificate"
        )
        closed = absences.close(
            actor=carer, case=case, reason="certificate", certificate_no="一院 0123"
        )

        assert closed.closed_by_id == carer.user_id
        refused("already_closed", absences.add_note, actor=carer, case=case, note="x")
        actions = AuditEvent.objects.filter(action__startswith="absence.").order_by("pk")
        assert list(actions.values_list("action", flat=True)) == [
            "absence.described",
            "absence.closed",
        ]

    def test_nobody_recovers_from_nothing(self, carer, case):
        refused("not_described", absences.close, actor=carer, case=case, reason="recovered")
        refused("reason_needed", absences.close, actor=carer, case=case, reason="")
        refused("nothing_said", absences.describe, actor=carer, case=case, symptoms=[])
        refused("nothing_said", absences.add_note, actor=carer, case=case, note="  ")
        refused(
            "unknown_illness",
            absences.describe,
            actor=carer,
            case=case,
            symptoms=[],
            illness="none",
        )


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("absencecase_closed", {"closed_at": now()}),
        ("absencecase_closed", {"close_reason": "recovered"}),
        ("absencecase_due", {"next_due": dt.date(2020, 1, 1)}),
    ],
)
def test_the_database_refuses_half_a_case(case, constraint, change):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        AbsenceCase.objects.filter(pk=case.pk).update(**change)


def test_the_database_refuses_recovery_without_a_certificate(city, case):
    change = {"closed_at": now(), "closed_by": city.a.carer, "close_reason": "recovered"}
    with pytest.raises(IntegrityError, match="absencecase_certificate"), transaction.atomic():
        AbsenceCase.objects.filter(pk=case.pk).update(needs_certificate=True, **change)


def test_the_database_refuses_a_second_open_case(city, child, case):
    with pytest.raises(IntegrityError, match="absencecase_one_open"), transaction.atomic():
        AbsenceCaseFactory(class_group=city.a.small, child=child)


class TestPages:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_list_asks_the_same_however_long(
        self, city, signed_in, rows, django_assert_max_num_queries
    ):
        for child in city.a.children[:rows]:
            AbsenceCaseFactory(class_group=city.a.small, child=child)
        health = signed_in(city.a.health_worker)
        health.get("/nursery/absences/")

        with django_assert_max_num_queries(10):
            page = health.get("/nursery/absences/")
        assert page.text.count("ab-who") == rows

    def test_from_the_list_to_closed(self, city, child, case, signed_in):
        IllnessRuleFactory()
        AttendanceFactory(class_group=city.a.small, child=child)
        carer = signed_in(city.a.carer)
        assert "已返园" in carer.get("/nursery/absences/").text
        url = f"/nursery/absences/{case.pk}/"
        carer.post(f"{url}describe/", {"symptoms": ["rash"], "illness": "hfmd"})
        carer.post(f"{url}note/", {"note": "皮疹消退"})
        page = carer.get(url).text
        assert "手足口病" in page
        assert "皮疹消退" in page
        wrong = carer.post(f"{url}close/", {"reason": "recovered", "certificate_no": "甲"})
        assert wrong.status_code == 422
        assert 'value="甲"' in wrong.text
        done = carer.post(f"{url}close/", {"reason": "certificate", "certificate_no": "一院 7"})
        assert done.url == "/nursery/absences/"
        assert child.name in carer.get("/nursery/absences/?closed=1").text
        assert "一院 7" in carer.get(url).text

    def test_a_carer_of_another_class_and_the_clerk_see_none_of_it(self, city, case, signed_in):
        url = f"/nursery/absences/{case.pk}/"
        assert signed_in(city.a.big_carer).get(url).status_code == 404
        assert signed_in(city.a.clerk).get(url).status_code == 403
        assert signed_in(city.a.clerk).get("/api/v1/absence-cases/").status_code == 403
        assert signed_in(city.a.guardian).get(url).status_code == 403
