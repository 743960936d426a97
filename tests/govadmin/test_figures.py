import datetime as dt

import pytest
from django.db.models import Sum

from core.calendar import now, today
from core.errors import NotThere
from core.models.region import RegionLevel
from govadmin.selectors.figures import areas_of, city_figures, figures_of, sums_of
from govadmin.selectors.overview import overview, quiet_institutions, trend
from govadmin.selectors.regions import place_of
from institution.enums import InstitutionStatus
from institution.models import Attendance, DailyCount, Enrolment, Institution
from tests.factories.core import RegionFactory
from tests.factories.institution import (
    ChildFactory,
    ClassGroupFactory,
    EnrolmentFactory,
    InstitutionFactory,
)


def test_the_figures_are_what_one_counts_by_hand(a_day):
    actor = a_day.actor(a_day.regulator)

    rows = {row.id: row for row in city_figures(actor, today())}

    assert len(rows) == Institution.objects.count() == 2
    for institution in Institution.objects.all():
        row = rows[institution.pk]
        attendance = list(Attendance.objects.filter(institution=institution, day=today()))
        assert row.enrolled == Enrolment.objects.filter(institution=institution).count() == 4
        assert row.present == sum(bool(a.arrived_at and not a.left_at) for a in attendance)
        assert row.attended == sum(bool(a.arrived_at) for a in attendance)
        assert row.absent == sum(bool(a.absence) for a in attendance)
        amounts = DailyCount.objects.filter(institution=institution, day=today())
        assert row.entries == amounts.aggregate(n=Sum("amount"))["n"]
        assert row.carers == 2
    a = rows[a_day.a.institution.pk]
    assert (a.present, a.attended, a.absent, a.expected, a.entries) == (1, 2, 1, 3, 7)
    assert a.use == pytest.approx(4 * 100 / 60)


def test_yesterday_and_ended_places_do_not_count(city):
    gone = today() - dt.timedelta(days=3)
    EnrolmentFactory(
        class_group=city.a.small, child=ChildFactory(), during=(gone - dt.timedelta(days=30), gone)
    )
    Attendance.objects.create(
        institution=city.a.institution,
        class_group=city.a.small,
        child=city.a.children[0],
        day=today() - dt.timedelta(days=1),
        arrived_at=now() - dt.timedelta(days=1),
    )

    sums = sums_of(city_figures(city.actor(city.regulator), today()))

    assert (sums.enrolled, sums.present, sums.attended, sums.entries) == (8, 0, 0, 0)


def test_a_county_sees_its_county(a_day):
    actor = a_day.actor(a_day.county_regulator)

    rows = city_figures(actor, today())

    assert [row.id for row in rows] == [a_day.a.institution.pk]
    assert place_of(actor).region == a_day.counties[0]
    assert place_of(actor).counties == [a_day.counties[0]]


@pytest.mark.parametrize("code", ["370881", "3708", "no-such-code"])
def test_no_other_region_is_there_for_a_county(a_day, code):
    with pytest.raises(NotThere):
        place_of(a_day.actor(a_day.county_regulator), code)


def test_the_counties_add_up_to_the_city(a_day):
    actor = a_day.actor(a_day.regulator)
    found = overview(actor=actor, place=place_of(actor), day=today())

    assert [area.region.code for area in found.map_areas] == ["370811", "370881"]
    for name, whole in found.sums.as_dict().items():
        assert whole == sum(getattr(area.sums, name) for area in found.ranking), name


def test_below_a_county_stand_its_towns_and_what_no_town_is_known_of(a_day):
    town = RegionFactory(
        code="370811002", name="许庄街道", level=RegionLevel.TOWN, parent=a_day.counties[0]
    )
    InstitutionFactory(region=town, places=30)
    actor = a_day.actor(a_day.regulator)

    found = overview(actor=actor, place=place_of(actor, "370811"), day=today())

    places = {area.region.code: area.sums.places for area in found.ranking}
    assert places == {"370811002": 30, "370811": 60}
    assert found.sums.places == 90
    assert [area.sums.places for area in found.map_areas] == [90, 60]
    assert found.place.above == a_day.region


def test_closed_places_are_no_places(city):
    InstitutionFactory(region=city.counties[0], status=InstitutionStatus.CLOSED, places=500)
    InstitutionFactory(region=city.counties[0], status=InstitutionStatus.SUSPENDED, places=500)

    sums = sums_of(city_figures(city.actor(city.regulator), today()))

    assert (sums.institutions, sums.places) == (2, 120)


def test_a_class_is_crowded_above_its_own_rule(city, log):
    """Six children, one carer, and five for each by the rule of that kind of class."""
    more = [ChildFactory() for _ in range(3)]
    for child in more:
        EnrolmentFactory(class_group=city.a.small, child=child)
    seen = Institution.objects.filter(pk=city.a.institution.pk)

    log(city.a.carer, [*city.a.children, *more][:5], "arrive")
    assert figures_of(seen, today())[0].crowded == 0

    log(city.a.carer, [*city.a.children, *more][5:], "arrive")
    assert figures_of(seen, today())[0].crowded == 1


def test_silent_is_who_should_have_written(a_day):
    empty = InstitutionFactory(region=a_day.counties[0])
    silent = ClassGroupFactory(institution__region=a_day.counties[0])
    EnrolmentFactory(class_group=silent, child=ChildFactory())

    rows = city_figures(a_day.actor(a_day.regulator), today())

    assert [row.id for row in quiet_institutions(rows)] == [silent.institution.pk]
    assert empty.pk in {row.id for row in rows}


def test_recent_activity_is_told_by_institution(a_day):
    actor = a_day.actor(a_day.regulator)
    found = overview(actor=actor, place=place_of(actor), day=today())

    told = {line.institution.id: dict(line.kinds) for line in found.activity}
    assert told == {
        a_day.a.institution.pk: {"meal": 3, "arrive": 2, "leave": 1, "absence": 1},
        a_day.b.institution.pk: {"arrive": 1},
    }
    county = a_day.actor(a_day.county_regulator)
    seen = overview(actor=county, place=place_of(county), day=today()).activity
    assert [line.institution.id for line in seen] == [a_day.a.institution.pk]


def test_the_trend_ends_with_today_and_leaves_out_empty_days(a_day):
    yesterday = today() - dt.timedelta(days=1)
    DailyCount.objects.create(
        institution=a_day.b.institution, day=yesterday, kind="meal", amount=12
    )
    actor = a_day.actor(a_day.regulator)

    days = trend(actor=actor, path=actor.region_path, last=today())

    assert [(day.day, day.entries, day.attended) for day in days] == [
        (yesterday, 12, 0),
        (today(), 8, 3),
    ]
    assert days[-1].enrolled == 8
    assert days[-1].attendance == pytest.approx(37.5)


def test_an_institution_counts_in_the_nearest_region_once(a_day):
    rows = city_figures(a_day.actor(a_day.regulator), today())

    areas = areas_of([a_day.region, *a_day.counties], rows)

    assert [area.sums.institutions for area in areas] == [0, 1, 1]
