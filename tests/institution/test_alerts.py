"""Alerts: one while it lasts, taken once, closed with an outcome, passed upward once, told to the people on duty."""

import datetime as dt
import json
import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from core import outbox
from core.calendar import now, today
from core.errors import NotThere, Refused
from core.models import AuditEvent, OutboxMessage
from institution import reference, tasks
from institution.enums import AlertKind, AlertState
from institution.models import Alert, AlertRule, ClassDuty, Membership, Push
from institution.services import alerts, pushes
from tests.factories.city import build_city
from tests.factories.institution import AlertFactory, AlertRuleFactory

MINUTE = dt.timedelta(minutes=1)
FACTS = {"present": 12, "carers": 2, "most": 5}


@pytest.fixture
def director(city):
    return city.actor(city.a.director)


@pytest.fixture
def carer(city):
    return city.actor(city.a.carer)


@pytest.fixture(autouse=True)
def file(settings, tmp_path):
    settings.PUSH_FILE = tmp_path / "pushes.jsonl"
    return settings.PUSH_FILE


def breach(city, **values) -> Alert:
    given = {
        "actor": None,
        "institution_id": city.a.institution.pk,
        "kind": AlertKind.RATIO_BREACH,
        "key": f"class:{city.a.small.pk}",
        "evidence": FACTS,
        "class_group_id": city.a.small.pk,
    }
    return alerts.raise_alert(**given | values)


def told(file) -> list[dict]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def actions() -> list[str]:
    found = AuditEvent.objects.filter(action__startswith="alert.").order_by("pk")
    return list(found.values_list("action", flat=True))


class TestRaising:
    def test_it_is_stored_with_its_severity_and_the_time_to_answer(self, city):
        rule = AlertRuleFactory(minutes=5)
        moment = now()

        alert = breach(city, at=moment)

        stored = Alert.objects.get()
        assert stored.pk == alert.pk
        assert (stored.severity, stored.state, stored.level) == ("critical", "open", 0)
        assert (stored.raised_at, stored.due_at) == (moment, moment + 5 * MINUTE)
        assert stored.rule == f"alert_rule:{rule.pk}@2026-01-01"
        assert stored.evidence == FACTS

    def test_the_rule_of_the_nearest_region_and_the_newest_counts(self, city):
        path = city.a.institution.region.path
        AlertRuleFactory(minutes=1, region_path=path.split("/")[0] + "/")
        AlertRuleFactory(minutes=2, region_path=path)
        AlertRuleFactory(minutes=3, region_path=path, valid_from=dt.date(2026, 6, 1))
        AlertRuleFactory(minutes=4, region_path=path, valid_from=today() + dt.timedelta(days=1))
        AlertRuleFactory(minutes=5, region_path=city.b.institution.region.path)

        alert = breach(city)

        assert alert.due_at - alert.raised_at == 3 * MINUTE

    def test_without_a_rule_the_setting_counts(self, city, settings):
        settings.ALERT_ANSWER_MINUTES = 7

        alert = breach(city)

        assert alert.due_at - alert.raised_at == 7 * MINUTE
        assert alert.rule == "setting:ALERT_ANSWER_MINUTES"

    def test_again_while_it_lasts_it_is_the_same_with_the_new_evidence(self, city):
        first = breach(city)
        told_first = OutboxMessage.objects.filter(task=alerts.TELL).count()

        again = breach(city, evidence=FACTS | {"present": 14})

        assert again.pk == first.pk
        assert Alert.objects.get().evidence["present"] == 14
        assert OutboxMessage.objects.filter(task=alerts.TELL).count() == told_first
        assert actions() == ["alert.raised"]

    def test_after_it_was_closed_it_is_a_new_one(self, city, director):
        alerts.close(actor=director, alert=breach(city), outcome="resolved")

        breach(city)

        assert sorted(Alert.objects.values_list("state", flat=True)) == ["closed", "open"]

    def test_who_raised_it_and_whose_child_it_is_are_on_record(self, city, carer):
        child = city.a.children[0]

        alert = breach(
            city, actor=carer, kind="unknown_person", key="c1", evidence={}, child_id=child.pk
        )

        event = AuditEvent.objects.get(action="alert.raised")
        assert (event.actor_user_id, event.child_ids) == (carer.user_id, [child.pk])
        assert event.data == {"kind": "unknown_person", "level": 0}
        assert (event.subject_id, event.institution_id) == (
            str(alert.pk),
            city.a.institution.pk,
        )

    def test_an_unknown_kind_is_refused(self, city):
        with pytest.raises(Refused) as refused:
            breach(city, kind="fire_in_the_lake")

        assert refused.value.code == "unknown_kind"

    @pytest.mark.parametrize("value", ["孔令一", "two words", {"a": 1}, ["1"], "x" * 41])
    def test_evidence_is_no_text(self, city, value):
        with pytest.raises(TypeError):
            breach(city, evidence={"who": value})

    def test_evidence_is_numbers_ids_moments_and_codes(self):
        moment = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
        facts = {"n": Decimal("1.5"), "day": dt.date(2026, 1, 2), "at": moment, "ids": [1, 2]}

        assert alerts.typed(facts | {"code": "left_late", "none": None}) == {
            "n": 1.5,
            "day": "2026-01-02",
            "at": "2026-11-20T08:00:00+00:00",
            "ids": [1, 2],
            "code": "left_late",
            "none": None,
        }

    def test_what_raised_it_rolled_back_takes_it_along(self, city):
        def act():
            with transaction.atomic():
                breach(city)
                raise Refused("", "no")

        with pytest.raises(Refused):
            act()

        assert not Alert.objects.exists()
        assert not OutboxMessage.objects.filter(task=alerts.TELL).exists()

    def test_a_second_open_one_is_refused_by_the_database(self, city):
        first = breach(city)

        with pytest.raises(IntegrityError, match="one_open"), transaction.atomic():
            AlertFactory(institution=city.a.institution, kind=first.kind, key=first.key)

    @pytest.mark.parametrize(
        ("values", "name"),
        [
            ({"state": "closed"}, "institution_alert_closed"),
            ({"state": "closed", "closed_at": now()}, "institution_alert_outcome"),
            ({"state": "taken"}, "institution_alert_taken"),
            ({"taken_at": now()}, "institution_alert_owner"),
            ({"level": 1}, "institution_alert_escalated"),
        ],
    )
    def test_the_database_refuses_states_that_cannot_be(self, city, values, name):
        alert = breach(city)

        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Alert.objects.filter(pk=alert.pk).update(**values)

    def test_the_database_refuses_a_rule_that_ends_before_it_begins(self, db):
        with pytest.raises(IntegrityError, match="period"), transaction.atomic():
            AlertRuleFactory(valid_to=dt.date(2025, 1, 1))


