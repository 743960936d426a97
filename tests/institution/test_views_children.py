import datetime as dt

import pytest

from core.calendar import now, today
from core.models import AuditEvent
from institution.models import Allergy, Child, Enrolment
from tests.factories.institution import (
    AttendanceFactory,
    ChildFactory,
    DailyEntryFactory,
    EnrolmentFactory,
)

ID = "370811202502033120"
FORM = {
    "name": "孟知夏",
    "sex": "female",
    "born_on": "2025-02-03",
    "resident_id": ID,
    "start_on": "",
    "guardian_name": "孟先生",
    "guardian_phone": "138 0537 1234",
    "relation": "father",
}


@pytest.fixture
def clerk(city, signed_in):
    return signed_in(city.a.clerk)


@pytest.fixture
def form(city):
    born = today() - dt.timedelta(days=500)
    return FORM | {
        "class_group": city.a.small.pk,
        "start_on": str(today()),
        "born_on": str(born),
        "resident_id": "",
    }


class TestRoster:
    def test_own_children_with_their_state(self, city, clerk):
        AttendanceFactory(class_group=city.a.small, child=city.a.children[0])
        page = clerk.get("/nursery/children/").text
        assert all(child.name in page for child in [*city.a.children, city.a.big_child])
        assert "未入园" in page
        assert f"/nursery/children/{city.b.children[0].pk}/" not in page

    def test_filters_keep_their_values(self, city, clerk):
        page = clerk.get("/nursery/children/", {"q": "若", "class_group": city.a.small.pk}).text
        assert 'value="若"' in page
        assert "李沐辰" not in page
        assert f'value="{city.a.small.pk}" selected' in page

    @pytest.mark.parametrize(
        "query", [{"class_group": "x"}, {"class_group": 10**30}, {"page": "x"}, {"q": "\x00"}]
    )
    def test_nonsense_in_the_address_is_left_out(self, clerk, query):
        assert clerk.get("/nursery/children/", query).status_code == 200

    def test_pages_of_twenty(self, city, clerk):
        for _ in range(20):
            EnrolmentFactory(class_group=city.a.small)
        assert clerk.get("/nursery/children/").text.count('class="person"') == 20
        assert clerk.get("/nursery/children/", {"page": 2}).text.count('class="person"') == 4

    def test_the_list_comes_alone_for_htmx(self, clerk):
        headers = {"HX-Request": "true", "HX-Target": "div#roster"}
        part = clerk.get("/nursery/children/", headers=headers).text
        assert "<html" not in part
        assert 'id="roster"' in part

    def test_queries_do_not_grow(self, city, clerk, django_assert_num_queries):
        clerk.get("/nursery/children/")
        with django_assert_num_queries(8) as queries:
            clerk.get("/nursery/children/")
        for _ in range(3):
            child = EnrolmentFactory(class_group=city.a.small).child
            AttendanceFactory(class_group=city.a.small, child=child)
        with django_assert_num_queries(len(queries)):
            clerk.get("/nursery/children/")


class TestFile:
    def test_a_carer_reads_but_may_not_change_or_unmask(self, city, signed_in):
        child = city.a.children[0]
        Child.objects.filter(pk=child.pk).update(name="王若溪")
        child.resident_id = ID
        child.save()
        page = signed_in(city.a.carer).get(f"/nursery/children/{child.pk}/").text
        assert "3708**********3120" in page
        assert ID not in page
        assert "identity-sheet" not in page
        assert "allergy-form" not in page

    def test_the_day_can_be_chosen(self, city, clerk):
        child = city.a.children[0]
        day = today() - dt.timedelta(days=1)
        DailyEntryFactory(
            class_group=city.a.small,
            child=child,
            at=now() - dt.timedelta(days=1),
            detail={"meal": "lunch", "amount": "none"},
        )
        url = f"/nursery/children/{child.pk}/"
        assert "没吃" in clerk.get(url, {"day": str(day)}).text
        assert "没吃" not in clerk.get(url).text
        for nonsense in ("x", "2999-01-01"):
            assert clerk.get(url, {"day": nonsense}).status_code == 200

    @pytest.mark.parametrize("where", ["", "edit/"])
    def test_children_of_others_are_not_there(self, city, clerk, where):
        assert clerk.get(f"/nursery/children/{city.b.children[0].pk}/{where}").status_code == 404

    def test_the_number_is_shown_for_a_purpose_and_that_is_on_record(self, city, clerk):
        child = city.a.children[0]
        child.resident_id = ID
        child.save()
        url = f"/nursery/children/{child.pk}/identity/"
        refused = clerk.post(url, {"purpose": ""})
        assert refused.status_code == 422
        assert ID not in refused.text
        shown = clerk.post(url, {"purpose": "filing"})
        assert ID in shown.text
        assert shown.headers["Cache-Control"] == "no-store"
        assert (
            AuditEvent.objects.filter(action="child.unmasked", data__purpose="filing").count() == 1
        )

    def test_queries_do_not_grow(self, city, clerk, django_assert_num_queries):
        child = city.a.children[0]
        url = f"/nursery/children/{child.pk}/"
        DailyEntryFactory(class_group=city.a.small, child=child)
        clerk.get(url)
        with django_assert_num_queries(12) as queries:
            clerk.get(url)
        for _ in range(3):
            DailyEntryFactory(class_group=city.a.small, child=child)
        with django_assert_num_queries(len(queries)):
            clerk.get(url)


