import datetime as dt
import json

import pytest
from django.urls import reverse

from core import reference
from core.calendar import today
from institution.models import Closure, MakeupDay
from tests.factories.institution import AttendanceFactory, ClosureFactory, MakeupDayFactory

CALENDAR = "/nursery/calendar/"
D = dt.date


@pytest.fixture
def director(city, signed_in):
    reference.load_calendar_days()
    return signed_in(city.a.director)


def test_a_month_says_what_each_day_is(city, director):
    ClosureFactory(institution=city.a.institution, first=D(2026, 10, 9), note="供暖检修")
    MakeupDayFactory(institution=city.a.institution, day=D(2026, 10, 11))

    ClosureFactory(institution=city.a.institution, first=D(2026, 10, 14), class_group=city.a.small)

    page = director.get(f"{CALENDAR}?month=2026-10")

    for shown in (
        f"{city.a.small.name}停托",
        "国庆节",
        "国庆节调休上班",
        "员工培训：供暖检修",
        "当天加开",
    ):
        assert shown in page.text
    assert page.context["open_days"] == 31 - 7 - 6 - 1 + 1 - 1 + 1
    assert "尚未公布" not in page.text


def test_a_month_that_is_not_announced_says_so(director):
    page = director.get(f"{CALENDAR}?month=2027-02")

    assert "本月有 28 天的放假安排尚未公布" in page.text
    assert page.context["open_days"] == 0


@pytest.mark.parametrize("month", ["", "2026-13", "soon", "0000-01"])
def test_a_month_that_is_none_is_this_month(director, month):
    assert director.get(CALENDAR, {"month": month}).context["month"] == today().replace(day=1)


def test_days_are_closed_and_taken_back(city, director):
    body = {"first_day": "2026-12-10", "last_day": "2026-12-11", "reason": "repair"}

    answer = director.post(f"{CALENDAR}closures/add/", body)

    assert (answer.status_code, answer.url) == (302, f"{CALENDAR}?month=2026-12")
    director.post(f"{CALENDAR}closures/{Closure.objects.get().pk}/remove/")
    assert not Closure.objects.exists()


def test_what_is_refused_is_said_and_the_rest_is_kept(city, director):
    AttendanceFactory(class_group=city.a.small, child=city.a.children[0])
    body = {"first_day": str(today()), "last_day": str(today()), "reason": "repair", "note": "水管"}

    closing = director.post(f"{CALENDAR}closures/add/", body)
    opening = director.post(f"{CALENDAR}extra/add/", {"day": "2026-12-01", "note": "活动"})

    assert (closing.status_code, opening.status_code) == (422, 422)
    assert "有幼儿到园" in closing.text
    assert 'value="水管"' in closing.text
    assert "本来就是工作日" in opening.text
    assert 'value="活动"' in opening.text


def test_an_extra_day_on_which_children_came_is_not_taken_back(city, director):
    director.post(f"{CALENDAR}extra/add/", {"day": "2026-11-21"})
    extra = MakeupDay.objects.get()
    AttendanceFactory(class_group=city.a.small, child=city.a.children[0], day=extra.day)

    page = director.post(f"{CALENDAR}extra/{extra.pk}/remove/", follow=True)

    assert "有幼儿到园" in page.text
    assert MakeupDay.objects.exists()


def test_a_link_in_the_month_has_chosen_the_day(director):
    sheet = director.get(f"{CALENDAR}closures/add/?day=2026-12-24")
    assert sheet.text.count('value="2026-12-24"') == 2
    assert director.get(f"{CALENDAR}extra/add/?day=2026-02-31").status_code == 200


def test_a_carer_reads_the_month_and_changes_nothing(city, signed_in):
    page = signed_in(city.a.carer).get(CALENDAR)

    assert page.status_code == 200
    assert "closures/add" not in page.text


@pytest.mark.parametrize("count", [1, 3])
def test_query_count(city, director, count, django_assert_num_queries):
    for number in range(count):
        day = D(2026, 12, 1) + dt.timedelta(days=number)
        ClosureFactory(institution=city.a.institution, first=day, class_group=city.a.small)
        MakeupDayFactory(institution=city.a.institution, day=day)
    director.get(CALENDAR)

    with django_assert_num_queries(6):
        director.get(f"{CALENDAR}?month=2026-12")


def test_the_family_reads_it_on_the_day_page(city, director, signed_in):
    child = city.a.guardian.guardianships.get().child_id
    soon = today() + dt.timedelta(days=4)
    ClosureFactory(institution=city.a.institution, first=today(), note="临时停水")
    ClosureFactory(institution=city.a.institution, first=soon, class_group=city.a.small)
    ClosureFactory(
        institution=city.a.institution, first=soon, class_group=city.a.big, note="别的班"
    )

    page = signed_in(city.a.guardian).get(reverse("family:child-day", args=[child]))

    assert "停托：员工培训：临时停水" in page.text
    assert "近期停托与加开" in page.text
    assert "别的班" not in page.text


def test_regulators_read_it_on_the_page_of_the_institution(city, director, signed_in):
    ClosureFactory(institution=city.a.institution, note="消防演练")

    page = signed_in(city.regulator).get(
        reverse("gov:institution-page", args=[city.a.institution.pk])
    )

    assert "员工培训：消防演练" in page.text


def test_the_api_tells_open_closed_and_unknown_days(city, director):
    ClosureFactory(institution=city.a.institution, first=D(2026, 12, 31))
    url = reverse("api:institution-days", args=[city.a.institution.pk])

    days = director.get(url, {"first": "2026-12-30", "last": "2027-01-01"}).json()

    assert [(day["open"], day["why"]) for day in days] == [
        (True, "workday"),
        (False, "closure"),
        (None, "unknown"),
    ]
    assert director.get(url, {"first": "2026-12-30"}).status_code == 400
    assert director.get(url, {"first": "2026-12-30", "last": "2036-12-30"}).status_code == 400


def test_the_api_refuses_with_a_code(city, director):
    AttendanceFactory(class_group=city.a.small, child=city.a.children[0])
    body = {"first_day": str(today()), "last_day": str(today()), "reason": "weather"}

    answer = director.post(reverse("api:closure-list"), json.dumps(body), "application/json")

    assert answer.status_code == 400
    assert answer.json()["code"] == "attended"
