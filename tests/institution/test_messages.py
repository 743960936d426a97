"""Messages: stored once, numbered, read by both sides, sealed; requests ticked off; quiet phones outside the hours."""

import datetime as dt
import json
import threading
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from core import rls
from core.calendar import now, today, zone
from core.crypto import keyring
from core.errors import NotThere, Refused
from core.models import AuditEvent, CryptoKey, OutboxMessage
from institution import tasks
from institution.models import (
    Enrolment,
    Guardianship,
    Message,
    MessageHours,
    Push,
    ReadMark,
    Thread,
)
from institution.selectors.messages import Hours, hours_of, inbox, thread_page, waiting
from institution.services import messages
from institution.services.erasure import erase_child
from tests.factories.city import build_city
from tests.factories.core import UserFactory
from tests.factories.institution import (
    EnrolmentFactory,
    GuardianshipFactory,
    MessageFactory,
    MessageHoursFactory,
    ThreadFactory,
)

TEXT = "今天有点咳嗽，请多喂水。"


@pytest.fixture
def child(city):
    return city.a.guardian.guardianships.get().child


@pytest.fixture
def mother(city):
    return city.actor(city.a.guardian)


@pytest.fixture
def carer(city):
    return city.actor(city.a.carer)


def write(actor, child, body: str = TEXT, **values) -> Message:
    given = {"message_id": uuid.uuid4()} | values
    return messages.send(actor=actor, child=child, body=body, **given)[0]


class TestSending:
    def test_both_sides_read_what_the_other_wrote(self, child, mother, carer):
        first = write(mother, child)
        second = write(carer, child, "好的，已记下。")

        page = thread_page(actor=carer, child=child)

        assert [line.message.pk for line in page.lines] == [first.pk, second.pk]
        assert [line.message.body for line in page.lines] == [TEXT, "好的，已记下。"]
        assert [(m.seq, m.side) for m in (first, second)] == [(1, "family"), (2, "staff")]
        assert [line.own_side for line in page.lines] == [False, True]

    def test_the_same_id_again_is_the_same_message(self, child, mother):
        known = uuid.uuid4()

        answers = [
            messages.send(actor=mother, child=child, message_id=known, body=TEXT)
            for _each in range(2)
        ]

        assert [new for _message, new in answers] == [True, False]
        assert Message.objects.count() == 1
        assert AuditEvent.objects.filter(action="message.sent").count() == 1

    def test_an_id_of_somebody_elses_message_is_refused(self, child, city, mother, carer):
        known = write(carer, child)

        with pytest.raises(Refused) as refused:
            write(mother, child, message_id=known.pk)

        assert refused.value.code == "id_taken"

    @pytest.mark.parametrize(
        ("body", "code"), [("", "empty"), ("   \n", "empty"), ("字" * 1001, "too_long")]
    )
    def test_what_says_nothing_or_too_much_is_refused(self, child, mother, body, code):
        with pytest.raises(Refused) as refused:
            write(mother, child, body)

        assert (refused.value.code, list(refused.value.fields)) == (code, ["body"])

    def test_nobody_writes_about_a_child_without_a_place(self, child, mother):
        Enrolment.objects.filter(child=child).update(
            during=(today() - dt.timedelta(days=9), today())
        )

        with pytest.raises(Refused) as refused:
            write(mother, child)

        assert refused.value.code == "no_place"

    def test_the_text_is_sealed_with_the_childs_key_and_in_no_record(self, child, mother):
        message = write(mother, child)

        with connection.cursor() as cursor:
            cursor.execute("SELECT body FROM institution_message WHERE id = %s", [message.pk])
            stored = bytes(cursor.fetchone()[0])
        assert TEXT.encode() not in stored
        assert CryptoKey.objects.filter(purpose="child", subject=child.sealed_id).exists()
        event = AuditEvent.objects.get(action="message.sent")
        assert event.data == {"request": False}
        assert event.child_ids == [child.pk]

    def test_a_family_can_write_the_first_message_behind_its_walls(self, child, mother):
        with rls.of_actor(mother):
            write(mother, child)
            assert thread_page(actor=mother, child=child).lines[0].message.body == TEXT

    def test_a_hint_goes_to_the_family_and_the_nursery(self, child, city, mother):
        write(mother, child)

        hint = OutboxMessage.objects.get(topic="message")
        assert set(hint.groups) == {f"child.{child.pk}", f"institution.{city.a.institution.pk}"}

    def test_erasing_the_child_blanks_its_messages(self, child, city, mother):
        message = write(mother, child)

        erase_child(actor=city.actor(city.admin), child=child, reason="request")

        keyring.forget()
        message = Message.objects.get(pk=message.pk)
        assert message.body == ""


