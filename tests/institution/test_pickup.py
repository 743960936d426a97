"""Who may pick up, passes and the door: the rules, and what the database itself refuses."""

import datetime as dt
import threading
import uuid

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from core import rls
from core.calendar import now, today
from core.errors import Refused
from core.models import Attachment, AuditEvent
from institution.models import (
    Attendance,
    DailyEntry,
    Enrolment,
    Guardianship,
    PickupPass,
    PickupPerson,
)
from institution.pass_codes import clean, code_of
from institution.services import daily_log, door, pickup
from institution.services.door import Door
from institution.services.erasure import erase_child
from tests.core.pictures import jpeg, upload
from tests.factories.city import City, build_city
from tests.factories.institution import (
    AttendanceFactory,
    GuardianshipFactory,
    PickupPassFactory,
    PickupPersonFactory,
)


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
def at_door(city, carer) -> Door:
    return Door(institution_id=city.a.institution.pk, actor=carer)


@pytest.fixture
def here(city, child):
    return AttendanceFactory(class_group=city.a.small, child=child)


def add(guardian, child, **changes) -> PickupPerson:
    said = {"name": "李秀英", "relation": "grandmother", "phone": "138 0537 1234"}
    photo = upload(jpeg())
    return pickup.add_person(actor=guardian, child=child, photo=photo, **(said | changes))


def refused(expected: str, act, /, *args, **kwargs) -> str:
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    assert caught.value.code == expected
    return str(caught.value.message)


class TestPersons:
    def test_a_guardian_adds_somebody_with_a_photo_the_nursery_sees(self, city, guardian, child):
        with rls.of_actor(guardian):
            person = add(guardian, child)

        stored = PickupPerson.objects.get(pk=person.pk)
        assert (stored.phone, stored.institution) == ("13805371234", city.a.institution)
        picture = Attachment.objects.get(pk=stored.photo)
        assert (picture.child_ids, picture.institution_id) == ([child.pk], city.a.institution.pk)
        assert AuditEvent.objects.filter(
            action="pickup.person_added", institution_id=city.a.institution.pk
        ).exists()

    def test_only_a_guardian_decides(self, city, child):
        stranger = City.actor(city.b.guardian)

        assert refused("no_place", add, stranger, child)

    def test_the_same_name_twice_is_told_at_the_field(self, guardian, child):
        add(guardian, child)

        with pytest.raises(Refused) as caught:
            add(guardian, child)
        assert "name" in caught.value.fields

    def test_a_last_day_in_the_past_is_told_at_the_field(self, guardian, child):
        with pytest.raises(Refused) as caught:
            add(guardian, child, last_day=today() - dt.timedelta(days=1))
        assert "last_day" in caught.value.fields

    def test_the_last_day_counts(self, guardian, child):
        person = add(guardian, child, last_day=today())

        assert person.last_day == today()
        assert PickupPerson.objects.valid(today()).filter(pk=person.pk).exists()
        assert not PickupPerson.objects.valid(today() + dt.timedelta(days=1)).exists()

    def test_taking_back_ends_the_pass_too(self, guardian, child):
        person = add(guardian, child)
        bundle = pickup.make_pass(
            actor=guardian, children=[child], direction="fetch", person=person
        )
        with rls.of_actor(guardian):
            pickup.withdraw_person(actor=guardian, person=person)

        assert PickupPass.objects.get(bundle=bundle).ended_at
        assert not PickupPerson.objects.valid(today()).exists()

    def test_erasing_the_child_takes_the_list_with_it(self, city, guardian, child):
        person = add(guardian, child)
        PickupPassFactory(person=person)

        erase_child(actor=None, child=child, reason="retention")

        assert not PickupPerson.objects.exists()
        assert not PickupPass.objects.exists()
        assert not Attachment.objects.exists()


class TestPass:
    def test_the_database_keeps_no_code(self, guardian, child):
        bundle = pickup.make_pass(actor=guardian, children=[child], direction="fetch")
        code = code_of(bundle)

        row = PickupPass.objects.get(bundle=bundle)
        assert len(code) == 8
        assert code.encode() not in bytes(row.code_digest)
        assert row.bearer == guardian.name

    def test_a_new_pass_takes_the_place_of_the_old(self, guardian, child):
        old = pickup.make_pass(actor=guardian, children=[child], direction="fetch")
        other_way = pickup.make_pass(actor=guardian, children=[child], direction="bring")
        with rls.of_actor(guardian):
            pickup.make_pass(actor=guardian, children=[child], direction="fetch")

        assert PickupPass.objects.get(bundle=old).ended_at
        assert PickupPass.objects.get(bundle=other_way).ended_at is None

    def test_a_guardian_who_may_not_pick_up_gets_none(self, guardian, child):
        Guardianship.objects.update(may_pick_up=False)

        refused(
            "may_not_pick_up", pickup.make_pass, actor=guardian, children=[child], direction="fetch"
        )

    def test_children_at_two_nurseries_need_two_passes(self, city, child):
        GuardianshipFactory(user=city.a.guardian, child=city.b.big_child)
        guardian = City.actor(city.a.guardian)

        refused(
            "other_nursery",
            pickup.make_pass,
            actor=guardian,
            children=[child, city.b.big_child],
            direction="fetch",
        )

    def test_codes_are_read_as_people_and_cameras_give_them(self):
        assert clean(" 1234 5678") == "12345678"
        assert clean("TUOYU:12345678") == "12345678"
        assert clean("1234") == clean("１２３４５６７８") == clean("abcdefgh") == ""


