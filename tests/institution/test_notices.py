"""Notices: for all or for a class, read with a receipt, reminded, withdrawn."""

import datetime as dt
import json

import pytest
import time_machine
from django.db import IntegrityError, transaction

from core.calendar import now, today, zone
from core.errors import NotThere, Refused
from core.models import AuditEvent, OutboxMessage
from institution import tasks
from institution.models import ClassGroup, MessageHours, Notice, NoticeRead, Push
from institution.selectors.notices import notices, readers
from institution.services import notices as service
from tests.factories.core import UserFactory
from tests.factories.institution import EnrolmentFactory, GuardianshipFactory, NoticeFactory

LIST = "/nursery/notices/"
TEXT = "请在 16:00 前接孩子。"


@pytest.fixture
def director(city):
    return city.actor(city.a.director)


@pytest.fixture
def mother(city):
    return city.actor(city.a.guardian)


def publish(actor, **values) -> Notice:
    return service.publish(
        actor=actor, **{"title": "消防演练", "body": "请在 16:00 前接孩子。"} | values
    )


class TestPublishing:
    def test_all_families_of_the_nursery_read_it_and_no_other(self, city, director, mother):
        notice = publish(director)

        def sees(user) -> bool:
            return Notice.objects.visible_to(city.actor(user)).filter(pk=notice.pk).exists()

        assert all(map(sees, (city.a.guardian, city.a.carer, city.a.clerk)))
        assert not any(map(sees, (city.b.guardian, city.b.director, city.regulator)))

    def test_one_for_a_class_is_for_its_families_and_carers(self, city, director):
        notice = publish(director, class_group=city.a.big)
        father = UserFactory()
        GuardianshipFactory(user=father, child=city.a.big_child)

        def sees(user) -> bool:
            return Notice.objects.visible_to(city.actor(user)).filter(pk=notice.pk).exists()

        assert all(map(sees, (father, city.a.big_carer, city.a.director)))
        assert not any(map(sees, (city.a.guardian, city.a.carer)))

    def test_for_another_nurserys_class_or_without_text_it_is_refused(self, city, director):
        with pytest.raises(Refused) as foreign:
            publish(director, class_group=city.b.small)
        with pytest.raises(Refused) as empty:
            publish(director, body=" ")

        assert (foreign.value.code, empty.value.code) == ("class_closed", "empty")
        assert not Notice.objects.exists()

    @pytest.mark.parametrize("change", [{"closed_on": 0}, {"opened_on": 1}])
    def test_for_a_class_that_does_not_run_today_it_is_refused(self, change, city, director):
        days = {name: today() + dt.timedelta(days=days) for name, days in change.items()}
        ClassGroup.objects.filter(pk=city.a.big.pk).update(**days)

        with pytest.raises(Refused) as refused:
            publish(director, class_group=city.a.big)

        assert refused.value.code == "class_closed"
        assert not Notice.objects.exists()

    def test_a_withdrawn_one_is_there_for_the_nursery_alone(self, director, mother):
        notice = publish(director)
        for _each in range(2):
            service.withdraw(actor=director, notice=notice)

        assert not Notice.objects.visible_to(mother).exists()
        assert Notice.objects.visible_to(director).exists()
        assert AuditEvent.objects.filter(action="notice.withdrawn").count() == 1


class TestReading:
    def test_the_first_receipt_counts(self, city, director, mother):
        notice = publish(director)
        for _each in range(2):
            service.mark_read(actor=mother, notice=notice)

        (reader,) = readers(notice=notice)
        assert (reader.user_id, bool(reader.read_at)) == (city.a.guardian.pk, True)
        assert notices(actor=director).get().read_count == 1
        assert AuditEvent.objects.filter(action="notice.read").count() == 1

    def test_what_somebody_does_not_see_is_not_read(self, city, director):
        notice = publish(director, class_group=city.a.big)

        with pytest.raises(NotThere):
            service.mark_read(actor=city.actor(city.a.guardian), notice=notice)

    def test_the_database_keeps_one_receipt_of_each(self, city, director, mother):
        notice = publish(director)
        service.mark_read(actor=mother, notice=notice)

        with pytest.raises(IntegrityError, match="noticeread_once"), transaction.atomic():
            NoticeRead.objects.create(
                institution=notice.institution,
                notice=notice,
                user=city.a.guardian,
                read_at=now(),
            )

    def test_the_nursery_hears_of_a_receipt_and_no_other_family_does(self, city, director, mother):
        notice = publish(director)
        OutboxMessage.objects.all().delete()

        for _each in range(2):
            service.mark_read(actor=mother, notice=notice)

        hint = OutboxMessage.objects.get(topic=service.TOPIC)
        assert hint.groups == [f"institution.{city.a.institution.pk}"]
        assert hint.cursor == str(notice.pk)


