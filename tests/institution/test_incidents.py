import datetime as dt
import json

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from core import rls
from core.calendar import now
from core.errors import NotThere, Refused
from core.models import Attachment, AuditEvent
from institution.models import (
    Alert,
    Incident,
    IncidentChild,
    IncidentNotice,
    IncidentReport,
    IncidentStep,
    Push,
    RowChange,
)
from institution.services import incidents
from institution.services.erasure import erase_child
from tests.core.pictures import jpeg, upload
from tests.factories.city import City
from tests.factories.institution import (
    GuardianshipFactory,
    IncidentFactory,
    IncidentNoticeFactory,
    IncidentReportFactory,
    ReportRuleFactory,
    RoomFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def child(city):
    return city.a.guardian.guardianships.get().child


@pytest.fixture
def other(city, child):
    return next(each for each in city.a.children if each != child)


@pytest.fixture
def carer(city):
    return City.actor(city.a.carer)


@pytest.fixture
def director(city):
    return City.actor(city.a.director)


@pytest.fixture
def guardian(city):
    return City.actor(city.a.guardian)


def facts(**changed) -> dict:
    return {
        "kind": "fall",
        "gravity": "minor",
        "happened_at": now() - dt.timedelta(minutes=20),
        "place": "活动室",
        "body": ["face", "forehead"],
        "what": "跑步时摔倒",
        "done": "冷敷",
        "seen_by": "王老师",
    } | changed


def written(actor, *children, **changed) -> Incident:
    with rls.of_actor(actor):
        return incidents.write(actor=actor, children=children, **facts(**changed))


def refused(expected: str, act, /, **kwargs) -> dict:
    with pytest.raises(Refused) as caught:
        act(**kwargs)
    assert caught.value.code == expected
    return caught.value.fields


def in_review(carer, *children, **changed) -> Incident:
    incident = written(carer, *children, **changed)
    with rls.of_actor(carer):
        return incidents.submit(actor=carer, incident=incident)


def shared(carer, director, *children, **changed) -> Incident:
    incident = in_review(carer, *children, **changed)
    with rls.of_actor(director):
        return incidents.approve(
            actor=director,
            incident=incident,
            texts={child.pk: "摔了一下，已冷敷。" for child in children},
        )


class TestCourse:
    def test_from_a_draft_to_closed(self, city, carer, director, guardian, child):
        incident = written(carer, child)
        assert (incident.state, incident.class_group_id) == ("draft", city.a.small.pk)
        assert incident.body == ["forehead", "face"]
        with rls.of_actor(carer):
            incidents.submit(actor=carer, incident=incident)
        with rls.of_actor(director):
            incidents.approve(
                actor=director, incident=incident, texts={child.pk: "摔了一下，已冷敷。"}
            )
        notice = IncidentNotice.objects.get()
        assert (notice.text, notice.place, notice.body) == (
            "摔了一下，已冷敷。",
            "活动室",
            ["forehead", "face"],
        )
        with rls.of_actor(guardian):
            incidents.acknowledge(actor=guardian, notice=notice)
        incidents.settle(notice_id=notice.pk)
        incidents.settle(notice_id=notice.pk)

        incident.refresh_from_db()
        assert incident.state == "closed"
        assert list(incident.steps.order_by("pk").values_list("act", "state", "by")) == [
            ("written", "draft", carer.user_id),
            ("submitted", "review", carer.user_id),
            ("approved", "shared", director.user_id),
            ("acknowledged", "shared", guardian.user_id),
            ("closed", "closed", None),
        ]
        actions = AuditEvent.objects.filter(action__startswith="incident.").order_by("pk")
        assert list(actions.values_list("action", flat=True)) == [
            "incident.written",
            "incident.submitted",
            "incident.approved",
            "incident.acknowledged",
            "incident.closed",
        ]

    def test_every_family_has_to_acknowledge(self, city, carer, director, guardian, child, other):
        second = GuardianshipFactory(child=other).user
        incident = shared(carer, director, child, other)
        first, last = (
            IncidentNotice.objects.filter(child=child),
            IncidentNotice.objects.filter(child=other),
        )
        incidents.acknowledge(actor=guardian, notice=first.get())
        incidents.settle(notice_id=first.get().pk)
        incident.refresh_from_db()
        assert incident.state == "shared"
        incidents.acknowledge(actor=City.actor(second), notice=last.get())
        incidents.settle(notice_id=last.get().pk)
        incident.refresh_from_db()
        assert incident.state == "closed"

    def test_without_a_child_it_closes_with_the_approval(self, carer, director):
        assert shared(carer, director).state == "closed"

    def test_sent_back_it_is_a_draft_with_a_reason(self, carer, director, child):
        incident = in_review(carer, child)
        refused("reason_needed", incidents.send_back, actor=director, incident=incident, reason=" ")
        incidents.send_back(actor=director, incident=incident, reason="请写明谁在场")
        incident.refresh_from_db()
        assert incident.state == "draft"
        assert incident.steps.order_by("pk").last().reason == "请写明谁在场"
        with rls.of_actor(carer):
            incidents.rewrite(
                actor=carer, incident=incident, children=[child], **facts(seen_by="王老师、李老师")
            )
            incidents.submit(actor=carer, incident=incident)

    def test_a_child_chosen_by_mistake_leaves_a_trace(self, carer, child, other):
        incident = written(carer, child)
        with rls.of_actor(carer):
            incidents.rewrite(actor=carer, incident=incident, children=[other], **facts())

        rows = IncidentChild.objects.order_by("pk").values_list("child", "removed_at")
        assert [(pk, at is None) for pk, at in rows] == [(child.pk, False), (other.pk, True)]
        assert incidents.children_of(incident) == [other]

    def test_what_a_state_does_not_allow_is_refused(self, carer, director, child):
        incident = in_review(carer, child)
        refused("not_a_draft", incidents.submit, actor=carer, incident=incident)
        refused(
            "not_a_draft",
            incidents.rewrite,
            actor=carer,
            incident=incident,
            children=[child],
            **facts(),
        )
        refused("not_with_family", incidents.close, actor=director, incident=incident, reason="x")
        refused("not_allowed", incidents.send_back, actor=carer, incident=incident, reason="x")
        refused("not_allowed", incidents.approve, actor=carer, incident=incident, texts={})
        refused("not_allowed", incidents.close, actor=carer, incident=incident, reason="x")

    @pytest.mark.parametrize(
        ("code", "field", "changed"),
        [
            ("in_future", "happened_at", {"happened_at": now() + dt.timedelta(hours=3)}),
            ("too_old", "happened_at", {"happened_at": now() - dt.timedelta(days=40)}),
            ("too_long", "what", {"what": "长" * 1001}),
            ("too_long", "seen_by", {"seen_by": "长" * 101}),
        ],
    )
    def test_what_cannot_be_is_refused(self, carer, code, field, changed):
        assert field in refused(code, incidents.write, actor=carer, children=[], **facts(**changed))

    def test_a_review_needs_what_happened_what_was_done_and_where(self, carer):
        for missing, code in (("what", "not_told"), ("done", "not_told"), ("place", "no_place")):
            incident = written(carer, **{missing: ""})
            refused(code, incidents.submit, actor=carer, incident=incident)

    def test_a_child_of_another_class_of_another_nursery_is_refused(self, city, carer):
        refused(
            "not_enrolled",
            incidents.write,
            actor=carer,
            children=[city.b.children[0]],
            **facts(),
        )

    def test_closing_without_the_family_needs_a_reason(self, carer, director, child):
        incident = shared(carer, director, child)
        assert "reason" in refused(
            "reason_needed", incidents.close, actor=director, incident=incident, reason=""
        )
        incidents.close(actor=director, incident=incident, reason="电话告知，家长在外地")
        incident.refresh_from_db()
        assert incident.state == "closed"
        assert incident.steps.order_by("pk").last().reason == "电话告知，家长在外地"


class TestCorrection:
    def test_the_wording_before_it_is_kept(self, carer, director, child):
        incident = in_review(carer, child)
        values = facts(what="追跑时被绊倒", happened_at=incident.happened_at)
        incidents.correct(actor=director, incident=incident, reason="看了监控", **values)

        incident.refresh_from_db()
        step = incident.steps.order_by("pk").last()
        assert (incident.what, step.act, step.reason) == ("追跑时被绊倒", "corrected", "看了监控")
        assert json.loads(step.before) == {"what": "跑步时摔倒"}
        refused(
            "nothing_changed",
            incidents.correct,
            actor=director,
            incident=incident,
            reason="再看",
            **values,
        )

    def test_a_closed_one_is_not_corrected(self, carer, director):
        incident = shared(carer, director)
        refused(
            "not_correctable",
            incidents.correct,
            actor=director,
            incident=incident,
            reason="x",
            **facts(what="y"),
        )

    def test_the_row_keeps_its_history(self, carer, director, child):
        incident = in_review(carer, child)
        values = facts(kind="bite", happened_at=incident.happened_at)
        incidents.correct(actor=director, incident=incident, reason="看错了", **values)
        changes = RowChange.objects.filter(table="institution_incident", row=str(incident.pk))
        assert {"kind": "fall"} in list(changes.values_list("before", flat=True))


class TestFamily:
    def test_another_childs_name_is_refused(self, carer, director, child, other):
        incident = in_review(carer, child)
        text = f"{child.name}被{other.name}咬了一下"
        fields = refused(
            "names_another",
            incidents.approve,
            actor=director,
            incident=incident,
            texts={child.pk: text},
        )
        assert list(fields) == [f"text_{child.pk}"]
        refused("text_needed", incidents.approve, actor=director, incident=incident, texts={})

    def test_with_several_children_nobody_is_shown_a_body_or_a_photo(
        self, carer, director, child, other, tmp_path, settings
    ):
        settings.MEDIA_ROOT = tmp_path
        incident = in_review(carer, child, other, photo=upload(jpeg()))
        texts = {child.pk: "一", other.pk: "二"}
        refused(
            "photo_of_several",
            incidents.approve,
            actor=director,
            incident=incident,
            texts=texts,
            share_photo=True,
        )
        incidents.approve(actor=director, incident=incident, texts=texts)
        assert {tuple(n.body) for n in IncidentNotice.objects.all()} == {()}
        assert Attachment.objects.get().child_ids == []

    def test_a_photo_is_the_nurserys_until_it_is_shown(
        self, carer, director, child, tmp_path, settings
    ):
        settings.MEDIA_ROOT = tmp_path
        incident = in_review(carer, child, photo=upload(jpeg()))
        assert Attachment.objects.get().child_ids == []
        incidents.approve(
            actor=director, incident=incident, texts={child.pk: "一"}, share_photo=True
        )
        assert Attachment.objects.get().child_ids == [child.pk]
        assert IncidentNotice.objects.get().photo == Attachment.objects.get().pk

    def test_the_database_shows_a_family_its_notice_and_no_incident(
        self, city, carer, director, guardian, child, other
    ):
        GuardianshipFactory(child=other)
        shared(carer, director, child, other)
        with rls.of_actor(guardian):
            assert [n.child_id for n in IncidentNotice.objects.all()] == [child.pk]
            for closed in (Incident, IncidentChild, IncidentStep, IncidentReport):
                with (
                    pytest.raises(ProgrammingError, match="permission denied"),
                    transaction.atomic(),
                ):
                    closed.objects.exists()

    def test_another_familys_notice_is_not_there(self, city, guardian, other):
        notice = IncidentNoticeFactory(child=other, incident__class_group=city.a.small)
        with pytest.raises(NotThere):
            incidents.acknowledge(actor=guardian, notice=notice)


class TestClock:
    @pytest.fixture(autouse=True)
    def rule(self, city):
        ReportRuleFactory(minutes=120)
        return ReportRuleFactory(region_path=city.a.institution.region.path, minutes=60)

    def test_it_starts_with_a_draft_and_tells_director_and_county(self, city, carer, child, rule):
        incident = written(carer, child, gravity="serious")

        report = IncidentReport.objects.get()
        assert report.rule == rule
        assert report.due_at - report.started_at == dt.timedelta(minutes=60)
        assert report.started_at == incident.serious_at
        alert = Alert.objects.get()
        assert (alert.kind, alert.evidence["minutes"]) == ("serious_incident", 60)
        incidents.alerts.tell(alert_id=alert.pk, level=0)
        told = set(Push.objects.filter(about="alert").values_list("user", flat=True))
        assert told == {city.a.director.pk, city.county_regulator.pk}

    def test_saved_again_it_runs_on_and_it_does_not_become_minor(self, carer, child):
        incident = written(carer, child, gravity="serious")
        with rls.of_actor(carer):
            incidents.rewrite(
                actor=carer, incident=incident, children=[child], **facts(gravity="serious")
            )
        assert "gravity" in refused(
            "stays_serious",
            incidents.rewrite,
            actor=carer,
            incident=incident,
            children=[child],
            **facts(),
        )
        assert IncidentReport.objects.count() == Alert.objects.count() == 1

    def test_a_correction_to_serious_starts_it(self, carer, director, child):
        incident = in_review(carer, child)
        values = facts(gravity="serious", happened_at=incident.happened_at)
        incidents.correct(actor=director, incident=incident, reason="骨折", **values)
        assert IncidentReport.objects.get().started_at > incident.written_at

    def test_where_the_rule_names_no_time_it_is_due_at_once(self, carer, rule):
        type(rule).objects.update(minutes=None)
        written(carer, gravity="serious")
        report = IncidentReport.objects.get()
        assert report.due_at == report.started_at

    def test_nothing_closes_before_the_report_is_written_down(
        self, carer, director, guardian, child
    ):
        incident = shared(carer, director, child, gravity="serious")
        refused("report_due", incidents.close, actor=director, incident=incident, reason="x")
        notice, report = IncidentNotice.objects.get(), IncidentReport.objects.get()
        incidents.acknowledge(actor=guardian, notice=notice)
        incidents.settle(notice_id=notice.pk)
        incident.refresh_from_db()
        assert incident.state == "shared"
        values = {"actor": director, "report": report, "reported_at": now()}
        refused("to_whom", incidents.report, **values, reported_to=" ")
        refused(
            "in_future",
            incidents.report,
            **values | {"reported_at": now() + dt.timedelta(hours=1)},
            reported_to="区卫健局",
        )
        refused(
            "before_it",
            incidents.report,
            **values | {"reported_at": now() - dt.timedelta(hours=5)},
            reported_to="区卫健局",
        )
        incidents.report(**values, reported_to="区卫健局 张科长", reference_no="2026-07")
        refused("reported_already", incidents.report, **values, reported_to="区卫健局")

        incident.refresh_from_db()
        assert incident.state == "closed"
        assert Alert.objects.get().outcome == "ended"

    def test_only_the_director_writes_the_report_down(self, city, carer):
        written(carer, gravity="serious")
        values = {"report": IncidentReport.objects.get(), "reported_at": now()}
        for actor in (carer, City.actor(city.a.health_worker), City.actor(city.county_regulator)):
            with pytest.raises(NotThere):
                incidents.report(actor=actor, **values, reported_to="区卫健局")

    def test_an_overdue_report_raises_an_alert_once(self, carer):
        written(carer, gravity="serious")
        late = now() + dt.timedelta(minutes=61)
        assert (incidents.look(), incidents.look(at=late), incidents.look(at=late)) == (0, 1, 0)
        assert Alert.objects.filter(kind="report_overdue").count() == 1

    def test_a_silent_family_is_reminded_once(self, city, carer, director, child):
        incident = shared(carer, director, child)
        late = now() + dt.timedelta(hours=25)
        assert incidents.tell(incident_id=incident.pk) == 1
        assert (incidents.look(), incidents.look(at=late), incidents.look(at=late)) == (0, 1, 0)
        alert = Alert.objects.get()
        assert (alert.kind, alert.child_id, alert.evidence["hours"]) == (
            "incident_unread",
            child.pk,
            24,
        )
        pushes = Push.objects.filter(about="incident").order_by("step")
        assert list(pushes.values_list("user", "step")) == [
            (city.a.guardian.pk, 0),
            (city.a.guardian.pk, 1),
        ]
        notice = IncidentNotice.objects.get()
        incidents.acknowledge(actor=City.actor(city.a.guardian), notice=notice)
        incidents.settle(notice_id=notice.pk)
        alert.refresh_from_db()
        assert alert.outcome == "ended"


class TestWhoSees:
    def test_a_carer_sees_the_own_class_and_what_the_carer_wrote(self, city, carer, child):
        mine = written(carer, child)
        own = written(carer)
        IncidentFactory(class_group=city.a.big)
        elsewhere = IncidentFactory(class_group=city.a.big, written_by=city.a.carer)

        assert set(Incident.objects.visible_to(carer)) == {mine, own, elsewhere}
        assert Incident.objects.visible_to(City.actor(city.a.director)).count() == 4
        assert Incident.objects.visible_to(City.actor(city.a.big_carer)).count() == 2
        for nobody in (city.a.clerk, city.a.guardian, city.auditor, city.assessor, city.admin):
            assert not Incident.objects.visible_to(City.actor(nobody)).exists()

    def test_a_regulator_sees_serious_ones_of_the_region_by_either_wall(self, city):
        IncidentFactory(class_group=city.a.small)
        grave = IncidentFactory(class_group=city.a.small, serious=True, about=city.a.children[0])
        IncidentReportFactory(incident=grave)
        IncidentFactory(class_group=city.b.small, serious=True)
        county, both = City.actor(city.county_regulator), City.actor(city.regulator)

        assert list(Incident.objects.visible_to(county)) == [grave]
        assert Incident.objects.visible_to(both).count() == 2
        with rls.of_actor(county):
            assert list(Incident.objects.all()) == [grave]
            assert IncidentReport.objects.count() == 1
            for closed in (IncidentChild, IncidentStep, IncidentNotice):
                assert not closed.objects.exists()
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                Incident.objects.filter(pk=grave.pk).update(place="x")


class TestDatabase:
    @pytest.mark.parametrize(
        ("constraint", "change"),
        [
            ("incident_serious", {"gravity": "serious"}),
            ("incident_serious", {"serious_at": now()}),
            ("incident_closed", {"closed_at": now()}),
            ("incident_approved", {"state": "shared"}),
            ("incident_past", {"happened_at": now() + dt.timedelta(days=1)}),
        ],
    )
    def test_it_refuses_half_an_incident(self, city, constraint, change):
        incident = IncidentFactory(class_group=city.a.small)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Incident.objects.filter(pk=incident.pk).update(**change)

    def test_it_refuses_half_a_notice_and_half_a_report(self, city, child):
        notice = IncidentNoticeFactory(child=child, incident__class_group=city.a.small)
        with pytest.raises(IntegrityError, match="notice_acknowledged"), transaction.atomic():
            IncidentNotice.objects.filter(pk=notice.pk).update(acknowledged_at=now())
        with pytest.raises(IntegrityError, match="notice_once"), transaction.atomic():
            IncidentNoticeFactory(child=child, incident=notice.incident)
        report = IncidentReportFactory(incident__class_group=city.a.small)
        with pytest.raises(IntegrityError, match="report_whole"), transaction.atomic():
            IncidentReport.objects.filter(pk=report.pk).update(reported_at=now())
        with pytest.raises(IntegrityError, match="report_due"), transaction.atomic():
            IncidentReport.objects.filter(pk=report.pk).update(
                due_at=report.started_at - dt.timedelta(minutes=1)
            )
        with pytest.raises(IntegrityError, match="report_once"), transaction.atomic():
            IncidentReportFactory(incident=report.incident, rule=report.rule)
        with pytest.raises(IntegrityError, match="incidentchild_once"), transaction.atomic():
            IncidentChild.objects.create(
                institution=notice.institution, incident=notice.incident, child=child
            )

    def test_it_refuses_a_room_of_another_nursery(self, city):
        room = RoomFactory(institution=city.b.institution)

        def mixed() -> None:
            IncidentFactory(class_group=city.a.small, room=room)
            connection.check_constraints()

        with pytest.raises(IntegrityError, match="same_institution"), transaction.atomic():
            mixed()

    @pytest.mark.parametrize(
        "model", [Incident, IncidentChild, IncidentNotice, IncidentReport, IncidentStep]
    )
    def test_nothing_of_it_is_deleted_by_anybody(self, model):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            model.objects.all()._raw_delete(model.objects.db)

    def test_a_step_never_changes(self, carer, child):
        written(carer, child)
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            IncidentStep.objects.update(at=now())


def test_of_an_erased_child_no_text_is_left(city, carer, director, child):
    incident = shared(carer, director, child)
    incidents.close(actor=director, incident=incident, reason="已离园")
    erase_child(actor=City.actor(city.admin), child=child, reason="request")

    incident.refresh_from_db()
    assert (incident.what, incident.done, incident.seen_by) == ("", "", "")
    assert {step.reason for step in incident.steps.all()} == {""}
    assert IncidentNotice.objects.get().text == ""


def test_what_is_also_another_childs_evidence_stays(city, carer, child, other):
    incident = written(carer, child, other)
    erase_child(actor=City.actor(city.admin), child=child, reason="request")
    incident.refresh_from_db()
    assert incident.what == "跑步时摔倒"