class TestDoor:
    def test_a_pass_of_a_person_fetches_once(self, city, guardian, child, carer, at_door, here):
        person = add(guardian, child)
        bundle = pickup.make_pass(
            actor=guardian, children=[child], direction="fetch", person=person
        )
        with rls.of_actor(carer):
            door.take(door=at_door, actor=carer, code=code_of(bundle))

        entry = DailyEntry.objects.get(kind="leave")
        assert entry.detail == {"by": "李秀英", "person": {"kind": "person", "id": person.pk}}
        assert Attendance.objects.get(child=child).left_at
        row = PickupPass.objects.get(bundle=bundle)
        assert (row.used_by, row.pk) == (city.a.carer, entry.pk)
        assert PickupPerson.objects.get().confirmed_by == city.a.carer
        said = refused("pass_used", door.look, door=at_door, code=code_of(bundle))
        assert "已" in said or "used" in said

    def test_brothers_and_sisters_go_together(self, city, child, at_door, here):
        sister = city.a.big_child
        GuardianshipFactory(user=city.a.guardian, child=sister)
        AttendanceFactory(class_group=city.a.big, child=sister)
        guardian, carer = City.actor(city.a.guardian), City.actor(city.a.carer)
        bundle = pickup.make_pass(actor=guardian, children=[child, sister], direction="fetch")

        shown = door.take(door=at_door, actor=carer, code=code_of(bundle))

        assert len(shown.rows) == 2
        assert Attendance.objects.filter(left_at=None).count() == 0

    @pytest.mark.parametrize("broken", ["used", "ended", "expired", "elsewhere", "revoked", "over"])
    def test_each_trouble_has_a_sentence_and_a_record(self, city, child, carer, broken, here):
        person = PickupPersonFactory(institution=city.a.institution, child=child)
        row = PickupPassFactory(person=person)
        at, code = city.a.institution.pk, code_of(row.bundle)
        expected = {
            "used": "pass_used",
            "ended": "pass_ended",
            "expired": "pass_expired",
            "elsewhere": "pass_elsewhere",
            "revoked": "bearer_revoked",
            "over": "bearer_revoked",
        }[broken]
        match broken:
            case "used":
                PickupPass.objects.update(used_at=now(), used_by=city.a.carer)
            case "ended":
                PickupPass.objects.update(ended_at=now())
            case "expired":
                past = now() - dt.timedelta(hours=2)
                PickupPass.objects.update(made_at=past, expires_at=past + dt.timedelta(minutes=30))
            case "elsewhere":
                carer, at = City.actor(city.b.carer), city.b.institution.pk
            case "revoked":
                PickupPerson.objects.update(withdrawn_at=now(), withdrawn_by=city.a.guardian)
            case "over":
                PickupPerson.objects.update(valid_to=today())
        with rls.of_actor(carer):
            said = refused(
                expected,
                door.take,
                door=Door(institution_id=at, actor=carer),
                actor=carer,
                code=code,
            )

        assert said
        event = AuditEvent.objects.get(action="pickup.pass_refused")
        assert (event.outcome, event.institution_id) == ("refused", at)
        assert event.data["reason"] == expected
        assert event.child_ids == ([] if broken == "elsewhere" else [child.pk])
        assert not DailyEntry.objects.exists()

    def test_who_is_not_there_is_not_fetched_and_who_is_there_not_brought(
        self, city, guardian, child, at_door
    ):
        fetch = pickup.make_pass(actor=guardian, children=[child], direction="fetch")
        refused("not_here", door.look, door=at_door, code=code_of(fetch))
        AttendanceFactory(class_group=city.a.small, child=child)
        bring = pickup.make_pass(actor=guardian, children=[child], direction="bring")
        refused("here_already", door.look, door=at_door, code=code_of(bring))

    def test_a_child_that_left_the_nursery_has_no_place(self, guardian, child, at_door, here):
        bundle = pickup.make_pass(actor=guardian, children=[child], direction="fetch")
        Enrolment.objects.filter(child=child).update(
            during=(today() - dt.timedelta(days=9), today())
        )
        refused("no_place", door.look, door=at_door, code=code_of(bundle))

    def test_guessing_ends_after_twenty_wrong_codes(self, guardian, child, at_door, here):
        for guess in range(20):
            refused("wrong_code", door.look, door=at_door, code=f"{guess:08d}")
        bundle = pickup.make_pass(actor=guardian, children=[child], direction="fetch")

        refused("too_many_tries", door.look, door=at_door, code=code_of(bundle))
        assert AuditEvent.objects.filter(action="pickup.pass_refused").count() == 20

    def test_right_codes_are_not_counted(self, guardian, child, at_door, here):
        bundle = pickup.make_pass(actor=guardian, children=[child], direction="fetch")
        for _look in range(25):
            door.look(door=at_door, code=code_of(bundle))

    def test_nobody_says_by_the_api_that_somebody_was_checked(self, city, carer, child):
        answers = daily_log.record(
            actor=carer,
            entries=[
                daily_log.NewEntry(
                    id=uuid.uuid4(),
                    child_id=child.pk,
                    kind="leave",
                    at=now(),
                    detail=b'{"by": "x", "person": {"kind": "person", "id": 1}}',
                )
            ],
        )
        assert [answer.code for answer in answers] == ["person_not_checked"]


