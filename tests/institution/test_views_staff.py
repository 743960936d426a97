"""The pages of the staff, the clock, the ratio and the roster."""

import datetime as dt

import pytest

from core.calendar import today
from core.errors import Refused
from institution.models import (
    ClassDuty,
    Membership,
    Shift,
    StaffFile,
    StaffLeave,
    StaffPresence,
)
from institution.services import roster
from tests.factories.core import UserFactory
from tests.factories.institution import (
    AttendanceFactory,
    ClassGroupFactory,
    MembershipFactory,
    ShiftFactory,
    StaffFileFactory,
    StaffIdentityFactory,
    StaffPresenceFactory,
)

HTMX = {"HX-Request": "true", "HX-Target": "div#sheet"}
DAY = dt.timedelta(days=1)
NEW = {
    "name": "孟知夏",
    "phone": "13805371234",
    "document_number": "37081119900203312X",
    "post": "carer",
    "employment": "full_time",
    "start_on": str(today()),
}


@pytest.fixture
def director(city, signed_in):
    return signed_in(city.a.director)


@pytest.fixture
def carer(city, signed_in):
    return signed_in(city.a.carer)


def member_of(user) -> Membership:
    return Membership.objects.get(user=user)


def test_somebody_is_taken_on_by_the_form_and_stands_in_the_list(director):
    answer = director.post("/nursery/staff/new/", NEW)

    assert answer.status_code == 302
    page = director.get("/nursery/staff/").text
    assert "孟知夏" in page
    assert "缺健康合格证" in page


def test_a_wrong_number_is_said_and_what_was_typed_is_kept(director):
    answer = director.post("/nursery/staff/new/", NEW | {"document_number": "370811199002033120"})

    assert answer.status_code == 422
    assert 'value="孟知夏"' in answer.text
    assert not StaffFile.objects.exists()


def test_full_time_elsewhere_is_one_sentence_without_the_place(city, director):
    user = UserFactory(name="孟知夏", phone="13805371234")
    StaffIdentityFactory(user=user, document_number=NEW["document_number"])
    StaffFileFactory(membership=MembershipFactory(user=user, institution=city.b.institution))

    answer = director.post("/nursery/staff/new/", NEW)

    assert answer.status_code == 422
    assert "已在另一家托育机构全职任职" in answer.text
    assert city.b.institution.name not in answer.text


def test_the_page_of_a_person_masks_and_the_form_keeps_numbers(city, director):
    file = StaffFileFactory(membership=member_of(city.a.carer), health_number="鲁健00001234")
    StaffIdentityFactory(user=file.user, document_number=NEW["document_number"])

    page = director.get(f"/nursery/staff/{file.pk}/").text
    assert NEW["document_number"] not in page
    assert "3708" in page
    edited = {"employment": "part_time", "document_number": "", "health_number": ""}
    assert director.post(f"/nursery/staff/{file.pk}/edit/", edited).status_code == 302
    kept = StaffFile.objects.get(pk=file.pk)
    assert (kept.employment, kept.health_number) == ("part_time", "鲁健00001234")


def test_a_whole_number_is_shown_for_a_purpose(city, director):
    file = StaffFileFactory(membership=member_of(city.a.carer))
    StaffIdentityFactory(user=file.user, document_number=NEW["document_number"])
    url = f"/nursery/staff/{file.pk}/document/"

    assert director.post(url, {}).status_code == 422
    answer = director.post(url, {"purpose": "clearance"})

    assert NEW["document_number"] in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_leaving_by_the_sheet(city, director):
    file = StaffFileFactory(membership=member_of(city.a.carer))

    sheet = director.get(f"/nursery/staff/{file.pk}/end/", headers=HTMX).text
    answer = director.post(f"/nursery/staff/{file.pk}/end/", {"last_day": str(today())})

    assert "<html" not in sheet
    assert answer.status_code == 302
    assert member_of(city.a.carer).ended_on == today() + DAY


def test_the_list_asks_as_often_for_three_as_for_one(city, director, django_assert_num_queries):
    StaffFileFactory(membership=member_of(city.a.carer))
    director.get("/nursery/staff/")
    with django_assert_num_queries(7) as queries:
        director.get("/nursery/staff/")
    for _ in range(2):
        StaffFileFactory(membership=MembershipFactory(institution=city.a.institution))
    with django_assert_num_queries(len(queries)):
        director.get("/nursery/staff/")


def test_a_carer_clocks_in_moves_and_goes(city, carer):
    carer.post("/nursery/clock/in/", {"class_group": city.a.small.pk})
    assert "托小（1）班" in carer.get("/nursery/clock/").text
    carer.post("/nursery/clock/in/", {"class_group": city.a.big.pk})
    carer.post("/nursery/clock/out/")

    assert [each.class_group for each in StaffPresence.objects.order_by("pk")] == [
        city.a.small,
        city.a.big,
    ]
    again = carer.post("/nursery/clock/out/", follow=True)
    assert "尚未打卡" in again.text


def test_no_class_of_another_nursery_can_be_chosen(city, carer):
    carer.post("/nursery/clock/in/", {"class_group": city.b.small.pk})
    assert not StaffPresence.objects.exists()


def test_the_board_counts_those_who_are_there(city, carer):
    StaffPresenceFactory(membership=member_of(city.a.carer), class_group=city.a.big, day=today())
    page = carer.get(f"/nursery/board/{city.a.small.pk}/")
    assert page.context["page"]["carers"] == 0
    state = carer.get(f"/nursery/board/{city.a.small.pk}/state/").json()
    assert state["carers"] == 0