class TestSeeing:
    def test_a_carer_sees_those_of_the_own_class_only(self, city, carer):
        mine = breach(city)
        breach(city, class_group_id=city.a.big.pk, key="other")
        breach(city, class_group_id=None, key="all")

        assert list(Alert.objects.visible_to(carer)) == [mine]

    def test_what_is_the_offices_is_not_the_carers(self, city, carer, director):
        breach(city, kind="double_employment", key="1", evidence={})

        assert not Alert.objects.visible_to(carer).exists()
        assert Alert.objects.visible_to(director).exists()

    def test_nobody_of_another_nursery_or_of_the_region_or_family_sees_it(self, city):
        breach(city)

        people = (city.b.director, city.regulator, city.a.guardian)
        assert not any(Alert.objects.visible_to(city.actor(user)).exists() for user in people)

    def test_the_most_urgent_stand_first(self, city):
        soon = breach(city, at=now() - MINUTE)
        later = breach(city, key="later")
        normal = breach(city, kind="sick_absence_open", key="n", at=now() - 60 * MINUTE)
        Alert.objects.filter(pk=soon.pk).update(
            state="taken", taken_at=now(), owner=Membership.objects.get(user=city.a.carer)
        )

        assert list(Alert.objects.most_urgent_first()) == [later, normal, soon]