class TestHours:
    """Those of messages: the city's nurseries open at 7:30 and close at 17:30."""

    @pytest.fixture(autouse=True)
    def push_file(self, settings, tmp_path):
        settings.PUSH_FILE = tmp_path / "pushes.jsonl"

    def at(self, hour: int, days: int = 0) -> dt.datetime:
        day = today() + dt.timedelta(days=days)
        return dt.datetime.combine(day, dt.time(hour), zone())

    @pytest.mark.parametrize(("hour", "days"), [(6, 0), (21, 1)])
    def test_outside_of_them_phones_stay_quiet_until_they_begin(self, hour, days, city, director):
        with time_machine.travel(self.at(hour), tick=False):
            begin = dt.datetime.combine(today() + dt.timedelta(days=days), dt.time(7, 30), zone())
            notice = publish(director)
            assert tasks.tell_notice(notice_id=notice.pk, step=0) == 0
            (push,) = Push.objects.all()
            assert (push.user_id, push.due_at, push.sent_at) == (city.a.guardian.pk, begin, None)
        with time_machine.travel(begin - dt.timedelta(minutes=1), tick=False):
            assert tasks.deliver_pushes() == 0
        with time_machine.travel(begin, tick=False):
            assert tasks.deliver_pushes() == 1

    def test_within_them_they_ring_at_once(self, director):
        with time_machine.travel(self.at(11), tick=False):
            notice = publish(director)
            assert tasks.tell_notice(notice_id=notice.pk, step=0) == 1


class TestReminding:
    @pytest.fixture(autouse=True)
    def open_all_day(self, city, settings, tmp_path):
        settings.PUSH_FILE = tmp_path / "pushes.jsonl"
        MessageHours.objects.create(
            institution=city.a.institution,
            begins=dt.time(0),
            ends=dt.time.max,
            valid_from=today(),
        )

    def test_those_who_have_not_read_it_are_told_again(self, city, director, settings):
        notice = publish(director)
        tasks.tell_notice(notice_id=notice.pk, step=0)
        for _each in range(2):
            service.remind(actor=director, notice=notice, number=1)
            tasks.tell_notice(notice_id=notice.pk, step=1)

        lines = [json.loads(line) for line in settings.PUSH_FILE.read_text().splitlines()]
        assert [(line["user"], line["step"]) for line in lines] == [
            (city.a.guardian.pk, 0),
            (city.a.guardian.pk, 1),
        ]
        assert OutboxMessage.objects.filter(task=service.TELL).count() == 2
        assert AuditEvent.objects.filter(action="notice.reminded").count() == 1

    def test_when_all_have_read_it_or_it_was_withdrawn_it_is_refused(self, director, mother):
        notice = publish(director)
        service.mark_read(actor=mother, notice=notice)
        with pytest.raises(Refused) as read:
            service.remind(actor=director, notice=notice, number=1)
        service.withdraw(actor=director, notice=notice)
        with pytest.raises(Refused) as withdrawn:
            service.remind(actor=director, notice=notice, number=1)

        assert (read.value.code, withdrawn.value.code) == ("all_have_read", "withdrawn")
        assert tasks.tell_notice(notice_id=notice.pk, step=1) == 0
        assert not Push.objects.exists()