def test_the_director_corrects_with_a_reason(city, director):
    yesterday = str(today() - DAY)
    typed = {
        "membership": member_of(city.a.carer).pk,
        "day": yesterday,
        "class_group": city.a.small.pk,
        "came_at": "08:00",
        "left_at": "11:00",
    }
    assert director.post("/nursery/presence/add/", typed).status_code == 422
    assert (
        director.post("/nursery/presence/add/", typed | {"reason": "忘记打卡"}).status_code == 302
    )
    assert "忘记打卡" in director.get(f"/nursery/presence/?day={yesterday}").text


def test_the_days_list_asks_as_often_for_three_as_for_one(
    city, director, django_assert_num_queries
):
    StaffPresenceFactory(membership=member_of(city.a.carer), class_group=city.a.small)
    director.get("/nursery/presence/")
    with django_assert_num_queries(6) as queries:
        director.get("/nursery/presence/")
    for _ in range(2):
        StaffPresenceFactory(
            membership=MembershipFactory(institution=city.a.institution), class_group=city.a.small
        )
    with django_assert_num_queries(len(queries)):
        director.get("/nursery/presence/")


def test_the_ratio_page_shows_the_month_and_gives_it_as_csv(city, director):
    StaffPresenceFactory(membership=member_of(city.a.big_carer), class_group=city.a.big)
    begun = StaffPresence.objects.get().during.lower
    AttendanceFactory(class_group=city.a.small, child=city.a.children[0], arrived_at=begun)

    page = director.get("/nursery/ratio/").text
    day = director.get("/nursery/ratio/day/").text
    answer = director.get("/nursery/ratio/csv/")

    assert "超过规定" in day
    assert "1:5" in page
    assert city.a.small.name in b"".join(answer.streaming_content).decode()


def test_the_ratio_page_asks_as_often_for_three_classes_as_for_one(
    city, director, django_assert_num_queries
):
    director.get("/nursery/ratio/")
    with django_assert_num_queries(13) as queries:
        director.get("/nursery/ratio/")
    for _ in range(2):
        ClassGroupFactory(institution=city.a.institution)
    with django_assert_num_queries(len(queries)):
        director.get("/nursery/ratio/")


def test_whoever_is_planned_in_another_class_gets_its_duty_for_the_day(city, director):
    typed = {
        "class_group": city.a.big.pk,
        "day": str(today()),
        "membership": member_of(city.a.carer).pk,
        "starts_at": "08:00",
        "ends_at": "17:00",
    }
    assert director.post("/nursery/roster/shifts/add/", typed).status_code == 302

    shift = Shift.objects.get()
    duty = ClassDuty.objects.get(membership=shift.membership, class_group=city.a.big)
    assert (duty.during.lower, duty.during.upper) == (today(), today() + DAY)
    assert "孟" not in director.get("/nursery/roster/").text
    director.post(f"/nursery/roster/shifts/{shift.pk}/remove/")
    assert not ClassDuty.objects.filter(pk=duty.pk).exists()
    assert ClassDuty.objects.filter(membership=shift.membership).count() == 1


def test_what_cannot_be_planned_is_said(city, director):
    typed = {
        "class_group": city.a.small.pk,
        "day": str(today()),
        "membership": member_of(city.a.carer).pk,
        "starts_at": "08:00",
        "ends_at": "17:00",
    }
    url = "/nursery/roster/shifts/add/"
    assert director.post(url, typed | {"ends_at": "07:00"}).status_code == 422
    assert director.post(url, typed | {"day": str(today() - DAY)}).status_code == 422
    assert director.post(url, typed).status_code == 302
    assert director.post(url, typed | {"starts_at": "16:00", "ends_at": "18:00"}).status_code == 422
    assert Shift.objects.count() == 1


def test_leave_that_is_granted_frees_the_shifts(city, director, carer):
    shift = ShiftFactory(membership=member_of(city.a.carer), class_group=city.a.small)
    asked = {"kind": "ill", "first_day": str(today()), "last_day": str(today())}
    assert carer.post("/nursery/leave/ask/", asked).status_code == 302
    leave = StaffLeave.objects.get()
    assert leave.state == "asked"
    assert city.a.carer.name in director.get("/nursery/roster/").text

    director.post(f"/nursery/leave/{leave.pk}/grant/")

    assert not Shift.objects.filter(pk=shift.pk).exists()
    actor = city.actor(city.a.director)
    with pytest.raises(Refused) as refused:
        roster.plan_shift(
            actor=actor,
            class_group=city.a.small,
            membership=member_of(city.a.carer),
            day=today(),
            starts_at=dt.time(8),
            ends_at=dt.time(17),
        )
    assert refused.value.code == "on_leave"


def test_the_week_before_is_copied_once(city, director):
    ShiftFactory(membership=member_of(city.a.carer), class_group=city.a.small)
    week = {"week": str(today() + 7 * DAY)}
    for _ in range(2):
        director.post("/nursery/roster/copy/", week)
    assert Shift.objects.count() == 2


def test_the_week_asks_as_often_for_three_shifts_as_for_one(
    city, director, django_assert_num_queries
):
    ShiftFactory(membership=member_of(city.a.carer), class_group=city.a.small)
    director.get("/nursery/roster/")
    with django_assert_num_queries(10) as queries:
        director.get("/nursery/roster/")
    for _ in range(2):
        ShiftFactory(class_group=city.a.small)
    with django_assert_num_queries(len(queries)):
        director.get("/nursery/roster/")


def test_a_carer_reads_the_own_week_and_changes_nothing(city, carer):
    ShiftFactory(membership=member_of(city.a.carer), class_group=city.a.small)
    page = carer.get("/nursery/roster/").text
    assert city.a.small.name in page
    assert "shifts/add" not in page