class TestEnrolling:
    def test_a_place_is_given(self, city, clerk, form):
        response = clerk.post("/nursery/children/new/", form)
        assert (response.status_code, response.headers["Location"]) == (302, "/nursery/children/")
        assert Enrolment.objects.get(child__name="孟知夏").class_group == city.a.small
        assert "孟知夏 已登记入托" in clerk.get("/nursery/children/").text

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"name": ""}, "该字段是必填项"),
            ({"born_on": "2999-01-01"}, "出生日期在今天之后"),
            ({"born_on": "2001-01-01"}, "请核对出生年份"),
            ({"resident_id": "370811202502033121"}, "身份证"),
            ({"guardian_phone": "12345"}, "手机号"),
            ({"start_on": "2999-01-01"}, "超过半年"),
            ({"class_group": "999999"}, "选择"),
        ],
    )
    def test_what_is_wrong_is_said_and_the_rest_is_kept(self, clerk, form, change, sentence):
        response = clerk.post("/nursery/children/new/", form | change)
        assert response.status_code == 422
        assert sentence in response.text
        assert 'value="孟先生"' in response.text
        assert not Child.objects.filter(name="孟知夏").exists()

    def test_a_refusal_of_the_service_stands_at_its_field(self, city, clerk, form):
        city.a.small.capacity = 3
        city.a.small.save()
        response = clerk.post("/nursery/children/new/", form)
        assert response.status_code == 422
        assert "3 个托位已满" in response.text
        assert 'value="孟知夏"' in response.text

    def test_a_class_of_another_nursery_is_no_choice(self, city, clerk, form):
        assert (
            clerk.post(
                "/nursery/children/new/", form | {"class_group": city.b.small.pk}
            ).status_code
            == 422
        )


class TestChanging:
    def test_an_empty_number_keeps_the_one_on_file(self, city, clerk):
        child = city.a.children[0]
        child.resident_id = ID
        child.save()
        page = clerk.get(f"/nursery/children/{child.pk}/edit/").text
        assert ID not in page
        values = {
            "name": "王小溪",
            "sex": child.sex,
            "born_on": str(child.born_on),
            "resident_id": "",
        }
        assert clerk.post(f"/nursery/children/{child.pk}/edit/", values).status_code == 302
        child.refresh_from_db()
        assert (child.name, child.resident_id) == ("王小溪", ID)

    def test_a_number_of_another_child_is_refused(self, city, clerk):
        child = city.a.children[0]
        born = dt.date(2025, 2, 3)
        ChildFactory(resident_id=ID, born_on=born)
        values = {"name": child.name, "sex": child.sex, "born_on": str(born), "resident_id": ID}
        response = clerk.post(f"/nursery/children/{child.pk}/edit/", values)
        assert response.status_code == 422
        assert "已登记在另一名幼儿名下" in response.text

    def test_allergies(self, city, clerk):
        child = city.a.children[0]
        url = f"/nursery/children/{child.pk}/allergies/"
        assert clerk.post(url, {"substance": "花生", "severity": "severe"}).status_code == 302
        again = clerk.post(url, {"substance": "花生", "severity": "mild"})
        assert again.status_code == 422
        assert "该过敏原已登记" in again.text
        allergy = Allergy.objects.get()
        other = city.a.children[1].pk
        assert (
            clerk.post(f"/nursery/children/{other}/allergies/{allergy.pk}/remove/").status_code
            == 404
        )
        clerk.post(f"{url}{allergy.pk}/remove/")
        assert not Allergy.objects.exists()
