"""Which days a nursery is open, and who may say otherwise."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from core import reference
from core.calendar import today
from core.errors import NotThere, Refused
from core.models import AuditEvent, CalendarDay
from institution.models import Closure, MakeupDay
from institution.selectors.calendar import care_days, coming, open_days
from institution.services import calendar
from tests.factories.institution import AttendanceFactory, ClosureFactory, MakeupDayFactory

D = dt.date
DAY = dt.timedelta(days=1)


@pytest.fixture
def year(db):
    reference.load_calendar_days()


@pytest.fixture
def director(city):
    return city.actor(city.a.director)


@pytest.fixture
def asked(city, director):
    return {"actor": director, "institution": city.a.institution.pk}


@transaction.atomic
def as_committed(make) -> None:
    make()
    connection.check_constraints()


def test_the_stored_calendar_knows_holidays_and_the_days_that_make_up_for_them(year):
    kinds = dict(CalendarDay.objects.order_by("day").values_list("day", "kind"))

    assert kinds[D(2026, 2, 17)] == "holiday"
    assert kinds[D(2026, 2, 14)] == "makeup"
    assert (kinds[D(2026, 11, 27)], kinds[D(2026, 11, 28)]) == ("workday", "weekend")
    festival = CalendarDay.objects.get(day=D(2026, 2, 17))
    assert (festival.name, festival.name_en) == ("春节", "Spring Festival")


def test_loaded_again_it_is_the_same(year):
    before = list(CalendarDay.objects.order_by("day").values())

    reference.load_calendar_days()

    assert list(CalendarDay.objects.order_by("day").values()) == before


def test_a_year_that_is_not_announced_is_unknown_and_not_open(year, asked):
    days = care_days(**asked, first=D(2026, 12, 31), last=D(2027, 1, 4))

    assert [day.is_open for day in days] == [True, None, None, None, None]
    assert open_days(**asked, first=D(2026, 12, 31), last=D(2027, 1, 4)) == [D(2026, 12, 31)]


def test_closed_and_extra_days_stand_before_the_calendar(
    year, city, asked, django_assert_num_queries
):
    place = city.a.institution
    ClosureFactory(institution=place, first=D(2026, 12, 3), last=D(2026, 12, 4), note="急救")
    ClosureFactory(institution=place, first=D(2026, 12, 2), class_group=city.a.small)
    ClosureFactory(institution=city.b.institution, first=D(2026, 12, 1))
    MakeupDayFactory(institution=place, day=D(2026, 12, 5))
    MakeupDayFactory(institution=place, day=D(2027, 1, 4))
    week = {"first": D(2026, 11, 30), "last": D(2026, 12, 6)}

    with django_assert_num_queries(1):
        days = care_days(**asked, **week)

    assert [day.why for day in days] == [
        *("workday", "workday", "workday", "closure", "closure", "extra", "weekend")
    ]
    small = open_days(**asked, **week, class_group=city.a.small.pk)
    assert [day.day for day in small] == [30, 1, 5]
    spans = [(span.first.day, span.last.day, span.is_open, span.text) for span in coming(days)]
    assert spans == [(3, 4, False, "员工培训：急救"), (5, 5, True, "当天加开")]
    assert open_days(**asked, first=D(2027, 1, 4), last=D(2027, 1, 4)) == [D(2027, 1, 4)]


def test_an_extra_day_on_a_working_day_changes_nothing(year, city, asked):
    MakeupDayFactory(institution=city.a.institution, day=D(2026, 12, 1))

    (day,) = care_days(**asked, first=D(2026, 12, 1), last=D(2026, 12, 1))

    assert day.why == "workday"


def test_a_family_knows_the_days_of_its_nursery_and_of_no_other(year, city):
    ClosureFactory(institution=city.a.institution, first=D(2026, 12, 1))
    ClosureFactory(institution=city.b.institution, first=D(2026, 12, 2))
    guardian = city.actor(city.a.guardian)

    assert Closure.objects.visible_to(guardian).get().institution == city.a.institution
    assert not MakeupDay.objects.visible_to(guardian).exists()


def test_closing_is_recorded(city, director):
    first = today() + 3 * DAY

    closure = calendar.close_days(
        actor=director, first_day=first, last_day=first + DAY, reason="repair", note="供暖"
    )

    assert (closure.first_day, closure.last_day) == (first, first + DAY)
    event = AuditEvent.objects.get(action="institution.closure.added")
    assert event.data["reason"] == "repair"
    assert event.institution_id == city.a.institution.pk
    calendar.take_back_closure(actor=director, closure=closure)
    assert not Closure.objects.exists()
    assert AuditEvent.objects.filter(action="institution.closure.removed").count() == 1


@pytest.mark.parametrize(
    ("first", "last", "reason", "code"),
    [
        (2, 1, "repair", "dates_reversed"),
        (500, 501, "repair", "too_far"),
        (1, 1, "other", "note_missing"),
        (8, 12, "repair", "overlaps"),
        (-2, 0, "illness", "attended"),
    ],
)
def test_what_cannot_be_closed_is_refused(city, director, first, last, reason, code):
    ClosureFactory(institution=city.a.institution, first=today() + 10 * DAY)
    AttendanceFactory(class_group=city.a.small, child=city.a.children[0], day=today() - DAY)

    with pytest.raises(Refused) as refused:
        calendar.close_days(
            actor=director,
            first_day=today() + first * DAY,
            last_day=today() + last * DAY,
            reason=reason,
        )

    assert refused.value.code == code
    assert Closure.objects.count() == 1


def test_another_class_may_be_closed_on_a_day_on_which_one_was_open(city, director):
    AttendanceFactory(class_group=city.a.small, child=city.a.children[0], day=today() - DAY)
    day = {"first_day": today() - DAY, "last_day": today() - DAY, "reason": "illness"}

    calendar.close_days(actor=director, class_group=city.a.big, **day)

    with pytest.raises(Refused):
        calendar.close_days(actor=director, class_group=city.a.small, **day)
    with pytest.raises(NotThere):
        calendar.close_days(actor=director, class_group=city.b.small, **day)


def test_an_extra_day_is_one_that_the_calendar_has_closed(year, city, director):
    saturday = D(2026, 12, 5)

    extra = calendar.open_extra_day(actor=director, day=saturday, note="家长预约")

    for day, code in ((saturday, "already_added"), (D(2026, 12, 4), "already_open")):
        with pytest.raises(Refused) as refused:
            calendar.open_extra_day(actor=director, day=day)
        assert refused.value.code == code
    AttendanceFactory(class_group=city.a.small, child=city.a.children[0], day=saturday)
    with pytest.raises(Refused) as refused:
        calendar.take_back_extra_day(actor=director, extra=extra)
    assert refused.value.code == "attended"


def test_nobody_touches_the_days_of_another_nursery(city, director):
    closure, extra = ClosureFactory(institution=city.b.institution), MakeupDayFactory()

    with pytest.raises(NotThere):
        calendar.take_back_closure(actor=director, closure=closure)
    with pytest.raises(NotThere):
        calendar.take_back_extra_day(actor=director, extra=extra)
    with pytest.raises(NotThere):
        calendar.open_extra_day(actor=city.actor(city.regulator), day=today())


def test_the_database_refuses_two_closures_of_one_day(city):
    closure = ClosureFactory(institution=city.a.institution)
    ClosureFactory(institution=city.a.institution, class_group=city.a.small)
    for same in ({}, {"class_group": city.a.small}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ClosureFactory(institution=city.a.institution, during=closure.during, **same)


def test_the_database_refuses_periods_without_an_end_and_two_extra_days_of_one_day(city):
    extra = MakeupDayFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        ClosureFactory(during=(today(), None))
    with pytest.raises(IntegrityError), transaction.atomic():
        MakeupDayFactory(institution=extra.institution, day=extra.day)
    with pytest.raises(IntegrityError):
        as_committed(
            lambda: ClosureFactory(institution=city.a.institution, class_group=city.b.small)
        )
