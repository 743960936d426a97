import datetime as dt
import json

import pytest
from django.urls import reverse

from core.calendar import today
from core.models.region import RegionLevel
from tests.factories.core import RegionFactory, RegionPostFactory, UserFactory
from tests.factories.institution import (
    ChildFactory,
    ClassGroupFactory,
    ClosureFactory,
    EnrolmentFactory,
    InstitutionFactory,
    LicenceFactory,
    ServiceFeeFactory,
)

PAGES = ["gov:overview", "gov:overview-figures", "gov:institution-list"]


def more_institutions(city, count: int) -> None:
    for _ in range(count):
        group = ClassGroupFactory(institution__region=city.counties[0])
        EnrolmentFactory(class_group=group, child=ChildFactory())


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["assessor", "trainer", "admin"])
def test_other_posts_of_the_region_stay_out(city, signed_in, page, who):
    assert signed_in(getattr(city, who)).get(reverse(page)).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_the_nursery_and_the_family_stay_out(city, signed_in, page):
    for user in (city.a.director, city.a.carer, city.a.guardian):
        assert signed_in(user).get(reverse(page)).status_code == 403


@pytest.mark.parametrize(
    ("page", "queries"),
    [("gov:overview", 12), ("gov:overview-figures", 9), ("gov:institution-list", 6)],
)
@pytest.mark.parametrize("more", [0, 2])
def test_the_number_of_queries_does_not_grow(
    a_day, signed_in, django_assert_num_queries, page, queries, more
):
    more_institutions(a_day, more)
    client = signed_in(a_day.regulator)

    with django_assert_num_queries(queries):
        assert client.get(reverse(page)).status_code == 200


@pytest.mark.parametrize("more", [0, 2])
def test_queries_of_one_institution(a_day, signed_in, django_assert_num_queries, more):
    for number in range(more):
        ClassGroupFactory(institution=a_day.a.institution)
        day = today() - dt.timedelta(days=number)
        ServiceFeeFactory(institution=a_day.a.institution, valid_from=day)
        LicenceFactory(institution=a_day.a.institution, kind="other")
        ClosureFactory(institution=a_day.a.institution, first=day + dt.timedelta(days=9))
    client = signed_in(a_day.regulator)

    with django_assert_num_queries(15):
        page = client.get(reverse("gov:institution-page", args=[a_day.a.institution.pk]))
    assert len(page.context["classes"]) == 2 + more


def test_the_overview_shows_the_figures(a_day, signed_in):
    page = signed_in(a_day.regulator).get(reverse("gov:overview"))

    shown = {kpi["name"]: kpi["value"] for kpi in page.context["kpis"]}
    assert shown == {
        "institutions": "2",
        "places": "120",
        "enrolled": "8",
        "present": "2",
        "attendance": "37.5",
        "entries": "8",
    }
    assert [row["present"] for row in page.context["map"]] == [1, 1]


def test_the_figures_follow_the_log(a_day, signed_in, log):
    client = signed_in(a_day.regulator)
    before = client.get(reverse("gov:overview-figures")).json()

    log(a_day.b.carer, a_day.b.children[1:], "arrive")
    after = client.get(reverse("gov:overview-figures")).json()

    assert (before["kpis"]["present"], after["kpis"]["present"]) == ("2", "4")
    assert (before["kpis"]["entries"], after["kpis"]["entries"]) == ("8", "10")
    assert set(after["parts"]) == {"activity", "ranking", "quiet", "staff", "zones"}
    assert after["map"][1]["present"] == 3


@pytest.mark.parametrize("page", PAGES)
def test_a_county_reads_nothing_of_the_next(a_day, signed_in, page):
    client = signed_in(a_day.county_regulator)

    own = client.get(reverse(page)).content.decode()
    for marker in (a_day.b.institution.name, a_day.counties[1].name, a_day.counties[1].code):
        assert marker not in own
        assert json.dumps(marker)[1:-1] not in own
    assert client.get(reverse(page), {"region": "370881"}).status_code == 404


def test_another_countys_institution_is_not_there(a_day, signed_in):
    client = signed_in(a_day.county_regulator)

    assert (
        client.get(reverse("gov:institution-page", args=[a_day.a.institution.pk])).status_code
        == 200
    )
    assert (
        client.get(reverse("gov:institution-page", args=[a_day.b.institution.pk])).status_code
        == 404
    )


def test_a_town_has_no_map_but_its_institutions(a_day, signed_in):
    town = RegionFactory(
        code="370811002", name="许庄街道", level=RegionLevel.TOWN, parent=a_day.counties[0]
    )
    mine = InstitutionFactory(region=town, name="许庄米粒托育园")
    user = UserFactory()
    RegionPostFactory(user=user, region=town, role="town_regulator")

    page = signed_in(user).get(reverse("gov:overview")).content.decode()

    assert mine.name in page
    assert 'id="map"' not in page
    assert a_day.a.institution.name not in page


def test_the_list_filters_sorts_and_counts(city, signed_in):
    InstitutionFactory(region=city.counties[0], name="米粒家", form="family", inclusive=False)
    InstitutionFactory(region=city.counties[1], name="星河家", form="family", status="closed")
    client = signed_in(city.regulator)

    def names(**query) -> list[str]:
        found = client.get(reverse("gov:institution-list"), query)
        return [row["figures"].name for row in found.context["rows"]]

    a, b = city.a.institution.name, city.b.institution.name
    assert sorted(names()[:2]) == sorted(["米粒家", a])
    assert sorted(names()[2:]) == sorted(["星河家", b])
    assert set(names(form="family")) == {"米粒家", "星河家"}
    assert names(form="family", inclusive="on") == ["星河家"]
    assert set(names(region="370881")) == {"星河家", b}
    assert names(q="米粒") == ["米粒家"]
    assert names(status="closed") == ["星河家"]
    assert set(names(silent="on")) == {a, b}
    assert set(names(sort="-use")[:2]) == {a, b}
    tabs = client.get(reverse("gov:institution-list"), {"status": "closed"}).context["tabs"]
    assert [tab["count"] for tab in tabs] == [4, 3, 0, 1]
    assert [tab["current"] for tab in tabs] == [False, False, False, True]


@pytest.mark.parametrize(
    "query",
    [
        {"page": "x", "sort": "password", "form": "castle", "status": "?"},
        {"q": "%_\\'" + "长" * 300},
        {"page": "-3", "sort": "-present", "inclusive": "\x00"},
    ],
)
def test_nonsense_in_the_address_is_no_error(city, signed_in, query):
    assert signed_in(city.regulator).get(reverse("gov:institution-list"), query).status_code == 200


def test_the_way_to_the_records_is_the_auditors(a_day, signed_in):
    url = reverse("gov:institution-page", args=[a_day.a.institution.pk])
    records = f"{reverse('gov:audit-list')}?institution={a_day.a.institution.pk}"

    assert records in signed_in(a_day.auditor).get(url).content.decode()
    assert records not in signed_in(a_day.regulator).get(url).content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_both_languages(a_day, signed_in, language):
    client = signed_in(a_day.regulator)
    client.cookies["language"] = language

    page = client.get(reverse("gov:overview")).content.decode()

    assert ("今日无记录" in page) == (language == "zh-hans")
    assert ("Silent today" in page) == (language == "en")