def test_two_scans_at_once_and_one_wins(transactional_db):
    city = build_city()
    guardian, carer = City.actor(city.a.guardian), City.actor(city.a.carer)
    child = city.a.guardian.guardianships.get().child
    AttendanceFactory(class_group=city.a.small, child=child)
    code = code_of(pickup.make_pass(actor=guardian, children=[child], direction="fetch"))
    at_door = Door(institution_id=city.a.institution.pk, actor=carer)
    start, outcomes = threading.Barrier(6), []

    def scan():
        try:
            start.wait()
            with rls.of_actor(carer):
                door.take(door=at_door, actor=carer, code=code)
            outcomes.append("taken")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=scan) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["pass_used"] * 5 + ["taken"]
    assert DailyEntry.objects.filter(kind="leave").count() == 1


class TestDatabase:
    @pytest.mark.parametrize(
        ("constraint", "change"),
        [
            ("pickuppass_used_or_ended", lambda city: {"used_at": now()}),
            (
                "pickuppass_used_or_ended",
                lambda city: {"used_at": now(), "used_by": city.a.carer, "ended_at": now()},
            ),
            ("pickuppass_time", lambda city: {"expires_at": now() - dt.timedelta(days=1)}),
            (
                "pickuppass_bearer",
                lambda city: {"guardianship": city.a.guardian.guardianships.get()},
            ),
            ("pickuppass_bearer", lambda city: {"person": None}),
        ],
    )
    def test_a_pass_is_whole(self, city, child, constraint, change):
        row = PickupPassFactory(
            person=PickupPersonFactory(institution=city.a.institution, child=child)
        )
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            PickupPass.objects.filter(pk=row.pk).update(**change(city))

    def test_an_open_code_names_one_pass(self, city, child):
        person = PickupPersonFactory(institution=city.a.institution, child=child)
        row = PickupPassFactory(person=person)
        with pytest.raises(IntegrityError, match="pickuppass_code"), transaction.atomic():
            PickupPassFactory(person=person, code_digest=row.code_digest)

    @pytest.mark.parametrize(
        ("constraint", "change"),
        [
            ("pickupperson_dates", lambda city: {"valid_to": today() - dt.timedelta(days=9)}),
            ("pickupperson_withdrawn", lambda city: {"withdrawn_at": now()}),
            ("pickupperson_confirmed", lambda city: {"confirmed_by": city.a.carer}),
        ],
    )
    def test_a_person_is_whole(self, city, child, constraint, change):
        person = PickupPersonFactory(institution=city.a.institution, child=child)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            PickupPerson.objects.filter(pk=person.pk).update(**change(city))

    def test_a_pass_names_a_person_of_its_own_nursery(self, city, child):
        person = PickupPersonFactory(institution=city.b.institution, child=child)

        def write():
            with transaction.atomic(), connection.cursor() as cursor:
                PickupPassFactory(person=person, institution=city.a.institution)
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

        with pytest.raises(IntegrityError, match="same_institution"):
            write()

    def test_a_parent_writes_for_own_children_only(self, city, guardian):
        other = city.a.children[1]
        person = PickupPersonFactory.build(
            institution=city.a.institution, child=other, added_by=city.a.guardian, phone=""
        )
        with (
            rls.of_actor(guardian),
            pytest.raises(ProgrammingError, match="row-level security"),
            transaction.atomic(),
        ):
            person.save(force_insert=True)
