import datetime as dt

import pytest
from django.urls import reverse

from core.calendar import today
from health.services.reference import load_rules
from institution.models import (
    Application,
    Child,
    Enrolment,
    Offer,
    VisitBooking,
    VisitSlot,
)
from tests.factories.health import EntryCheckFactory
from tests.factories.institution import (
    ApplicationFactory,
    ClassDutyFactory,
    ClassGroupFactory,
    ContractFactory,
    OfferFactory,
    ServiceFeeFactory,
    VisitBookingFactory,
    VisitSlotFactory,
)

BOARD = "/nursery/admissions/"
PLANNER = f"{BOARD}planner/"
VISITS = f"{BOARD}visits/"
API = "/api/v1/admissions/applications/"
DAY = dt.timedelta(days=1)


@pytest.fixture
def typed():
    return {
        "name": "孟知夏",
        "sex": "female",
        "born_on": str(today() - dt.timedelta(days=500)),
        "resident_id": "",
        "guardian_name": "孟先生",
        "guardian_phone": "138 0537 1234",
        "relation": "father",
        "wished_month": f"{today():%Y-%m}",
        "source": "phone",
        "state": "applied",
    }


@pytest.fixture
def clerk(city, signed_in):
    return signed_in(city.a.clerk)


def test_an_application_is_written_down_and_stands_on_the_board(clerk, typed):
    answer = clerk.post(f"{BOARD}new/", typed)

    assert (answer.status_code, answer.url) == (302, BOARD)
    asked = Application.objects.get()
    assert (asked.guardian_phone, asked.wished_month) == ("13805371234", today().replace(day=1))
    page = clerk.get(BOARD).text
    assert "孟知夏" in page
    assert "13805371234" not in page


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"guardian_phone": "123"}, "11 位手机号"),
        ({"priority": "2"}, "优先级和优先原因"),
        ({"born_on": str(today() + DAY)}, "出生日期"),
        ({"wished_month": "2031-01"}, "三年以后"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(clerk, typed, changed, sentence):
    answer = clerk.post(f"{BOARD}new/", typed | changed)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="孟先生"' in answer.text
    assert not Application.objects.exists()


def test_a_change_keeps_the_numbers_that_the_form_does_not_show(city, clerk, typed):
    asked = ApplicationFactory(institution=city.a.institution)

    clerk.post(f"{BOARD}{asked.pk}/edit/", typed | {"guardian_phone": "", "note": "爷爷接送"})

    asked = Application.objects.get()
    assert (asked.guardian_phone, asked.note) == ("13805371234", "爷爷接送")


def test_a_step_that_is_refused_says_why_and_keeps_what_was_typed(city, clerk):
    asked = ApplicationFactory(institution=city.a.institution, state="enquiry")

    refused = clerk.post(f"{BOARD}{asked.pk}/move/", {"to": "waiting", "reason": "等名额"})
    without = clerk.post(f"{BOARD}{asked.pk}/move/", {"to": "declined"})
    done = clerk.post(f"{BOARD}{asked.pk}/move/", {"to": "declined", "reason": "月龄不符"})

    assert (refused.status_code, without.status_code, done.status_code) == (422, 422, 302)
    assert "报名不能从" in refused.text
    assert 'value="等名额"' in refused.text
    assert "请写明原因" in without.text
    assert "月龄不符" in clerk.get(done.url).text


def test_from_offer_to_start_through_the_pages(city, clerk, signed_in):
    load_rules()
    ServiceFeeFactory(institution=city.a.institution)
    asked = ApplicationFactory(institution=city.a.institution)
    page = f"{BOARD}{asked.pk}/"
    offer = {"class_group": city.a.small.pk, "start_on": str(today()), "days": 7}

    assert clerk.post(f"{page}offer/", offer).url == page
    assert clerk.post(f"{page}contract/", {"mode": "full_day", "signed_on": str(today())}).url
    blocked = clerk.post(f"{page}start/", {"start_on": str(today())})
    worker = signed_in(city.a.health_worker)
    assert asked.name in worker.get("/health/entry/").text
    for paper in ("examination", "vaccination"):
        seen = {"paper": paper, "day": str(today()), "passed": "yes", "issuer": "妇幼保健院"}
        assert worker.post(f"/health/entry/{asked.pk}/", seen).status_code == 302
    started = clerk.post(f"{page}start/", {"start_on": str(today())})

    assert blocked.status_code == 422
    assert "暂不能入托。缺少入托体检。" in blocked.text
    assert started.url == page
    child = Child.objects.get(name=asked.name)
    assert Enrolment.objects.get(child=child).class_group == city.a.small
    assert "1,280 元" in clerk.get(page).text


def test_the_page_tells_what_is_missing_and_the_director_of_another_nursery_nothing(
    city, clerk, signed_in
):
    load_rules()
    asked = ContractFactory(class_group=city.a.small).application
    page = f"{BOARD}{asked.pk}/"

    assert "尚未查验预防接种证" in clerk.get(page).text
    assert f"/health/entry/{asked.pk}/" not in clerk.get(page).text
    assert signed_in(city.b.director).get(page).status_code == 404
    assert signed_in(city.a.carer).get(page).status_code == 403


def test_the_phone_is_shown_whole_only_when_asked_for(city, clerk):
    asked = ApplicationFactory(institution=city.a.institution)
    page = f"{BOARD}{asked.pk}/"

    assert "13805371234" not in clerk.get(page).text
    shown = clerk.post(f"{page}phone/", headers={"HX-Request": "true"})

    assert "13805371234" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"


class TestPlanner:
    def test_trying_shows_every_class_at_once_and_offers_nothing(self, city, clerk):
        asked = ApplicationFactory(institution=city.a.institution)
        where = {"application": asked.pk, "class_group": city.a.small.pk}

        answer = clerk.get(PLANNER, where | {"month": f"{today():%Y-%m}"})

        small, big = (
            next(line for line in answer.context["plan"].lines if line.class_group == group)
            for group in (city.a.small, city.a.big)
        )
        assert [month.places.taken for month in small.months] == [4] * 6
        assert (small.months[0].carers, small.months[0].needed) == (1, 1)
        assert [month.places.taken for month in big.months] == [1] * 6
        assert "月龄符合，有空余托位。" in answer.text
        assert not Offer.objects.exists()

    def test_what_does_not_fit_is_said_and_cannot_be_offered(self, city, clerk):
        city.a.big.capacity = 1
        city.a.big.save()
        asked = ApplicationFactory(institution=city.a.institution)
        where = {"application": asked.pk, "class_group": city.a.big.pk}

        page = clerk.get(PLANNER, where | {"month": f"{today():%Y-%m}"})

        assert [problem.code for problem in page.context["problems"]] == ["wrong_age", "class_full"]
        assert "发出录取通知</button>" not in page.text

    def test_a_class_or_child_of_another_nursery_is_as_if_not_asked_for(self, city, clerk):
        mine = ApplicationFactory(institution=city.a.institution)
        theirs = ApplicationFactory(institution=city.b.institution)
        month = f"{today():%Y-%m}"
        for application, group in ((mine, city.b.small), (theirs, city.a.small)):
            where = {"application": application.pk, "class_group": group.pk, "month": month}
            assert clerk.get(PLANNER, where).context["attempt"] is None
        assert clerk.get(PLANNER, {"month": "x", "application": "-1"}).status_code == 200

    def test_a_fragment_is_enough_for_a_drag(self, city, clerk):
        headers = {"HX-Request": "true", "HX-Target": "div#planner"}

        assert "<html" not in clerk.get(PLANNER, headers=headers).text


def test_a_time_is_set_booked_and_taken_off(city, clerk):
    tomorrow = today() + DAY
    made = clerk.post(VISITS, {"starts_at": f"{tomorrow}T10:00", "places": "1"})
    wrong = clerk.post(VISITS, {"starts_at": f"{today() - DAY}T10:00", "places": "3"})
    slot = VisitSlot.objects.get()
    first, second = (
        ApplicationFactory(institution=city.a.institution, state="enquiry") for _family in "ab"
    )
    booked = clerk.post(f"{BOARD}{first.pk}/visit/", {"slot": slot.pk})
    full = clerk.post(f"{BOARD}{second.pk}/visit/", {"slot": slot.pk})
    kept = clerk.post(f"{VISITS}{slot.pk}/remove/")
    VisitBooking.objects.all().delete()
    removed = clerk.post(f"{VISITS}{slot.pk}/remove/")

    assert (made.url, wrong.status_code, booked.status_code) == (VISITS, 422, 302)
    assert "半年之内" in wrong.text
    assert 'value="3"' in wrong.text
    assert full.status_code == 422
    assert "已约满" in full.text
    assert (kept.status_code, removed.url) == (409, VISITS)
    assert not VisitSlot.objects.exists()


def test_a_visit_of_another_nursery_cannot_be_booked(city, clerk):
    theirs = VisitSlotFactory(institution=city.b.institution)
    asked = ApplicationFactory(institution=city.a.institution, state="enquiry")
    url = f"{API}{asked.pk}/visit/"

    assert clerk.post(f"{BOARD}{asked.pk}/visit/", {"slot": theirs.pk}).status_code == 422
    body = {"slot": theirs.pk}
    assert clerk.post(url, body, content_type="application/json").status_code == 404
    mine = VisitSlotFactory(institution=city.a.institution)
    body = {"slot": mine.pk}
    booked = clerk.post(url, body, content_type="application/json")
    assert booked.json()["state"] == "visit"
    assert clerk.get(f"/api/v1/admissions/visits/{mine.pk}/").json()["free"] == 1


def test_a_child_changes_its_class_and_leaves_from_its_page(city, clerk):
    child = city.a.children[0]
    other = ClassGroupFactory(institution=city.a.institution)
    page = reverse("nursery:child-page", args=[child.pk])

    moved = clerk.post(f"{page}class/", {"class_group": other.pk, "start_on": str(today())})
    full = clerk.post(f"{page}class/", {"class_group": other.pk, "start_on": str(today() + DAY)})
    left = clerk.post(f"{page}leave/", {"last_day": str(today()), "reason": "cost"})

    assert (moved.url, left.url) == (page, page)
    assert full.status_code == 422
    assert "已在这个班" in full.text
    assert Enrolment.objects.on(today()).get(child=child).class_group == other
    assert not Enrolment.objects.on(today() + DAY).filter(child=child).exists()


class TestAPI:
    def send(self, client, url, **body):
        return client.post(url, body, content_type="application/json")

    def test_the_whole_way(self, city, clerk, typed):
        load_rules()
        made = self.send(clerk, API, **typed | {"wished_month": str(today())})
        url = f"{API}{made.json()['id']}/"
        moved = self.send(clerk, f"{url}move/", to="waiting")
        offer = self.send(
            clerk, f"{url}offer/", class_group=city.a.small.pk, start_on=str(today()), days=3
        )
        contract = self.send(clerk, f"{url}contract/", mode="full_day", signed_on=str(today()))
        blocked = self.send(clerk, f"{url}start/", start_on=str(today()))
        for paper in ("examination", "vaccination"):
            EntryCheckFactory(application=Application.objects.get(), paper=paper)
        started = self.send(clerk, f"{url}start/", start_on=str(today()))

        assert made.status_code == 201
        assert made.json()["guardian_phone"] == "138****1234"
        assert moved.json()["state"] == "waiting"
        assert offer.json()["expires_on"] == str(today() + 3 * DAY)
        assert (contract.status_code, contract.json()["starts_on"]) == (201, str(today()))
        assert (blocked.status_code, blocked.json()["code"]) == (409, "entry_blocked")
        assert started.json()["state"] == "started"
        assert started.json()["child"] == Child.objects.get(name="孟知夏").pk

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"guardian_phone": "1"}, "guardian_phone"),
            ({"resident_id": "370811202502033121"}, "resident_id"),
            ({"state": "started"}, "state"),
        ],
    )
    def test_what_is_wrong_is_named(self, clerk, typed, changed, field):
        answer = self.send(clerk, API, **typed | {"wished_month": str(today())} | changed)

        assert answer.status_code == 400
        assert field in answer.json()["fields"]

    def test_a_class_or_application_of_another_nursery_is_not_there(self, city, clerk):
        mine = ApplicationFactory(institution=city.a.institution)
        theirs = ApplicationFactory(institution=city.b.institution)
        offer = {"class_group": city.b.small.pk, "start_on": str(today())}

        assert self.send(clerk, f"{API}{mine.pk}/offer/", **offer).status_code == 404
        assert self.send(clerk, f"{API}{theirs.pk}/move/", to="declined").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