class TestPages:
    def test_it_is_written_read_and_reminded(self, city, signed_in):
        director, family = signed_in(city.a.director), signed_in(city.a.guardian)
        typed = {"title": "消防演练", "body": "请在 16:00 前接孩子。", "class_group": ""}

        assert director.post(f"{LIST}new/", typed).url == LIST
        notice = Notice.objects.get()
        assert "未读" in director.get(f"{LIST}{notice.pk}/").text
        assert director.post(f"{LIST}{notice.pk}/remind/").status_code == 400
        assert director.post(f"{LIST}{notice.pk}/remind/", {"number": 1}).status_code == 302
        assert "请在 16:00 前接孩子。" in family.get("/family/notices/").text
        family.post(f"/family/notices/{notice.pk}/read/")
        assert "您已阅读。" in family.get("/family/notices/").text
        page = director.post(f"{LIST}{notice.pk}/remind/", {"number": 2}, follow=True)
        assert "所有人都已读。" in page.text
        director.post(f"{LIST}{notice.pk}/withdraw/")
        assert "已撤回" in director.get(LIST).text

    @pytest.mark.parametrize("missing", ["title", "body"])
    def test_what_is_missing_is_said_and_what_was_typed_is_kept(self, missing, city, signed_in):
        typed = {"title": "消防演练", "body": TEXT, "class_group": city.a.small.pk}

        answer = signed_in(city.a.director).post(f"{LIST}new/", typed | {missing: " "})

        assert answer.status_code == 422
        kept = answer.context["form"]
        assert kept.errors.keys() == {missing}
        for name in typed.keys() - {missing}:
            assert str(kept[name].value()) == str(typed[name])
        assert (TEXT if missing == "title" else "消防演练") in answer.text
        assert f'<option value="{city.a.small.pk}" selected>' in answer.text
        assert not Notice.objects.exists()

    def test_a_class_that_has_closed_is_no_longer_offered(self, city, signed_in):
        director = signed_in(city.a.director)
        ClassGroup.objects.filter(pk=city.a.big.pk).update(closed_on=today())
        typed = {"title": "消防演练", "body": TEXT, "class_group": city.a.big.pk}

        form = director.get(f"{LIST}new/").context["form"]
        answer = director.post(f"{LIST}new/", typed)

        assert city.a.big not in form.fields["class_group"].queryset
        assert answer.status_code == 422
        assert answer.context["form"].errors.keys() == {"class_group"}
        assert TEXT in answer.text

    def test_a_carer_reads_the_whole_text_on_the_list(self, city, signed_in):
        NoticeFactory(institution=city.a.institution, body="甲" * 300)

        assert "甲" * 300 in signed_in(city.a.carer).get(LIST).text
        assert "甲" * 300 not in signed_in(city.a.director).get(LIST).text

    def test_the_page_of_one_is_fetched_again_in_part(self, city, signed_in, mother):
        notice = NoticeFactory(institution=city.a.institution)
        director = signed_in(city.a.director)
        part = {"HX-Request": "true", "HX-Target": "div#notices"}
        service.mark_read(actor=mother, notice=notice)

        answer = director.get(f"{LIST}{notice.pk}/", headers=part)

        assert answer.text.lstrip().startswith('<div class="grid" id="notices"')
        assert '<span class="num">1</span> / <span class="num">1</span>' in answer.text

    def test_a_family_reads_of_nobody_else_whether_it_was_read(self, city, signed_in, mother):
        father = UserFactory()
        GuardianshipFactory(user=father, child=city.a.guardian.guardianships.get().child)
        notice = NoticeFactory(institution=city.a.institution)
        service.mark_read(actor=mother, notice=notice)

        page = signed_in(father).get("/family/notices/").text
        (row,) = signed_in(father).get("/api/v1/notices/").json()["results"]

        assert "我已阅读" in page
        assert "您已阅读。" not in page
        assert city.a.guardian.name not in page
        assert row["read_at"] is None

    def test_the_readers_are_asked_for_at_once(
        self, city, signed_in, django_assert_num_queries, django_assert_max_num_queries
    ):
        client, notice = signed_in(city.a.director), NoticeFactory(institution=city.a.institution)
        path = f"{LIST}{notice.pk}/"
        client.get(path)
        with django_assert_max_num_queries(30) as first:
            client.get(path)
        count = len(first)
        for _each in range(2):
            GuardianshipFactory(child=EnrolmentFactory(class_group=city.a.small).child)
        with django_assert_num_queries(count):
            assert client.get(path).context["told"] == 3

    @pytest.mark.parametrize("path", [LIST, "/family/notices/", "/api/v1/notices/"])
    def test_the_number_of_queries_does_not_grow(
        self, path, city, signed_in, django_assert_num_queries, django_assert_max_num_queries
    ):
        user = city.a.guardian if path.startswith("/family") else city.a.director
        client = signed_in(user)
        NoticeFactory(institution=city.a.institution)
        client.get(path)
        with django_assert_max_num_queries(30) as first:
            client.get(path)
        count = len(first)
        for _each in range(2):
            NoticeFactory(institution=city.a.institution)
        with django_assert_num_queries(count):
            client.get(path)


def test_a_program_publishes_and_reads(city, signed_in):
    told = {"title": "消防演练", "body": "请在 16:00 前接孩子。", "class_group": city.a.small.pk}
    made = signed_in(city.a.director).post("/api/v1/notices/", told, "application/json")
    family = signed_in(city.a.guardian)

    read = family.post(f"/api/v1/notices/{made.json()['id']}/read/")

    assert (made.status_code, read.status_code) == (201, 204)
    (row,) = family.get("/api/v1/notices/").json()["results"]
    assert row["read_at"]
    foreign = told | {"class_group": city.b.small.pk}
    refused = signed_in(city.a.director).post("/api/v1/notices/", foreign, "application/json")
    assert refused.status_code == 400
