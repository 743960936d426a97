import datetime as dt

import pytest
from django.urls import reverse

from core.calendar import today
from institution.models import Membership
from tests.factories.institution import MembershipFactory
from tests.factories.training import CertificateFactory, TrainingRecordFactory
from training.models import Certificate, TrainingRecord

LIST = reverse("training:certificate-list")
HTMX = {"HX-Request": "true", "HX-Target": "div#sheet"}


def of(user) -> Membership:
    return Membership.objects.get(user=user)


def counts(response) -> list[int]:
    return [tab["count"] for tab in response.context["tabs"]]


@pytest.fixture
def browser(city, types, signed_in):
    return signed_in(city.a.director)


def test_tabs_count_by_the_day_that_each_certificate_ends(city, browser, types):
    for user, left in (
        (city.a.director, 31),
        (city.a.carer, 30),
        (city.a.big_carer, 0),
        (city.a.clerk, -1),
    ):
        CertificateFactory(membership=of(user), type=types["health_cert"], left=left)

    assert counts(browser.get(LIST)) == [4, 2, 1, 2]
    expiring = browser.get(LIST, {"tab": "expiring"}).context["page"]
    assert [row.membership.user for row in expiring] == [city.a.big_carer, city.a.carer]
    expired = browser.get(LIST, {"tab": "expired"}).context["page"]
    assert [row.membership.user for row in expired] == [city.a.clerk]
    missing = browser.get(LIST, {"tab": "missing"}).context["page"]
    assert {row.user for row in missing} == {city.a.clerk, city.a.health_worker}


def test_renewed_certificate_no_longer_counts(city, browser, types):
    CertificateFactory(membership=of(city.a.carer), type=types["health_cert"], left=-5)
    CertificateFactory(membership=of(city.a.carer), type=types["health_cert"], left=300)

    assert counts(browser.get(LIST))[:3] == [1, 0, 0]


def test_who_left_is_not_in_the_list(city, browser, types):
    gone = MembershipFactory(
        institution=city.a.institution, ended_on=today() - dt.timedelta(days=1)
    )
    CertificateFactory(membership=gone, type=types["health_cert"])

    assert counts(browser.get(LIST))[0] == 0


def test_director_sees_own_staff_only(city, browser, types):
    CertificateFactory(membership=of(city.b.carer), type=types["nurse"])

    page = browser.get(LIST)

    assert counts(page)[0] == 0
    assert city.b.carer.name not in browser.get(LIST, {"tab": "missing"}).content.decode()


@pytest.mark.parametrize(
    ("who", "nurseries"), [("regulator", 2), ("trainer", 2), ("county_regulator", 1)]
)
def test_region_sees_its_nurseries(city, types, signed_in, who, nurseries):
    for nursery in (city.a, city.b):
        CertificateFactory(membership=of(nursery.carer), type=types["nurse"])

    assert counts(signed_in(getattr(city, who)).get(LIST))[0] == nurseries


def test_county_words_and_kind_narrow(city, types, signed_in):
    for nursery in (city.a, city.b):
        CertificateFactory(membership=of(nursery.carer), type=types["nurse"])
        CertificateFactory(membership=of(nursery.director), type=types["doctor"])
    browser = signed_in(city.trainer)

    for query in (
        {"county": "370881", "type": "nurse"},
        {"q": city.b.carer.name},
        {"q": f"{city.b.institution.name} {city.b.carer.name}"},
    ):
        rows = browser.get(LIST, query).context["page"]
        assert [row.membership.user for row in rows] == [city.b.carer], query


@pytest.mark.parametrize("query", ["tab=x", "county=x", "type=x", "page=x", "page=999", "q=%00"])
def test_nonsense_in_the_address_shows_the_list(browser, query):
    assert browser.get(f"{LIST}?{query}").status_code == 200


def test_list_is_paged(city, browser, types):
    for left in range(25):
        member = MembershipFactory(institution=city.a.institution)
        CertificateFactory(membership=member, type=types["nurse"], left=100 + left)

    pages = [browser.get(LIST, {"page": n}).context["page"] for n in (1, 2)]

    assert [len(page) for page in pages] == [20, 5]
    rows = [row.expires_on for page in pages for row in page]
    assert rows == sorted(rows)


def test_number_is_shown_by_its_end_only(city, browser, types):
    CertificateFactory(membership=of(city.a.carer), type=types["nurse"], number="370800123456")

    for url in (LIST, reverse("training:staff-detail", args=[of(city.a.carer).pk])):
        page = browser.get(url).content.decode()
        assert "****3456" in page
        assert "370800123456" not in page