class TestTaking:
    def test_it_has_an_owner_then(self, city, carer):
        alert = alerts.take(actor=carer, alert=breach(city))

        stored = Alert.objects.get()
        assert (stored.state, stored.owner.user_id) == (AlertState.TAKEN, carer.user_id)
        assert alert.taken_at
        assert actions() == ["alert.raised", "alert.taken"]

    def test_again_by_the_same_person_it_stays_as_it_is(self, city, carer):
        alert = breach(city)
        first = alerts.take(actor=carer, alert=alert)

        again = alerts.take(actor=carer, alert=alert)

        assert again.taken_at == first.taken_at
        assert actions().count("alert.taken") == 1

    def test_by_another_person_it_is_refused(self, city, carer, director):
        alert = alerts.take(actor=carer, alert=breach(city))

        with pytest.raises(Refused) as refused:
            alerts.take(actor=director, alert=alert)

        assert refused.value.code == "already_taken"

    def test_of_another_class_it_is_not_there(self, city):
        alert = breach(city)

        with pytest.raises(NotThere):
            alerts.take(actor=city.actor(city.a.big_carer), alert=alert)


class TestClosing:
    def test_with_an_outcome_and_a_note_that_no_record_repeats(self, city, director):
        alerts.close(actor=director, alert=breach(city), outcome="false_alarm", note="李老师在走廊")

        stored = Alert.objects.get()
        assert (stored.state, stored.outcome, stored.note) == (
            "closed",
            "false_alarm",
            "李老师在走廊",
        )
        assert stored.owner.user_id == director.user_id
        event = AuditEvent.objects.get(action="alert.closed")
        assert event.data == {"kind": "ratio_breach", "level": 0, "outcome": "false_alarm"}

    @pytest.mark.parametrize("outcome", ["ended", "", "nothing"])
    def test_only_with_an_outcome_that_people_may_choose(self, city, director, outcome):
        with pytest.raises(Refused) as refused:
            alerts.close(actor=director, alert=breach(city), outcome=outcome)

        assert (refused.value.code, list(refused.value.fields)) == ("unknown_outcome", ["outcome"])

    def test_a_long_note_is_refused(self, city, director):
        with pytest.raises(Refused) as refused:
            alerts.close(actor=director, alert=breach(city), outcome="resolved", note="字" * 201)

        assert refused.value.code == "note_too_long"

    def test_once(self, city, director):
        alert = breach(city)
        alerts.close(actor=director, alert=alert, outcome="resolved")

        with pytest.raises(Refused) as refused:
            alerts.close(actor=director, alert=alert, outcome="resolved")

        assert refused.value.code == "already_closed"

    def test_by_itself_when_what_it_was_about_is_over(self, city):
        alert = breach(city)
        about = {"institution_id": city.a.institution.pk, "kind": alert.kind, "key": alert.key}

        ended = alerts.condition_ended(**about)

        assert ended
        assert (ended.state, ended.outcome) == ("closed", "ended")
        assert alerts.condition_ended(**about) is None
        assert actions() == ["alert.raised", "alert.ended"]


class TestTelling:
    def test_the_carers_of_the_class_and_the_health_worker_hear_it_first(self, city, file):
        alert = breach(city)

        tasks.tell_alert(alert_id=alert.pk, level=0)

        assert {line["user"] for line in told(file)} == {
            city.a.carer.pk,
            city.a.health_worker.pk,
        }
        assert {(line["about"], line["subject"]) for line in told(file)} == {
            ("alert", str(alert.pk))
        }

    def test_twice_is_once(self, city, file):
        alert = breach(city)

        for _each in range(2):
            tasks.tell_alert(alert_id=alert.pk, level=0)

        assert len(told(file)) == 2 == Push.objects.count()

    def test_a_carer_who_left_or_whose_duty_ended_hears_nothing(self, city, file):
        alert = breach(city)
        ClassDuty.objects.filter(membership__user=city.a.carer).update(
            during=(today() - dt.timedelta(days=9), today())
        )
        Membership.objects.filter(user=city.a.health_worker).update(ended_on=today())

        tasks.tell_alert(alert_id=alert.pk, level=0)

        assert [line["user"] for line in told(file)] == [city.a.director.pk]

    def test_of_what_is_over_nobody_hears(self, city, director, file):
        alert = breach(city)
        alerts.close(actor=director, alert=alert, outcome="resolved")

        tasks.tell_alert(alert_id=alert.pk, level=0)

        assert told(file) == []

    def test_a_channel_that_fails_is_tried_again_with_pauses_and_given_up(
        self, city, file, settings, caplog
    ):
        alert = breach(city, kind="double_employment", key="1", evidence={})
        settings.PUSH_CHANNELS = {"file": "tests.institution.test_alerts.Broken"}

        tasks.tell_alert(alert_id=alert.pk, level=0)
        (push,) = Push.objects.all()
        assert push.attempts == 1
        assert push.due_at > now()
        for _each in range(outbox.MAX_ATTEMPTS):
            Push.objects.update(due_at=now())
            tasks.deliver_pushes()

        push.refresh_from_db()
        assert (push.attempts, push.given_up, push.sent_at) == (outbox.MAX_ATTEMPTS, True, None)
        assert "push not sent" in caplog.text

    def test_one_that_failed_goes_out_when_the_channel_is_back(self, city, file, settings):
        alert = breach(city, kind="double_employment", key="1", evidence={})
        working, settings.PUSH_CHANNELS = (
            settings.PUSH_CHANNELS,
            {"file": "tests.institution.test_alerts.Broken"},
        )
        tasks.tell_alert(alert_id=alert.pk, level=0)
        settings.PUSH_CHANNELS = working
        Push.objects.update(due_at=now())

        assert pushes.deliver() == 1
        assert len(told(file)) == 1

    def test_a_hint_goes_to_the_pages_of_the_nursery(self, city):
        breach(city)

        hint = OutboxMessage.objects.get(topic=alerts.TOPIC)
        assert hint.groups == [f"institution.{city.a.institution.pk}"]


