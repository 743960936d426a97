import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from core.calendar import today
from institution.models import Institution, Licence, ServiceFee
from tests.factories.institution import LicenceFactory, ServiceFeeFactory, SiteRuleFactory

FILE = "/nursery/file/"
HTMX = {"HX-Request": "true", "HX-Target": "div#sheet"}
CODE = "91110000600037341L"
IDENTITY = {
    "name": "青禾托育园",
    "credit_code": CODE,
    "nature": "social",
    "form": "community",
    "operation": "public_private",
    "opened_on": "2024-03-01",
    "legal_representative": "孔静",
    "person_in_charge": "王敏",
    "phone": "0537-2300001",
    "address": "任城区太白楼路 9 号",
}
FEE = {"mode": "half_day", "unit": "month", "amount": "800", "valid_from": str(today())}
LICENCE = {
    "kind": "fire",
    "number": "济消验00017",
    "issuer": "消防救援大队",
    "issued_on": str(today()),
}


@pytest.fixture
def director(city, signed_in):
    return signed_in(city.a.director)


def test_each_section_is_changed_by_its_own_form(city, director):
    answers = [
        director.post(f"{FILE}identity/", IDENTITY),
        director.post(
            f"{FILE}site/",
            {"places": "66", "floor_area": "500.5", "lowest_storey": "1", "highest_storey": "2"},
        ),
        director.post(
            f"{FILE}service/",
            {
                "opens_at": "07:00",
                "closes_at": "18:00",
                "service_modes": ["full_day", "boarding"],
                "inclusive": "on",
                "inclusive_from": "2026-01-01",
            },
        ),
    ]

    assert {(answer.status_code, answer.url) for answer in answers} == {(302, FILE)}
    kept = Institution.objects.get(pk=city.a.institution.pk)
    assert (kept.credit_code, kept.nature, kept.phone) == (CODE, "social", "0537-2300001")
    assert (kept.places, kept.floor_area, kept.highest_storey) == (66, Decimal("500.5"), 2)
    assert (kept.service_modes, kept.closes_at) == (["full_day", "boarding"], dt.time(18))
    page = director.get(FILE).text
    for shown in (CODE, "社会服务机构", "孔静", "全日托 · 寄宿托", "500.5"):
        assert shown in page


