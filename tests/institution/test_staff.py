"""The staff file: taking people on, one full-time post for each person in the whole city, what is missing, leaving."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction

from core import rls
from core.actors import resolve
from core.calendar import now, today
from core.errors import NotThere, Refused
from core.models import AuditEvent, User
from institution.enums import Employment
from institution.models import (
    ClassDuty,
    Membership,
    StaffFile,
    StaffIdentity,
    StaffPresence,
)
from institution.selectors.staff import clearance_due, staff_lines, staff_page
from institution.services import staff
from tests.factories.city import build_city
from tests.factories.core import UserFactory
from tests.factories.institution import (
    MembershipFactory,
    ShiftFactory,
    StaffFileFactory,
    StaffIdentityFactory,
    StaffPresenceFactory,
)

ID = "37081119900203312X"  # made up, with a right check digit
DAY = dt.timedelta(days=1)


@pytest.fixture
def director(city):
    return city.actor(city.a.director)


@pytest.fixture
def values():
    return new_person()


def new_person(**changes) -> dict:
    return {
        "name": "孟知夏",
        "phone": "13805371234",
        "document_number": ID,
        "post": "carer",
        "employment": "full_time",
        "start_on": today(),
    } | changes


def code_of(deed, **values) -> str:
    with pytest.raises(Refused) as refused:
        deed(**values)
    return refused.value.code


def test_a_carer_who_is_taken_on_has_a_file_a_document_and_a_post_on_the_platform(director, values):
    with rls.of_actor(director):
        file = staff.add_staff(actor=director, **values)

    assert file.membership.role == "carer"
    assert file.membership.started_on == today()
    assert StaffIdentity.objects.get(user=file.user).document_number == ID
    assert file.user.phone == "13805371234"
    event = AuditEvent.objects.get(action="staff.added")
    assert ID not in str(event.data)


def test_a_cook_has_a_file_and_no_sign_in(director, values):
    file = staff.add_staff(actor=director, **values | {"post": "cook"})

    assert file.membership is None
    assert resolve(file.user, "") is None


@pytest.mark.parametrize("number", ["370811199002033120", "12", "??"])
def test_a_wrong_document_number_is_refused(director, values, number):
    assert code_of(staff.add_staff, actor=director, **values | {"document_number": number}) == (
        "document"
    )
    assert not StaffFile.objects.exists()


def test_nobody_works_full_time_in_two_nurseries(city, director, values):
    other = city.actor(city.b.director)
    with rls.of_actor(other):
        staff.add_staff(actor=other, **values)

    with rls.of_actor(director), pytest.raises(Refused) as refused:
        staff.add_staff(actor=director, **values)

    assert refused.value.code == "full_time_elsewhere"
    assert list(refused.value.fields) == ["employment"]
    assert city.b.institution.name not in str(refused.value.message)
    assert not Membership.objects.filter(
        institution=city.a.institution, user__name="孟知夏"
    ).exists()


def test_the_same_person_is_one_account_wherever_the_person_works(city, director, values):
    other = city.actor(city.b.director)
    with rls.of_actor(other):
        first = staff.add_staff(actor=other, **values)
    with rls.of_actor(director):
        second = staff.add_staff(
            actor=director,
            **values | {"employment": "part_time", "phone": "13805379999"},
        )

    assert first.user_id == second.user_id
    assert StaffIdentity.objects.count() == 1


def test_another_name_under_a_known_document_is_refused(city, director, values):
    staff.add_staff(actor=city.actor(city.b.director), **values)

    assert code_of(staff.add_staff, actor=director, **values | {"name": "孔静"}) == (
        "identity_differs"
    )


def test_the_phone_of_another_person_is_refused(director, values):
    UserFactory(name="孔静", phone="13805371234")

    assert code_of(staff.add_staff, actor=director, **values) == "phone_taken"


def test_part_time_becomes_full_time_only_when_the_other_post_has_ended(city, director, values):
    other = city.actor(city.b.director)
    theirs = staff.add_staff(actor=other, **values | {"start_on": today() - 5 * DAY})
    ours = staff.add_staff(actor=director, **values | {"employment": "part_time"})

    full = {"actor": director, "staff": ours, "employment": Employment.FULL_TIME}
    assert code_of(staff.change_staff, **full) == "full_time_elsewhere"
    staff.end_staff(actor=other, staff=theirs, last_day=today() - DAY)
    staff.change_staff(**full)

    ours.refresh_from_db()
    assert ours.employment == "full_time"


@pytest.mark.django_db(transaction=True)
def test_two_nurseries_that_take_the_same_person_on_at_once_get_one_yes(values):
    """The rule stands in the database, so the second waits for the first and is told."""
    city = build_city()
    user = UserFactory(name="孟知夏", phone="13805371234")
    StaffIdentityFactory(user=user, document_number=ID)
    actors = [city.actor(city.a.director), city.actor(city.b.director)]
    start, answers = threading.Barrier(2), []

    def take_on(actor) -> None:
        try:
            start.wait(10)
            with rls.of_actor(actor):
                staff.add_staff(actor=actor, **values)
            answers.append("done")
        except Refused as refused:
            answers.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=take_on, args=[actor]) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == ["done", "full_time_elsewhere"]
    assert StaffFile.objects.count() == 1
    assert Membership.objects.filter(user=user).count() == 1


def test_the_database_refuses_full_time_twice_whatever_writes_it(city):
    user = UserFactory()
    first = StaffFileFactory(
        membership=MembershipFactory(user=user, institution=city.a.institution)
    )
    second = MembershipFactory(user=user, institution=city.b.institution)

    with pytest.raises(IntegrityError, match="full_time_once"), transaction.atomic():
        StaffFileFactory(membership=second)
    StaffFileFactory(membership=second, employment="part_time")
    with pytest.raises(IntegrityError, match="one_post"), transaction.atomic():
        StaffFileFactory(
            membership=MembershipFactory(user=user, institution=city.a.institution, role="clerk"),
            employment="part_time",
        )
    assert first.pk


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"during": (None, None)}, "period"),
        (
            {"contract_from": dt.date(2026, 2, 1), "contract_until": dt.date(2026, 1, 1)},
            "contract",
        ),
        ({"clearance_asked_on": today(), "clearance_clear_on": today() - DAY}, "clearance"),
    ],
)
def test_the_database_refuses_periods_the_wrong_way_round(city, wrong, name):
    with pytest.raises(IntegrityError, match=f"stafffile_{name}"), transaction.atomic():
        StaffFileFactory(**wrong)


def test_a_document_number_belongs_to_one_person(db):
    StaffIdentityFactory(document_number=ID)
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffIdentityFactory(document_number=ID)


def test_whoever_has_a_post_already_gets_a_file_for_it(city, director):
    member = Membership.objects.get(user=city.a.carer)

    file = staff.open_file(
        actor=director, membership=member, document_number=ID, employment="full_time"
    )

    assert (file.membership, file.user, file.post) == (member, city.a.carer, "carer")
    assert file.during == (member.started_on, None)
    theirs = Membership.objects.get(user=city.b.carer)
    with pytest.raises(NotThere):
        staff.open_file(actor=director, membership=theirs, document_number="E12345678")


def test_leaving_ends_sign_in_duties_shifts_and_presence(city, director):
    member = Membership.objects.get(user=city.a.carer)
    file = StaffFileFactory(membership=member)
    shift = ShiftFactory(membership=member, class_group=city.a.small, day=today() + DAY)
    StaffPresenceFactory(membership=member, class_group=city.a.small)
    epoch = city.a.carer.session_epoch

    staff.end_staff(actor=director, staff=file, last_day=today() - DAY, reason="辞职")

    assert resolve(User.objects.get(pk=city.a.carer.pk), "") is None
    assert User.objects.get(pk=city.a.carer.pk).session_epoch == epoch + 1
    assert ClassDuty.objects.get(membership=member).during.upper == today()
    assert not type(shift).objects.filter(pk=shift.pk).exists()
    assert StaffPresence.objects.get().during.upper <= now()
    file.refresh_from_db()
    assert (file.last_day, file.leave_reason) == (today() - DAY, "辞职")


def test_leaving_ahead_changes_nothing_before_the_day(city, director):
    member = Membership.objects.get(user=city.a.carer)
    file = StaffFileFactory(membership=member)

    staff.end_staff(actor=director, staff=file, last_day=today() + 5 * DAY)

    assert resolve(city.a.carer, "") is not None
    member.refresh_from_db()
    assert member.ended_on == today() + 6 * DAY


def test_what_cannot_be_ended(city, director):
    own = StaffFileFactory(membership=Membership.objects.get(user=city.a.director), post="director")
    file = StaffFileFactory(membership=Membership.objects.get(user=city.a.carer))
    theirs = StaffFileFactory(membership=Membership.objects.get(user=city.b.carer))

    def refused(of, day) -> str:
        return code_of(staff.end_staff, actor=director, staff=of, last_day=day)

    assert refused(own, today()) == "own_post"
    assert refused(file, today() - 400 * DAY) == "before_start"
    assert refused(file, today() + 400 * DAY) == "end_too_far"
    assert refused(theirs, today()) == "not_found"


def test_those_who_miss_something_stand_first(city, director):
    complete = StaffFileFactory(membership=Membership.objects.get(user=city.a.carer))
    StaffIdentityFactory(user=complete.user)
    expired = StaffFileFactory(
        membership=Membership.objects.get(user=city.a.big_carer), health_until=today() - DAY
    )
    StaffIdentityFactory(user=expired.user)
    StaffFileFactory(membership=Membership.objects.get(user=city.b.carer))

    lines = staff_lines(actor=director, day=today())

    assert [line.user for line in lines][-1] == complete.user
    assert {line.user_id for line in StaffFile.objects.filter(institution=city.a.institution)} <= {
        line.user.pk for line in lines
    }
    assert [gap.code for line in lines for gap in line.gaps if line.user == expired.user] == (
        ["health"]
    )
    without = [line.user for line in lines if line.file is None]
    assert {city.a.director, city.a.health_worker, city.a.clerk} == set(without)
    assert city.b.carer not in [line.user for line in lines]


@pytest.mark.parametrize(
    ("change", "code", "urgent"),
    [
        ({"health_until": None}, "health", True),
        ({"health_until": today() + 10 * DAY}, "health", False),
        ({"clearance_asked_on": None, "clearance_clear_on": None}, "clearance", True),
        ({"clearance_clear_on": None}, "clearance", False),
        (
            {
                "clearance_asked_on": today() - 380 * DAY,
                "clearance_clear_on": today() - 379 * DAY,
            },
            "clearance",
            True,
        ),
        (
            {
                "clearance_asked_on": today() - 355 * DAY,
                "clearance_clear_on": today() - 350 * DAY,
            },
            "clearance",
            False,
        ),
        ({"contract_kind": ""}, "contract", False),
        ({"contract_until": today() - DAY}, "contract", True),
        ({"contract_until": today() + 10 * DAY}, "contract", False),
    ],
)
def test_each_paper_that_is_missing_or_runs_out_is_said(city, director, change, code, urgent):
    file = StaffFileFactory(membership=Membership.objects.get(user=city.a.carer), **change)
    file.refresh_from_db()
    StaffIdentityFactory(user=file.user)

    (gap,) = staff_page(actor=director, file=file).gaps

    assert (gap.code, gap.urgent) == (code, urgent)


def test_a_year_after_the_last_of_february(settings):
    settings.CLEARANCE_RECHECK_MONTHS = 12
    assert clearance_due(dt.date(2024, 2, 29)) == dt.date(2025, 2, 28)
    assert clearance_due(dt.date(2026, 11, 28)) == dt.date(2027, 11, 28)


def test_a_whole_number_is_shown_for_a_purpose_and_each_look_is_on_record(city, director):
    file = StaffFileFactory(membership=Membership.objects.get(user=city.a.carer))
    file.refresh_from_db()
    StaffIdentityFactory(user=file.user, document_number=ID)
    look = {"actor": director, "staff": file, "purpose": "clearance"}

    assert staff.unmask_staff(field="document_number", **look) == ID
    assert staff.unmask_staff(field="health_number", **look) == file.health_number
    assert ID not in staff_page(actor=director, file=file).document
    assert AuditEvent.objects.filter(action="staff.unmasked").count() == 2


def test_the_wall_hides_files_and_documents_of_another_nursery(city, director):
    file = StaffFileFactory(membership=Membership.objects.get(user=city.b.carer))
    StaffIdentityFactory(user=file.user)
    with rls.of_actor(director):
        assert not StaffFile.objects.exists()
        assert not StaffIdentity.objects.exists()
    with rls.of_actor(city.actor(city.b.director)):
        assert StaffIdentity.objects.count() == 1
    with rls.of_actor(city.actor(city.regulator)):
        assert not StaffFile.objects.exists()