class Broken:
    def send(self, push) -> None:
        raise ConnectionError("no provider")


class TestEscalating:
    def test_what_nobody_took_in_time_goes_to_the_director_once(self, city, file):
        alert = breach(city, at=now() - 60 * MINUTE)

        assert [tasks.escalate_alerts(), tasks.escalate_alerts()] == [1, 0]
        tasks.tell_alert(alert_id=alert.pk, level=1)

        stored = Alert.objects.get()
        assert stored.level == 1
        assert stored.escalated_at
        assert [line["user"] for line in told(file)] == [city.a.director.pk]
        assert actions() == ["alert.raised", "alert.escalated"]

    def test_what_is_taken_or_not_yet_due_stays(self, city, carer):
        alerts.take(actor=carer, alert=breach(city, at=now() - 60 * MINUTE))
        breach(city, key="fresh")

        assert tasks.escalate_alerts() == 0

    def test_told_late_of_a_level_it_has_left_nobody_hears_twice(self, city, file):
        alert = breach(city, at=now() - 60 * MINUTE)
        tasks.escalate_alerts()

        tasks.tell_alert(alert_id=alert.pk, level=0)

        assert told(file) == []


def test_reference_rules_say_that_they_are_our_own(db):
    assert reference.load_alert_rules() == reference.load_alert_rules() == len(AlertKind)
    assert set(AlertRule.objects.values_list("basis", flat=True)) == {"平台默认值，非法规要求"}


def at_once(count: int, act) -> list:
    start, answers = threading.Barrier(count), []

    def run(number: int) -> None:
        try:
            start.wait(10)
            answers.append(act(number))
        except Refused as refused:
            answers.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_eight_who_raise_the_same_raise_one(self, transactional_db):
        city = build_city()

        found = at_once(8, lambda n: breach(city, evidence=FACTS | {"present": n}).pk)

        assert len(found) == 8
        assert len(set(found)) == 1 == Alert.objects.count()
        assert actions() == ["alert.raised"]

    def test_of_four_who_take_it_one_has_it(self, transactional_db):
        city = build_city()
        alert = breach(city)
        people = [
            city.actor(user) for user in (city.a.carer, city.a.health_worker, city.a.director)
        ]

        answers = at_once(3, lambda n: alerts.take(actor=people[n], alert=alert).owner_id)

        assert sorted(map(str, answers)).count("already_taken") == 2
        assert Alert.objects.get().owner_id in answers

    def test_escalated_by_two_workers_it_goes_up_once(self, transactional_db):
        city = build_city()
        for n in range(5):
            breach(city, key=f"n{n}", at=now() - 60 * MINUTE)

        assert sum(at_once(2, lambda _n: alerts.escalate())) == 5
        assert actions().count("alert.escalated") == 5

    def test_ended_while_it_is_raised_again_leaves_at_most_one_open(self, transactional_db):
        city = build_city()
        alert = breach(city)
        about = {"institution_id": city.a.institution.pk, "kind": alert.kind, "key": alert.key}

        def act(number: int):
            return alerts.condition_ended(**about) if number % 2 else breach(city)

        assert len(at_once(6, act)) == 6
        assert Alert.objects.unsettled().count() <= 1