class TestWhoReads:
    def test_the_team_and_the_guardians(self, child, city, mother):
        write(mother, child)

        def sees(user) -> bool:
            return Message.objects.visible_to(city.actor(user)).exists()

        nursery = city.a
        assert all(
            map(sees, (nursery.director, nursery.carer, nursery.health_worker, nursery.guardian))
        )
        assert not any(
            map(
                sees,
                (
                    nursery.clerk,
                    nursery.big_carer,
                    city.b.director,
                    city.regulator,
                    city.b.guardian,
                ),
            )
        )

    def test_a_guardian_who_is_no_longer_valid_loses_the_thread(self, child, city, mother):
        write(mother, child)
        Guardianship.objects.filter(child=child).update(valid_to=today())
        other = UserFactory()
        GuardianshipFactory(user=other, child=child)
        GuardianshipFactory(user=city.a.guardian, child=city.a.big_child)

        assert not Message.objects.visible_to(city.actor(city.a.guardian)).exists()
        assert Message.objects.visible_to(city.actor(other)).exists()

    def test_after_a_change_of_nursery_a_new_thread_begins_there(self, child, city, mother):
        write(mother, child)
        Enrolment.objects.filter(child=child).update(
            during=(today() - dt.timedelta(days=9), today())
        )
        EnrolmentFactory(class_group=city.b.small, child=child, during=(today(), None))

        fresh = write(mother, child, "新园，请多关照。")

        assert fresh.institution == city.b.institution
        assert fresh.seq == 1
        there = city.actor(city.b.carer)
        assert [line.message.pk for line in thread_page(actor=there, child=child).lines] == [
            fresh.pk
        ]
        assert not Message.objects.visible_to(city.actor(city.a.carer)).exists()

    def test_reading_is_on_record(self, child, mother, carer):
        write(mother, child)

        thread_page(actor=carer, child=child)

        event = AuditEvent.objects.get(action="child.viewed", actor_user_id=carer.user_id)
        assert event.data == {"fields": ["messages"], "purpose": "messages"}


class TestReadMarks:
    def test_what_somebody_read_is_no_longer_unread(self, child, mother, carer):
        write(mother, child)
        last = write(mother, child)
        assert inbox(actor=carer).get().unread == 2
        assert waiting(carer) == 1

        messages.mark_read(actor=carer, child=child, seq=last.seq)

        assert inbox(actor=carer).get().unread == 0
        assert waiting(carer) == 0
        assert [line.read for line in thread_page(actor=mother, child=child).lines] == [True, True]

    def test_nobody_reads_back_or_further_than_there_is(self, child, mother, carer):
        write(mother, child)
        for seq in (999, 1):
            messages.mark_read(actor=carer, child=child, seq=seq)

        assert ReadMark.objects.get(user=carer.user_id).seq == 1

    def test_who_writes_has_read(self, child, carer):
        write(carer, child)

        assert inbox(actor=carer).get().unread == 0

    def test_of_no_thread_nothing_is_read(self, child, carer):
        with pytest.raises(NotThere):
            messages.mark_read(actor=carer, child=child, seq=1)


class TestRequests:
    def test_a_request_is_ticked_off_with_time_and_person(self, child, city, mother, carer):
        asked = write(mother, child, is_request=True)
        assert inbox(actor=carer).get().asked == 1

        messages.done(actor=carer, message=asked)
        messages.done(actor=city.actor(city.a.director), message=asked)

        stored = Message.objects.get()
        assert (stored.done_by_id, bool(stored.done_at)) == (carer.user_id, True)
        assert inbox(actor=carer).get().asked == 0
        assert AuditEvent.objects.filter(action="message.request_done").count() == 1

    def test_only_a_family_asks_and_only_staff_ticks_off(self, child, mother, carer):
        with pytest.raises(Refused) as refused:
            write(carer, child, is_request=True)
        assert refused.value.code == "not_a_family"

        asked = write(mother, child, is_request=True)
        with pytest.raises(NotThere):
            messages.done(actor=mother, message=asked)

    def test_a_message_that_asks_for_nothing_is_not_done(self, child, mother, carer):
        with pytest.raises(Refused) as refused:
            messages.done(actor=carer, message=write(mother, child))

        assert refused.value.code == "not_a_request"

    @pytest.mark.parametrize(
        ("values", "name"),
        [
            ({"side": "staff", "is_request": True}, "institution_message_request"),
            ({"done_at": now()}, "institution_message_done"),
        ],
    )
    def test_the_database_refuses_what_cannot_be(self, child, mother, values, name):
        message = write(mother, child)

        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Message.objects.filter(pk=message.pk).update(**values)

    def test_the_database_numbers_a_message_once(self, child, city):
        thread = ThreadFactory(institution=city.a.institution, child=child)
        MessageFactory(thread=thread, seq=1)

        with pytest.raises(IntegrityError, match="institution_message_seq"), transaction.atomic():
            MessageFactory(thread=thread, seq=1)


