"""The open pages: figures, search and a nursery's own page, as anybody sees them."""

import datetime as dt

import pytest
from django.urls import reverse

from core.calendar import today
from institution.enums import InstitutionForm, InstitutionStatus
from institution.models import Institution
from tests.factories.institution import (
    ClassGroupFactory,
    EnrolmentFactory,
    InstitutionFactory,
    ServiceFeeFactory,
)

HOME, SEARCH = "portal:home", "portal:institution-search"


@pytest.fixture
def full(city) -> Institution:
    """A family site in the second county without a free place, not inclusive."""
    made = InstitutionFactory(
        region=city.counties[1],
        name="满园家庭托育点",
        address="曲阜市鼓楼大街 2 号",
        form=InstitutionForm.FAMILY,
        inclusive=False,
        places=1,
    )
    EnrolmentFactory(class_group=ClassGroupFactory(institution=made))
    return made


def found(client, **wish) -> set[str]:
    response = client.get(reverse(SEARCH), wish)
    assert response.status_code == 200
    return {institution.name for institution in response.context["page"]}


def test_home_counts_nurseries_and_places(city, full, client):
    response = client.get(reverse(HOME))
    figures = response.context["figures"]

    assert (figures.institutions, figures.inclusive, figures.places) == (3, 2, 121)
    assert figures.free == 121 - 9
    assert full.name not in response.content.decode()


def test_home_of_an_empty_city(db, client):
    response = client.get(reverse(HOME))

    assert response.status_code == 200
    assert response.context["figures"].places == 0


@pytest.mark.parametrize(
    ("wish", "names"),
    [
        ({}, {"满园家庭托育点", "任城区青禾托育园", "曲阜市青禾托育园"}),
        ({"q": "满园"}, {"满园家庭托育点"}),
        ({"q": "曲阜 鼓楼"}, {"满园家庭托育点"}),
        ({"q": "曲阜 太白楼"}, {"曲阜市青禾托育园"}),
        ({"q": "没有这样的"}, set()),
        ({"q": "%"}, set()),
        ({"q": "满\0园"}, {"满园家庭托育点"}),
        ({"county": "370811"}, {"任城区青禾托育园"}),
        ({"county": "370881"}, {"曲阜市青禾托育园", "满园家庭托育点"}),
        ({"county": "999999"}, set()),
        ({"form": "family"}, {"满园家庭托育点"}),
        ({"form": "castle"}, {"满园家庭托育点", "任城区青禾托育园", "曲阜市青禾托育园"}),
        ({"inclusive": "on"}, {"任城区青禾托育园", "曲阜市青禾托育园"}),
        ({"free": "on"}, {"任城区青禾托育园", "曲阜市青禾托育园"}),
        ({"page": "999"}, {"满园家庭托育点", "任城区青禾托育园", "曲阜市青禾托育园"}),
        ({"page": "x"}, {"满园家庭托育点", "任城区青禾托育园", "曲阜市青禾托育园"}),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_search(city, full, client, wish, names):
    assert found(client, **wish) == names


def test_what_somebody_typed_is_shown_as_text(db, client):
    text = client.get(reverse(SEARCH), {"q": '"><script>alert(1)</script>'}).content.decode()

    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("status", [InstitutionStatus.SUSPENDED, InstitutionStatus.CLOSED])
def test_a_nursery_that_is_not_open_is_not_public(full, client, status):
    Institution.objects.filter(pk=full.pk).update(status=status)

    assert full.name not in found(client)
    assert client.get(reverse("portal:institution-page", args=[full.pk])).status_code == 404


def test_a_page_says_places_by_class_and_names_no_child(city, client):
    page = client.get(reverse("portal:institution-page", args=[city.a.institution.pk]))
    text = page.content.decode()

    assert [(row["places"], row["free"]) for row in page.context["classes"]] == [(15, 12), (20, 19)]
    assert city.a.institution.address in text
    assert not [child.name for child in city.a.children if child.name in text]


@pytest.mark.parametrize("count", [1, 3])
class TestQueryCounts:
    @pytest.fixture(autouse=True)
    def nurseries(self, city, count):
        for _ in range(count):
            ClassGroupFactory(institution=InstitutionFactory(region=city.counties[0]))

    def test_home(self, client, count, django_assert_num_queries):
        with django_assert_num_queries(6):
            client.get(reverse(HOME))

    def test_search(self, client, count, django_assert_num_queries):
        with django_assert_num_queries(4):
            client.get(reverse(SEARCH))

    def test_institution_page(self, city, client, count, django_assert_num_queries):
        for number in range(count):
            ClassGroupFactory(institution=city.a.institution)
            day = today() - dt.timedelta(days=number)
            ServiceFeeFactory(institution=city.a.institution, valid_from=day)
        with django_assert_num_queries(4):
            client.get(reverse("portal:institution-page", args=[city.a.institution.pk]))