def test_director_renews_and_comes_back_to_the_list(city, browser):
    url = reverse("training:certificate-add", args=[of(city.a.carer).pk])

    sheet = browser.get(url, {"type": "health_cert"}, headers=HTMX).content.decode()
    response = browser.post(
        url,
        {"type": "health_cert", "number": "A1", "issued_on": str(today())},
        headers=HTMX | {"HX-Current-URL": f"http://testserver{LIST}?tab=missing"},
    )

    assert '<option value="health_cert" selected>' in sheet
    assert response.headers["HX-Redirect"] == f"{LIST}?tab=missing"
    assert Certificate.objects.get().membership == of(city.a.carer)


def test_refused_certificate_keeps_what_was_typed(city, browser):
    url = reverse("training:certificate-add", args=[of(city.a.carer).pk])
    tomorrow = str(today() + dt.timedelta(days=1))

    response = browser.post(url, {"type": "nurse", "number": "N-77", "issued_on": tomorrow})

    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="N-77"' in page
    assert f'value="{tomorrow}"' in page
    assert "日期晚于今天。" in page


def test_training_is_added_and_summed_for_the_year(city, browser):
    member = of(city.a.carer)
    long_ago = today().replace(year=today().year - 1)
    TrainingRecordFactory(membership=member, held_on=long_ago, hours=8)

    browser.post(
        reverse("training:training-add", args=[member.pk]),
        {"topic": "睡眠照护", "hours": "2.5", "held_on": str(today())},
    )

    response = browser.get(reverse("training:staff-detail", args=[member.pk]))
    assert str(response.context["hours"]) == "2.5"
    assert len(response.context["trainings"]) == 2


@pytest.mark.parametrize("name", ["staff-detail", "certificate-add", "training-add"])
def test_staff_of_another_nursery_is_not_there(city, browser, name):
    assert browser.get(reverse(f"training:{name}", args=[of(city.b.carer).pk])).status_code == 404


def test_who_may_only_read(city, types, signed_in):
    url = reverse("training:certificate-add", args=[of(city.a.carer).pk])

    for user in (city.a.clerk, city.regulator):
        browser = signed_in(user)
        assert browser.get(LIST).status_code == 200
        assert browser.post(url, {}).status_code == 403
    assert signed_in(city.a.carer).get(LIST).status_code == 403


def test_api_adds_and_lists_own_rows_without_the_number(city, browser):
    CertificateFactory(membership=of(city.b.carer))
    body = {
        "membership": of(city.a.carer).pk,
        "type": "health_cert",
        "number": "370800123456",
        "issued_on": str(today()),
    }

    created = browser.post("/api/v1/training/certificates/", body, content_type="application/json")
    rows = browser.get("/api/v1/training/certificates/").json()["results"]

    assert created.status_code == 201
    assert [(row["state"], row["masked_number"]) for row in rows] == [("valid", "****3456")]
    assert "number" not in rows[0]


def test_api_adds_training_and_answers_404_for_another_nursery(city, browser):
    body = {"topic": "睡眠照护", "hours": "2", "held_on": str(today())}
    url = "/api/v1/training/records/"

    own = browser.post(
        url, body | {"membership": of(city.a.carer).pk}, content_type="application/json"
    )
    other = browser.post(
        url, body | {"membership": of(city.b.carer).pk}, content_type="application/json"
    )

    assert (own.status_code, other.status_code) == (201, 404)
    assert TrainingRecord.objects.count() == 1


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("tab", "queries"), [("all", 9), ("missing", 9)])
def test_queries_of_the_list(
    city, types, signed_in, django_assert_num_queries, count, tab, queries
):
    for _ in range(count):
        CertificateFactory(
            membership=MembershipFactory(institution=city.a.institution), type=types["nurse"]
        )
    browser = signed_in(city.trainer)

    with django_assert_num_queries(queries):
        browser.get(LIST, {"tab": tab})


@pytest.mark.parametrize("count", [1, 3])
def test_queries_of_a_person(city, browser, types, django_assert_num_queries, count):
    member = of(city.a.carer)
    for number in range(count):
        CertificateFactory(membership=member, type=types["nurse"], left=50 + number)
        TrainingRecordFactory(membership=member, topic=f"主题{number}")

    with django_assert_num_queries(7):
        browser.get(reverse("training:staff-detail", args=[member.pk]))