@pytest.mark.parametrize(
    ("section", "body", "sentence", "kept"),
    [
        (
            "identity",
            IDENTITY | {"credit_code": CODE[:-1] + "X"},
            "统一社会信用代码有",
            "太白楼路 9 号",
        ),
        ("identity", IDENTITY | {"name": ""}, "必填", "0537-2300001"),
        (
            "site",
            {"places": "66", "lowest_storey": "3", "highest_storey": "1"},
            "最高楼层低于最低楼层",
            'value="66"',
        ),
        ("service", {"opens_at": "18:00", "closes_at": "07:00"}, "早于开园时间", 'value="18:00"'),
        ("fees/set", FEE | {"amount": "-3"}, "大于或等于", 'value="-3"'),
        ("fees/set", FEE | {"amount": ""}, "没有这项收费", f'value="{today()}"'),
        ("licences/add", LICENCE | {"issued_on": "2126-01-01"}, "日期晚于今天", "济消验00017"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(director, section, body, sentence, kept):
    response = director.post(f"{FILE}{section}/", body)

    assert response.status_code == 422
    assert sentence in response.text
    assert kept in response.text
    assert not ServiceFee.objects.exists()
    assert not Licence.objects.exists()


def test_a_form_opens_as_a_sheet_and_leads_back(director):
    sheet = director.get(f"{FILE}licences/add/?kind=food", headers=HTMX).text
    done = director.post(f"{FILE}licences/add/", LICENCE, headers=HTMX)

    assert "<html" not in sheet
    assert '<option value="food" selected>' in sheet
    assert done.headers["HX-Redirect"] == FILE
    assert "济消验00017" in director.get(FILE).text


def test_a_fee_of_tomorrow_is_shown_as_coming_and_an_old_one_as_earlier(city, director):
    for days, amount in ((-30, 1180), (-3, 1280), (30, 1380)):
        ServiceFeeFactory(
            institution=city.a.institution,
            amount=amount,
            valid_from=today() + dt.timedelta(days=days),
        )

    read = director.get(FILE).context["file"]

    assert [[int(fee.amount) for fee in part] for part in (read.fees, read.coming, read.past)] == [
        [1280],
        [1380],
        [1180],
    ]


def test_documents_that_run_out_are_told_on_today_and_on_the_file(city, director, signed_in):
    LicenceFactory(institution=city.a.institution, left=-2)
    LicenceFactory(institution=city.a.institution, kind="food", left=10)
    LicenceFactory(institution=city.b.institution, kind="health", left=-2)

    for page in (director.get("/nursery/today/").text, director.get(FILE).text):
        assert "消防安全检查合格证明" in page
        assert "食品经营许可证" in page
        assert "托幼机构卫生评价报告" not in page
    assert "已于" in director.get("/nursery/today/").text
    assert "已于" not in signed_in(city.a.carer).get("/nursery/today/").text


def test_a_floor_outside_the_rule_stands_on_the_page_with_its_clause(city, director, signed_in):
    SiteRuleFactory()
    director.post(f"{FILE}site/", {"places": "60", "highest_storey": "5"})

    regulators = reverse("gov:institution-page", args=[city.a.institution.pk])
    for page in (director.get(FILE).text, signed_in(city.regulator).get(regulators).text):
        assert "最高楼层为 5，规定不超过 3。" in page
        assert "第 4.2 条" in page


def test_the_clerk_edits_and_the_carer_only_reads(city, signed_in):
    clerk, carer = signed_in(city.a.clerk), signed_in(city.a.carer)

    assert clerk.post(f"{FILE}fees/set/", FEE).status_code == 302
    assert carer.post(f"{FILE}fees/set/", FEE).status_code == 403
    page = carer.get(FILE)
    assert page.status_code == 200
    assert "fees/set/" not in page.text


def test_a_document_is_removed_and_one_of_another_nursery_is_not_there(city, director):
    mine = LicenceFactory(institution=city.a.institution)
    theirs = LicenceFactory(institution=city.b.institution)

    assert director.post(f"{FILE}licences/{mine.pk}/remove/").status_code == 302
    assert director.post(f"{FILE}licences/{theirs.pk}/remove/").status_code == 404
    assert list(Licence.objects.all()) == [theirs]


def test_the_public_page_shows_fees_hours_and_ways_and_no_document(city, director, client):
    ServiceFeeFactory(institution=city.a.institution, amount=Decimal(1280))
    director.post(f"{FILE}fees/set/", FEE)
    LicenceFactory(institution=city.a.institution)
    Institution.objects.filter(pk=city.a.institution.pk).update(
        service_modes=["full_day", "half_day"], legal_representative="孔静"
    )

    page = client.get(reverse("portal:institution-page", args=[city.a.institution.pk])).text

    for shown in ("1,280 元", "800 元", "全日托 · 半日托", "07:30", "普惠"):
        assert shown in page
    for kept in ("济消验", "孔静"):
        assert kept not in page


def test_a_recognition_that_ran_out_is_not_public_any_more(city, client):
    yesterday = today() - dt.timedelta(days=1)
    Institution.objects.filter(pk=city.a.institution.pk).update(inclusive_until=yesterday)

    page = client.get(reverse("portal:institution-page", args=[city.a.institution.pk]))

    assert page.context["inclusive_today"] is False


def test_api_changes_the_file_and_says_what_is_wrong(city, director, signed_in):
    url = f"/api/v1/institutions/{city.a.institution.pk}/"
    right = director.patch(
        url, {"credit_code": CODE, "service_modes": ["hourly"]}, content_type="application/json"
    )
    wrong = director.patch(url, {"credit_code": "1"}, content_type="application/json")
    other = director.patch(
        f"/api/v1/institutions/{city.b.institution.pk}/", {}, content_type="application/json"
    )

    assert right.status_code == 200
    assert right.json()["service_modes"] == ["hourly"]
    assert (wrong.status_code, wrong.json()["code"]) == (400, "credit_code")
    assert other.status_code == 404
    assert (
        signed_in(city.regulator).patch(url, {}, content_type="application/json").status_code == 403
    )


def test_api_sets_fees_and_keeps_documents(city, director):
    fee = director.post("/api/v1/fees/", FEE, content_type="application/json")
    ended = director.post("/api/v1/fees/", FEE | {"amount": None}, content_type="application/json")
    licence = director.post("/api/v1/licences/", LICENCE, content_type="application/json")
    ServiceFeeFactory(institution=city.b.institution)
    theirs = LicenceFactory(institution=city.b.institution)

    assert (fee.status_code, fee.json()["amount"]) == (201, "800.00")
    assert (ended.status_code, ended.json()["amount"]) == (201, None)
    assert (licence.status_code, licence.json()["state"]) == (201, "valid")
    assert len(director.get("/api/v1/fees/").json()["results"]) == 1
    assert len(director.get("/api/v1/licences/").json()["results"]) == 1
    assert director.delete(f"/api/v1/licences/{licence.json()['id']}/").status_code == 204
    assert director.delete(f"/api/v1/licences/{theirs.pk}/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
class TestQueries:
    @pytest.fixture(autouse=True)
    def rows(self, city, count):
        for number in range(count):
            day = today() - dt.timedelta(days=number)
            ServiceFeeFactory(institution=city.a.institution, valid_from=day)
            LicenceFactory(institution=city.a.institution, kind="other", left=number)
            SiteRuleFactory(valid_from=day)

    @pytest.mark.parametrize(
        ("url", "queries"),
        [(FILE, 9), ("/api/v1/fees/", 4), ("/api/v1/licences/", 4), ("/nursery/today/", 12)],
    )
    def test_pages(self, director, url, queries, django_assert_num_queries):
        with django_assert_num_queries(queries):
            assert director.get(url).status_code == 200