class TestQueries:
    @pytest.fixture(autouse=True)
    def rows(self, city, count):
        load_rules()
        for _number in range(count):
            ApplicationFactory(institution=city.a.institution)
            OfferFactory(class_group=city.a.small)
            asked = ContractFactory(class_group=city.a.small).application
            EntryCheckFactory(application=asked)
            VisitBookingFactory(slot__institution=city.a.institution)
            group = ClassGroupFactory(institution=city.a.institution)
            ClassDutyFactory(class_group=group)
            ApplicationFactory(institution=city.a.institution, state="withdrawn", name="已放弃")

    @pytest.mark.parametrize(
        ("url", "queries"),
        [
            (BOARD, 11),
            (PLANNER, 11),
            (VISITS, 5),
            ("/api/v1/admissions/visits/", 4),
            (API, 4),
            ("/api/v1/admissions/offers/", 4),
            ("/api/v1/admissions/contracts/", 4),
        ],
    )
    def test_pages(self, clerk, url, queries, django_assert_num_queries):
        with django_assert_num_queries(queries):
            assert clerk.get(url).status_code == 200

    def test_one_application(self, city, clerk, django_assert_num_queries):
        asked = Application.objects.filter(state="contracted").first()
        with django_assert_num_queries(10):
            assert clerk.get(f"{BOARD}{asked.pk}/").status_code == 200

    def test_papers(self, city, signed_in, django_assert_num_queries):
        worker = signed_in(city.a.health_worker)
        with django_assert_num_queries(7):
            assert worker.get("/health/entry/").status_code == 200
