"""Somebody who is not on the list, and children who are fetched late: both raise alerts that end by themselves."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from core import rls
from core.calendar import day_bounds, now, today
from core.errors import Refused
from core.models import AuditEvent, OutboxMessage
from institution.models import Alert, Attendance, DailyEntry, Institution, PickupQuestion
from institution.services import late_pickup, strangers
from tests.factories.city import City
from tests.factories.institution import AttendanceFactory, PickupQuestionFactory


@pytest.fixture
def child(city):
    return city.a.guardian.guardianships.get().child


@pytest.fixture
def guardian(city):
    return City.actor(city.a.guardian)


@pytest.fixture
def carer(city):
    return City.actor(city.a.carer)


@pytest.fixture
def here(city, child):
    return AttendanceFactory(class_group=city.a.small, child=child)


@pytest.fixture
def question(carer, child, here) -> PickupQuestion:
    with rls.of_actor(carer):
        return strangers.ask(actor=carer, child=child, name=" 王五 ")


def say(guardian, question, *, agreed: bool) -> None:
    with rls.of_actor(guardian):
        strangers.answer(actor=guardian, question=question, agreed=agreed)
    assert OutboxMessage.objects.filter(task=strangers.SETTLE).exists()
    strangers.settle(question_id=question.pk)


def refused(expected: str, act, /, *args, **kwargs) -> None:
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    assert caught.value.code == expected


class TestStranger:
    def test_asking_raises_an_alert(self, question):
        alert = Alert.objects.get()

        assert (alert.kind, alert.severity) == ("unknown_person", "critical")
        assert alert.evidence == {"question": question.pk, "family_refused": False}
        assert question.name == "王五"

    def test_a_yes_holds_once(self, guardian, carer, question):
        refused("no_yes", strangers.hand_over, actor=carer, question=question)
        say(guardian, question, agreed=True)
        assert Alert.objects.get().outcome == "ended"
        with rls.of_actor(carer):
            strangers.hand_over(actor=carer, question=question)

        entry = DailyEntry.objects.get(kind="leave")
        assert entry.detail == {"by": "王五", "person": {"kind": "asked", "id": question.pk}}
        assert Attendance.objects.get().left_at
        refused("used_already", strangers.hand_over, actor=carer, question=question)
        actions = AuditEvent.objects.filter(action__startswith="pickup.").order_by("pk")
        assert list(actions.values_list("action", flat=True)) == [
            "pickup.family_asked",
            "pickup.family_agreed",
            "pickup.handed_over",
        ]

    def test_after_a_no_the_child_stays_and_the_alert_says_so(self, guardian, carer, question):
        say(guardian, question, agreed=False)

        refused("no_yes", strangers.hand_over, actor=carer, question=question)
        alert = Alert.objects.get()
        assert (alert.state, alert.evidence["family_refused"]) == ("open", True)
        refused("answered_already", say, guardian, question, agreed=True)

    def test_a_yes_of_yesterday_opens_nothing(self, city, carer, child, here):
        yesterday = now() - dt.timedelta(days=1)
        old = PickupQuestionFactory(
            class_group=city.a.small,
            child=child,
            asked_at=yesterday,
            agreed=True,
            answered_at=yesterday,
            answered_by=city.a.guardian,
        )
        refused("no_yes", strangers.hand_over, actor=carer, question=old)

    def test_who_is_not_there_is_not_asked_about(self, carer, child):
        refused("not_here", strangers.ask, actor=carer, child=child, name="王五")
        refused("no_name", strangers.ask, actor=carer, child=child, name=" ")

    def test_families_are_not_asked_without_end(self, carer, child, question):
        for _time in range(2):
            strangers.ask(actor=carer, child=child, name="王五")
        refused("asked_already", strangers.ask, actor=carer, child=child, name="王五")

    @pytest.mark.parametrize(
        ("constraint", "change"),
        [
            ("pickupquestion_answered", {"agreed": True}),
            ("pickupquestion_used_after_yes", {"used_at": now()}),
        ],
    )
    def test_the_database_refuses_half_a_question(self, question, constraint, change):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            PickupQuestion.objects.filter(pk=question.pk).update(**change)

    def test_it_goes_from_the_tablet_to_the_phone_and_back(self, city, child, here, signed_in):
        carer, guardian = signed_in(city.a.carer), signed_in(city.a.guardian)
        url = f"/nursery/children/{child.pk}/pickup/ask/"
        assert carer.post(url, {"name": "王五"}).url == url
        assert "王五" in guardian.get(f"/family/{child.pk}/").text
        question = PickupQuestion.objects.get()
        other = signed_in(city.b.guardian)
        answer = f"/family/pickup/questions/{question.pk}/"
        assert other.post(answer, {"answer": "yes"}).status_code == 404
        guardian.post(answer, {"answer": "yes"})
        assert "王五" not in guardian.get(f"/family/{child.pk}/").text
        assert "家长同意" in carer.get(url).text
        carer.post(f"/nursery/pickup-questions/{question.pk}/hand-over/")
        assert "王五 接走" in guardian.get(f"/family/{child.pk}/").text


class TestLate:
    @pytest.fixture(autouse=True)
    def closing(self, city):
        Institution.objects.update(opens_at=dt.time(7), closes_at=dt.time(17, 30))

    @staticmethod
    def at(hour: int, minute: int) -> dt.datetime:
        return day_bounds(today())[0] + dt.timedelta(hours=hour, minutes=minute)

    def test_nobody_is_late_within_the_grace(self, here):
        assert late_pickup.look(at=self.at(17, 44)) == 0
        assert late_pickup.look(at=self.at(0, 5)) == 0

    def test_one_alert_that_ends_when_the_child_is_fetched(self, here):
        for _minute in range(3):
            assert late_pickup.look(at=self.at(17, 46)) == 1
        alert = Alert.objects.get()
        assert (alert.kind, alert.child_id) == ("late_pickup", here.child_id)
        Attendance.objects.update(arrived_at=self.at(8, 0), left_at=self.at(17, 50))
        assert late_pickup.look(at=self.at(17, 51)) == 0
        alert.refresh_from_db()
        assert alert.outcome == "ended"
