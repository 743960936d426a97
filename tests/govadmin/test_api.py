import pytest
from rest_framework.test import APIClient

OVERVIEW, RECORDS = "/api/v1/overview/", "/api/v1/audit-events/"


@pytest.fixture
def api():
    def of(user) -> APIClient:
        client = APIClient()
        client.force_login(user)
        return client

    return of


def test_the_overview_in_figures(a_day, api):
    answer = api(a_day.regulator).get(OVERVIEW).json()

    assert answer["region"] == "3708"
    assert {key: answer["sums"][key] for key in ("enrolled", "present", "attended", "entries")} == {
        "enrolled": 8,
        "present": 2,
        "attended": 3,
        "entries": 8,
    }
    assert [(area["code"], area["entries"]) for area in answer["areas"]] == [
        ("370811", 7),
        ("370881", 1),
    ]


def test_a_county_gets_its_own(a_day, api):
    client = api(a_day.county_regulator)

    assert client.get(OVERVIEW).json()["sums"]["entries"] == 7
    assert client.get(OVERVIEW, {"region": "370881"}).json()["code"] == "not_found"
    assert client.get(OVERVIEW, {"region": "370881"}).status_code == 404


def test_records_of_the_region(a_day, api, county_auditor):
    city = api(a_day.auditor).get(RECORDS).json()["results"]
    county = api(county_auditor).get(RECORDS).json()["results"]

    assert {row["institution_id"] for row in city} == {
        None,  # the auditor's own sign-in
        a_day.a.institution.pk,
        a_day.b.institution.pk,
    }
    assert {row["institution_id"] for row in county} == {None, a_day.a.institution.pk}
    assert [row["id"] for row in city] == sorted((row["id"] for row in city), reverse=True)
    assert city[-1]["children"] == 2
    foreign = next(row["id"] for row in city if row["institution_id"] == a_day.b.institution.pk)
    assert api(county_auditor).get(f"{RECORDS}{foreign}/").status_code == 404


def test_records_by_filter_and_page(a_day, api):
    client = api(a_day.auditor)

    assert client.get(RECORDS, {"nursery": "曲阜"}).json()["results"][0]["children"] == 1
    page = client.get(RECORDS, {"page_size": 2}).json()
    assert len(page["results"]) == 2
    following = client.get(page["next"]).json()["results"]
    assert following[0]["id"] < page["results"][-1]["id"]
    assert client.get(RECORDS, {"since": "soon"}).status_code == 400


@pytest.mark.parametrize(
    ("who", "overview", "records"),
    [
        ("auditor", 200, 200),
        ("regulator", 200, 403),
        ("assessor", 403, 403),
        ("admin", 403, 403),
    ],
)
def test_permissions(city, api, who, overview, records):
    client = api(getattr(city, who))

    assert client.get(OVERVIEW).status_code == overview
    assert client.get(RECORDS).status_code == records
    assert client.post(RECORDS, {}, format="json").status_code == 405


def test_staff_and_family_stay_out(city, api):
    for user in (city.a.director, city.a.carer, city.a.guardian):
        assert api(user).get(OVERVIEW).status_code == 403
        assert api(user).get(RECORDS).status_code == 403
