import datetime as dt
import json

import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings

from core import rls
from core.calendar import today
from core.errors import Refused
from institution.models import PlannedDay, RowChange
from institution.selectors.board import class_board
from institution.selectors.nursery import classes_on, totals
from institution.selectors.plans import told_away
from institution.services import plans
from tests.factories.city import City
from tests.factories.institution import AttendanceFactory, PlannedDayFactory

TOMORROW = dt.timedelta(days=1)


@pytest.fixture
def child(city):
    return city.a.guardian.guardianships.get().child


@pytest.fixture
def guardian(city):
    return City.actor(city.a.guardian)


def tell(guardian, child, **changes):
    said = {"day": today() + TOMORROW, "coming": False, "reason": "ill"} | changes
    with rls.of_actor(guardian):
        return plans.plan_day(actor=guardian, child=child, **said)


def refused(expected: str, act, /, *args, **kwargs) -> None:
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    assert caught.value.code == expected


def test_a_day_is_told_anew_and_taken_back(guardian, child):
    tell(guardian, child)
    tell(guardian, child, coming=True, reason="", leaves_at=dt.time(15))

    row = PlannedDay.objects.get()
    assert (row.coming, row.reason, row.leaves_at, row.late) == (True, "", dt.time(15), False)
    with rls.of_actor(guardian):
        plans.clear_plan(actor=guardian, child=child, day=row.day)
    assert not PlannedDay.objects.exists()
    deeds = RowChange.objects.filter(table="institution_plannedday").order_by("pk")
    assert list(deeds.values_list("deed", flat=True)) == ["added", "changed", "removed"]


def test_the_same_weekday_of_more_weeks(guardian, child):
    rows = tell(guardian, child, reason="private", weeks=2)

    assert [(row.day - rows[0].day).days for row in rows] == [0, 7, 14]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"day": today() - TOMORROW}, "past"),
        ({"day": today() + dt.timedelta(days=200)}, "too_far"),
        ({"reason": ""}, "reason_needed"),
        (
            {"coming": True, "arrives_at": dt.time(15), "leaves_at": dt.time(9)},
            "hours_reversed",
        ),
    ],
)
def test_what_cannot_be_is_refused(guardian, child, changes, code):
    refused(code, tell, guardian, child, **changes)


def test_another_familys_child_has_no_place_for_one(city, child):
    refused("no_place", tell, City.actor(city.b.guardian), child)


def test_who_is_here_does_not_stay_away(city, guardian, child):
    AttendanceFactory(class_group=city.a.small, child=child)

    refused("here_already", tell, guardian, child, day=today())


@pytest.mark.parametrize(("cutoff", "late"), [("00:00", True), ("23:59", False)])
def test_after_the_cutoff_it_is_told_late(guardian, child, cutoff, late):
    with override_settings(PLAN_CUTOFF=cutoff):
        assert tell(guardian, child, day=today())[0].late is late


def test_the_board_and_the_figures_of_today_know_it(city, guardian, child):
    tell(guardian, child, day=today(), note="发热 38 度")
    director = City.actor(city.a.director)
    group = classes_on(actor=director, day=today()).get(pk=city.a.small.pk)
    board = class_board(actor=City.actor(city.a.carer), class_group=group, day=today())

    assert board.plans[child.pk].note == "发热 38 度"
    figures = totals(
        actor=director, classes=list(classes_on(actor=director, day=today())), day=today()
    )
    assert (figures.told_away, figures.expected) == (1, 3)
    AttendanceFactory(class_group=city.a.small, child=child, arrived_at=None, absence="ill")
    assert told_away(actor=director, day=today()) == 0
    assert told_away(actor=City.actor(city.b.director), day=today()) == 0


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("plannedday_coming_or_why", {"reason": ""}),
        ("plannedday_coming_or_why", {"coming": True}),
        ("plannedday_coming_or_why", {"leaves_at": dt.time(15)}),
        (
            "plannedday_hours",
            {"coming": True, "reason": "", "arrives_at": dt.time(9), "leaves_at": dt.time(8)},
        ),
    ],
)
def test_the_database_refuses_half_a_plan(city, child, constraint, change):
    row = PlannedDayFactory(institution=city.a.institution, child=child)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        PlannedDay.objects.filter(pk=row.pk).update(**change)


def test_the_state_of_the_board_carries_the_plan(city, child, signed_in):
    PlannedDayFactory(institution=city.a.institution, child=child, day=today(), late=True)
    url = f"/nursery/board/{city.a.small.pk}/state/?after=0&day={today()}"
    news = signed_in(city.a.carer).get(url).json()

    assert news["plans"] == {
        str(child.pk): {
            "coming": False,
            "from": None,
            "until": None,
            "reason": "ill",
            "note": "",
            "late": True,
        }
    }


def test_the_family_tells_it_on_the_phone(city, child, signed_in):
    guardian = signed_in(city.a.guardian)
    day = today() + TOMORROW
    url = f"/family/plans/{child.pk}/{day}/"
    wrong = guardian.post(url, {"coming": "no", "note": "去外婆家"})
    assert wrong.status_code == 422
    assert "去外婆家" in wrong.text
    assert "请选择" in wrong.text

    done = guardian.post(url, {"coming": "no", "reason": "private", "note": "去外婆家"})
    assert done.url == f"/family/plans/{child.pk}/"
    page = guardian.get(done.url).text
    assert "事假" in page
    assert "去外婆家" in page
    guardian.post(f"{url}clear/")
    assert "事假" not in guardian.get(done.url).text
    assert guardian.get(f"/family/plans/{child.pk}/{today() - TOMORROW}/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_same_whatever_was_told(
    city, child, signed_in, rows, django_assert_max_num_queries
):
    for number in range(rows):
        PlannedDayFactory(
            institution=city.a.institution,
            child=child,
            day=today() + dt.timedelta(days=number + 1),
        )
    guardian = signed_in(city.a.guardian)
    guardian.get(f"/family/plans/{child.pk}/")

    with django_assert_max_num_queries(11):
        guardian.get(f"/family/plans/{child.pk}/")


def test_a_program_tells_days(city, child, signed_in):
    guardian = signed_in(city.a.guardian)
    body = {"child": child.pk, "day": str(today() + TOMORROW), "coming": False, "reason": "ill"}
    told = guardian.post(
        "/api/v1/planned-days/", json.dumps(body | {"weeks": 1}), content_type="application/json"
    )

    assert told.status_code == 201
    assert len(told.json()) == 2
    listed = signed_in(city.a.clerk).get("/api/v1/planned-days/?coming=false").json()
    assert len(listed["results"]) == 2
    assert guardian.delete(f"/api/v1/planned-days/{told.json()[0]['id']}/").status_code == 204