class TestHours:
    def test_without_own_ones_the_opening_hours_count(self, city):
        institution = city.a.institution

        assert hours_of(institution, today()) == Hours(dt.time(7, 30), dt.time(17, 30))

    def test_those_in_force_count(self, city):
        place = {"institution": city.a.institution}
        MessageHoursFactory(**place)
        MessageHoursFactory(**place, begins=dt.time(9), valid_from=dt.date(2026, 6, 1))
        MessageHoursFactory(**place, valid_from=today() + dt.timedelta(days=1))

        assert hours_of(city.a.institution, today()) == Hours(dt.time(9), dt.time(17))

    @pytest.mark.parametrize(
        ("at", "begin"),
        [((27, 7, 0), (27, 8, 0)), ((27, 9, 30), (27, 9, 30)), ((27, 17, 0), (28, 8, 0))],
    )
    def test_a_quiet_phone_waits_for_the_next_begin(self, at, begin):
        hours = Hours(dt.time(8), dt.time(17))
        day, hour, minute = at

        found = hours.next_begin(dt.datetime(2026, 11, day, hour, minute, tzinfo=zone()))

        assert found == dt.datetime(2026, 11, begin[0], begin[1], begin[2], tzinfo=zone())

    def test_guardians_are_told_within_the_hours(self, child, city, carer, settings, tmp_path):
        settings.PUSH_FILE = tmp_path / "pushes.jsonl"
        moment = now().astimezone(zone())
        closed = (moment + dt.timedelta(hours=2)).time() if moment.hour < 21 else dt.time(1)
        MessageHours.objects.create(
            institution=city.a.institution,
            begins=closed,
            ends=dt.time(23, 59),
            valid_from=today(),
        )
        message = write(carer, child)

        if moment.hour < 21:
            assert tasks.tell_message(message_id=str(message.pk)) == 0
            (push,) = Push.objects.all()
            assert push.due_at > now()
        MessageHours.objects.update(begins=dt.time(0), ends=dt.time.max)
        Push.objects.all().delete()
        assert tasks.tell_message(message_id=str(message.pk)) == 1
        (line,) = map(json.loads, settings.PUSH_FILE.read_text().splitlines())
        assert (line["user"], line["about"]) == (city.a.guardian.pk, "message")

    def test_what_a_family_writes_rings_nowhere(self, child, mother):
        write(mother, child)

        assert not OutboxMessage.objects.filter(task=messages.TELL).exists()

    def test_hours_that_end_before_they_begin_or_have_passed_are_refused(self, city):
        director = city.actor(city.a.director)
        given = {"actor": director, "begins": dt.time(8), "ends": dt.time(17)}

        with pytest.raises(Refused) as reversed_:
            messages.set_hours(**given | {"ends": dt.time(7)}, valid_from=today())
        with pytest.raises(Refused) as past:
            messages.set_hours(**given, valid_from=today() - dt.timedelta(days=1))

        assert (reversed_.value.code, past.value.code) == ("hours_reversed", "in_past")
        with pytest.raises(IntegrityError, match="order"), transaction.atomic():
            MessageHoursFactory(institution=city.a.institution, ends=dt.time(7))


@pytest.mark.django_db(transaction=True)
def test_eight_who_write_at_once_are_numbered_and_the_same_one_twice_is_one(transactional_db):
    city = build_city()
    child = city.a.guardian.guardianships.get().child
    people = [city.actor(city.a.guardian), city.actor(city.a.carer)]
    known, start, faults = uuid.uuid4(), threading.Barrier(8), []

    def act(number: int) -> None:
        try:
            start.wait(10)
            own = {"message_id": known} if number < 2 else {}
            write(people[0] if number < 2 else people[number % 2], child, **own)
        except Exception as fault:  # noqa: BLE001 -- shown below
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert faults == []
    assert sorted(Message.objects.values_list("seq", flat=True)) == list(range(1, 8))
    assert Thread.objects.get().last_seq == 7
