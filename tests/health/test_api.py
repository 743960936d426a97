import pytest

from core.calendar import today
from core.models import AuditEvent
from health.models import Measurement, MorningCheck
from tests.factories.health import MeasurementFactory, MorningCheckFactory

CHECKS = "/api/v1/health/checks/"
MEASUREMENTS = "/api/v1/health/measurements/"


def post(client, url, body):
    return client.post(url, body, content_type="application/json")


@pytest.fixture
def client(city, signed_in):
    return signed_in(city.a.health_worker)


def test_check_is_created_with_the_fever_told(city, client):
    body = {"child": city.a.children[0].pk, "temperature": "38.1", "action": "sent_home"}

    response = post(client, CHECKS, body)

    assert response.status_code == 201
    assert response.json()["findings"] == ["fever"]
    assert MorningCheck.objects.get().checked_by == city.a.health_worker


def test_measurement_is_created(city, client):
    body = {"child": city.a.children[0].pk, "measured_on": str(today()), "length_cm": "81.5"}

    response = post(client, MEASUREMENTS, body)

    assert response.status_code == 201
    assert response.json()["measure"] == "lying"


@pytest.mark.parametrize(
    ("values", "status", "code"),
    [
        ({"temperature": "38.1"}, 409, "fever_admitted"),
        ({"temperature": "50"}, 409, "out_of_range"),
        ({"temperature": "hot"}, 400, "invalid"),
        ({"action": "cuddled"}, 400, "invalid"),
        ({"child": 2**63 - 1}, 404, "child_not_found"),
        ({"child": 2**70}, 400, "number_out_of_range"),
    ],
)
def test_check_is_refused_with_a_stable_code(city, client, values, status, code):
    body = {"child": city.a.children[0].pk, "temperature": "36.5", "action": "admitted"}

    response = post(client, CHECKS, body | values)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not MorningCheck.objects.exists()


def test_child_of_another_nursery_is_not_there(city, client):
    body = {"child": city.b.children[0].pk, "temperature": "36.5", "action": "admitted"}

    assert post(client, CHECKS, body).status_code == 404


def test_lists_hold_own_rows_and_are_audited(city, client):
    for nursery in (city.a, city.b):
        child = nursery.children[0]
        MorningCheckFactory(class_group=nursery.small, child=child)
        MeasurementFactory(institution=nursery.institution, child=child)

    for url in (CHECKS, MEASUREMENTS):
        rows = client.get(url).json()["results"]
        assert [row["child"] for row in rows] == [city.a.children[0].pk]
    events = AuditEvent.objects.filter(action="child.viewed")
    assert [event.child_ids for event in events] == [[city.a.children[0].pk]] * 2


def test_one_row_of_another_nursery_is_not_there(city, client):
    theirs = MorningCheckFactory(class_group=city.b.small, child=city.b.children[0])
    measured = MeasurementFactory(institution=city.b.institution, child=city.b.children[0])

    assert client.get(f"{CHECKS}{theirs.pk}/").status_code == 404
    assert client.get(f"{MEASUREMENTS}{measured.pk}/").status_code == 404
    assert Measurement.objects.count() == 1


@pytest.mark.parametrize(("who", "read", "write"), [("director", 200, 403), ("carer", 403, 403)])
def test_who_may(city, signed_in, who, read, write):
    client = signed_in(getattr(city.a, who))
    body = {"child": city.a.children[0].pk, "temperature": "36.5", "action": "admitted"}

    assert client.get(CHECKS).status_code == read
    assert post(client, CHECKS, body).status_code == write


def test_regulator_gets_no_childs_row(city, signed_in):
    MorningCheckFactory(class_group=city.a.small, child=city.a.children[0])

    assert signed_in(city.regulator).get(CHECKS).json()["results"] == []
