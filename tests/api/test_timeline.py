"""GET /api/v1/children/N/timeline/: what happened after a cursor, corrections and withdrawals included."""

import datetime as dt

import pytest
from django.urls import reverse

from core.calendar import now, today
from institution.selectors.day import Cursor
from tests.factories.city import City
from tests.factories.institution import DailyEntryFactory, EnrolmentFactory


@pytest.fixture
def read(child, nursery, signed_in):
    director = signed_in(nursery.director)

    def get(after: str = "", **params):
        return director.get(
            reverse("api:child-timeline", args=[child.pk]), {"after": after, **params}
        )

    return get


@pytest.fixture
def read_at_home(child, nursery, signed_in):
    """The same of a guardian, whose session outlives the weeks of these tests."""
    guardian = signed_in(nursery.guardian)

    def get(after: str = ""):
        return guardian.get(reverse("api:child-timeline", args=[child.pk]), {"after": after})

    return get


def test_a_reader_without_a_cursor_gets_the_whole_day(read, codes, entry):
    first, second = entry(), entry("mood", {"mood": "happy"})
    assert codes([first, second]) == ["created", "created"]
    answer = read().json()

    assert [row["id"] for row in answer["entries"]] == [first["id"], second["id"]]
    assert answer["reset"] is False
    assert [row["summary"] for row in answer["entries"]] == ["吃完", "愉快"]


def test_nothing_new_keeps_the_cursor(read, codes, entry):
    codes([entry()])
    cursor = read().json()["cursor"]

    assert read(cursor).json() == {"cursor": cursor, "reset": False, "entries": []}


def test_corrected_and_withdrawn_entries_come_after_the_cursor(read, codes, entry):
    first, second = entry(), entry("mood", {"mood": "happy"})
    codes([first, second])
    cursor = read().json()["cursor"]
    correction = entry(
        detail={"meal": "lunch", "amount": "some"}, replaces=first["id"], reason="看错了"
    )
    undone = entry("mood", {"mood": "happy"}, replaces=second["id"], void=True)
    assert codes([correction, undone]) == ["created", "created"]
    answer = read(cursor).json()

    assert [(row["root"], row["version"], row["void"]) for row in answer["entries"]] == [
        (first["id"], 2, False),
        (second["id"], 2, True),
    ]
    assert answer["cursor"] != cursor


def test_reading_in_steps_gives_what_reading_at_once_gives(read, codes, entry):
    cursor, stepped = "", []
    for _ in range(4):
        codes([entry(), entry()])
        answer = read(cursor).json()
        stepped += [row["id"] for row in answer["entries"]]
        cursor = answer["cursor"]

    assert stepped == [row["id"] for row in read().json()["entries"]]


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "1", "1.", ".1", "1.x", "-1.1", "1.1.1", "9" * 50, "9" * 51, "١.١"),
        *("1.1.", "1.1.20261301", "1.1.00000101", "1.1.20261123.1", "1.1.2026112３"),
    ],
)
def test_a_made_up_cursor_is_400(read, cursor):
    response = read(cursor)

    assert (response.status_code, response.json()["code"]) == (400, "bad_cursor")


def test_a_cursor_beyond_all_numbers_is_answered(read):
    number = "9999999999999999999"

    assert read(f"{number}.{number}").json()["reset"] is True
    assert read(f"{number}.{number}.{today():%Y%m%d}").json()["entries"] == []


def test_a_cursor_of_another_nursery_asks_for_the_whole_day(read, codes, entry, city: City):
    codes([entry()])
    answer = read(str(Cursor(city.b.institution.pk, 1))).json()

    assert answer == {"cursor": "", "reset": True, "entries": []}


@pytest.mark.parametrize(
    "day",
    ["2026-13-01", "yesterday", "20261123x", "2026-11-23T00:00", "0001-01-01", "9999-12-31", "\0"],
)
def test_a_day_that_is_none_is_400(read, day):
    response = read(day=day)

    assert (response.status_code, response.json()["code"]) == (400, "bad_day")


def test_an_earlier_day_is_read_by_its_date(read, child, nursery):
    earlier = DailyEntryFactory(
        child=child, class_group=nursery.small, at=now() - dt.timedelta(days=2)
    )
    answer = read(day=str(today() - dt.timedelta(days=2))).json()

    assert [row["id"] for row in answer["entries"]] == [str(earlier.pk)]
    assert read().json()["entries"] == []


def test_a_reader_who_was_away_for_more_than_a_week_reads_everything_anew(
    read_at_home, codes, entry, time_machine
):
    read = read_at_home
    codes([entry()])
    cursor = read().json()["cursor"]
    time_machine.move_to(now() + dt.timedelta(days=7))
    assert read(cursor).json()["reset"] is False

    time_machine.move_to(now() + dt.timedelta(days=1))
    assert read(cursor).json() == {"cursor": "", "reset": True, "entries": []}
    assert read().json() == {"cursor": "", "reset": False, "entries": []}


def test_a_reader_who_comes_every_week_is_never_sent_back_to_the_start(
    read_at_home, codes, entry, time_machine
):
    read = read_at_home
    codes([entry()])
    cursor = read().json()["cursor"]
    for _week in range(3):
        time_machine.move_to(now() + dt.timedelta(days=7))
        answer = read(cursor).json()
        assert answer["reset"] is False
        cursor = answer["cursor"]


def test_a_cursor_without_a_day_is_of_unknown_age(read, codes, entry, nursery):
    codes([entry()])

    assert read(f"{nursery.institution.pk}.1").json()["reset"] is True


def test_more_than_can_be_caught_up_asks_for_the_whole_day(read, child, nursery):
    for seq in range(1, 502):
        DailyEntryFactory(
            child=child, class_group=nursery.small, seq=seq, recorded_by=nursery.carer
        )

    assert read(str(Cursor(nursery.institution.pk, 0))).json()["reset"] is True
    assert len(read(str(Cursor(nursery.institution.pk, 1))).json()["entries"]) == 500


@pytest.mark.parametrize("count", [1, 3])
def test_query_count(read, codes, entry, count, django_assert_num_queries):
    codes([entry() for _ in range(count)])
    with django_assert_num_queries(6):
        read()


def test_a_family_keeps_the_day_on_which_its_child_moved(city, child, signed_in):
    """Entries of the nursery before are read by the family only."""
    guardian_child = city.b.guardian.guardianships.get().child
    guardian_child.enrolments.update(
        during=(today() - dt.timedelta(days=100), today() - dt.timedelta(days=1))
    )
    EnrolmentFactory(
        class_group=city.a.small,
        child=guardian_child,
        during=(today() - dt.timedelta(days=1), None),
    )
    old = DailyEntryFactory(child=guardian_child, class_group=city.b.small)
    url = reverse("api:child-timeline", args=[guardian_child.pk])

    family = signed_in(city.b.guardian).get(url).json()["entries"]
    nursery = signed_in(city.a.carer).get(url).json()["entries"]
    assert ([row["id"] for row in family], nursery) == ([str(old.pk)], [])
