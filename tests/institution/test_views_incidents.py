import datetime as dt

import pytest

from core.calendar import now, zone
from core.models import AuditEvent
from institution.body_map import BACK, FRONT, views
from institution.enums import BodyPart
from institution.models import Incident, IncidentNotice, IncidentReport
from institution.services import incidents
from tests.core.pictures import jpeg, upload
from tests.factories.institution import (
    GuardianshipFactory,
    IncidentFactory,
    IncidentNoticeFactory,
    IncidentReportFactory,
    ReportRuleFactory,
    RoomFactory,
)
from tests.leak.world import granted

pytestmark = pytest.mark.django_db
URL = "/nursery/incidents/"


@pytest.fixture
def child(city):
    return city.a.guardian.guardianships.get().child


@pytest.fixture
def other(city, child):
    return next(each for each in city.a.children if each != child)


def typed(**changed) -> dict:
    moment = (now() - dt.timedelta(minutes=20)).astimezone(zone())
    return {
        "kind": "bite",
        "gravity": "minor",
        "happened_at": moment.strftime("%Y-%m-%dT%H:%M"),
        "place": "院子",
        "body": ["arm_l"],
        "what": "争玩具时被咬",
        "done": "清水冲洗",
        "seen_by": "王老师",
    } | changed


def test_the_map_shows_each_part_once_and_a_finger_meets_it():
    assert {*FRONT, *BACK} == set(BodyPart)
    assert not FRONT.keys() & BACK.keys()
    assert [region.code for view in views(["arm_l"]) for region in view.regions if region.on] == [
        "arm_l"
    ]


class TestPages:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_list_asks_the_same_however_long(
        self, city, signed_in, rows, django_assert_max_num_queries
    ):
        for each in city.a.children[:rows]:
            incident = IncidentFactory(class_group=city.a.small, about=each, serious=True)
            IncidentReportFactory(incident=incident)
        director = signed_in(city.a.director)
        director.get(URL)

        with django_assert_max_num_queries(13):
            page = director.get(URL)
        assert page.text.count('class="in-what"') == rows

    def test_from_a_carers_phone_to_a_familys(self, city, child, other, signed_in):
        carer, director = signed_in(city.a.carer), signed_in(city.a.director)
        form = carer.get(f"{URL}new/").text
        assert child.name in form
        assert city.a.big_child.name not in form
        made = carer.post(
            f"{URL}new/", typed(children=[child.pk, other.pk], send="on", photo=upload(jpeg()))
        )
        incident = Incident.objects.get()
        assert made.url == f"{URL}{incident.pk}/"
        assert (incident.state, incident.child_count) == ("review", 2)

        page = director.get(f"{URL}{incident.pk}/").text
        assert "争玩具时被咬" in page
        assert 'class="in-picture"' in page
        texts = {f"text_{child.pk}": f"{other.name}咬了他", f"text_{other.pk}": "与同伴争玩具"}
        wrong = director.post(f"{URL}{incident.pk}/approve/", texts)
        assert wrong.status_code == 422
        assert f"{other.name}咬了他" in wrong.text
        texts[f"text_{child.pk}"] = "左臂被同伴咬了一下"
        director.post(f"{URL}{incident.pk}/approve/", texts)

        guardian = signed_in(city.a.guardian)
        notice = IncidentNotice.objects.get(child=child)
        day = guardian.get(f"/family/{child.pk}/").text
        assert f"/family/incidents/notices/{notice.pk}/" in day
        told = guardian.get(f"/family/incidents/notices/{notice.pk}/").text
        assert "左臂被同伴咬了一下" in told
        for hidden in (other.name, "争玩具时被咬", "清水冲洗", "王老师", "与同伴争玩具"):
            assert hidden not in told
        guardian.post(f"/family/incidents/notices/{notice.pk}/acknowledge/")
        assert city.a.guardian.name in guardian.get(f"/family/incidents/notices/{notice.pk}/").text
        assert f"notices/{notice.pk}/" not in guardian.get(f"/family/{child.pk}/").text
        listed = guardian.get(f"/family/incidents/{child.pk}/").text
        assert listed.count("/family/incidents/notices/") == 1

    def test_what_was_typed_stays_when_something_is_missing(self, city, child, signed_in):
        carer = signed_in(city.a.carer)
        page = carer.post(f"{URL}new/", typed(children=[child.pk], done="", send="on"))
        assert page.status_code == 422
        assert "请写明处理情况。" in page.text
        assert "争玩具时被咬" in page.text
        assert f'value="{child.pk}" checked' in page.text
        assert 'value="arm_l" checked' in page.text
        assert not Incident.objects.exists()

    def test_a_draft_is_kept_changed_and_sent(self, city, child, signed_in):
        carer = signed_in(city.a.carer)
        room = RoomFactory(institution=city.a.institution)
        carer.post(f"{URL}new/", typed(what="", done=""))
        url = f"{URL}{Incident.objects.get().pk}/"
        assert "草稿" in carer.get(url).text
        refused = carer.post(f"{url}submit/")
        assert refused.status_code == 422
        assert "请写明经过。" in refused.text
        carer.post(f"{url}edit/", typed(children=[child.pk], room=room.pk, place=""))
        page = carer.post(f"{url}submit/", follow=True).text
        assert room.name in page
        assert Incident.objects.get().state == "review"

    def test_back_with_a_reason_and_corrected(self, city, child, signed_in):
        incident = IncidentFactory(class_group=city.a.small, about=child, state="review")
        health, carer = signed_in(city.a.health_worker), signed_in(city.a.carer)
        url = f"{URL}{incident.pk}/"
        assert health.post(f"{url}back/", {"reason": ""}).status_code == 422
        health.post(f"{url}back/", {"reason": "写明部位"})
        assert "写明部位" in carer.get(url).text
        carer.post(f"{url}submit/")
        assert "更正原因" in health.get(f"{url}correct/").text
        health.post(f"{url}correct/", typed(kind="fall", reason="看了监控"))
        page = health.get(url).text
        assert "看了监控" in page
        assert "争玩具时被咬" in page

    def test_a_serious_one_shows_the_time_left_and_who_reported(self, city, child, signed_in):
        ReportRuleFactory()
        carer, director = signed_in(city.a.carer), signed_in(city.a.director)
        carer.post(f"{URL}new/", typed(gravity="serious", children=[child.pk]))
        incident, report = Incident.objects.get(), IncidentReport.objects.get()
        assert "内上报" in carer.get(URL).text
        assert "由园长报告" in carer.get(f"{URL}{incident.pk}/").text
        moment = typed()["happened_at"]
        url = f"{URL}reports/{report.pk}/"
        assert director.post(url, {"reported_at": moment}).status_code == 422
        values = {"reported_at": moment, "reported_to": "区卫健局 张科长", "reference_no": "甲7"}
        director.post(url, values)
        page = director.get(f"{URL}{incident.pk}/").text
        assert "区卫健局 张科长" in page
        assert "甲7" in page

        county = signed_in(city.county_regulator)
        listed = county.get("/gov/incidents/").text
        assert "区卫健局 张科长" in listed
        assert city.a.institution.name in listed
        for hidden in (child.name, "争玩具时被咬", "王老师"):
            assert hidden not in listed

    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_regulators_list_asks_the_same_however_long(
        self, city, signed_in, rows, django_assert_max_num_queries
    ):
        rule = ReportRuleFactory()
        for _each in range(rows):
            incident = IncidentFactory(class_group=city.a.small, serious=True)
            IncidentReportFactory(incident=incident, rule=rule)
        IncidentFactory(class_group=city.b.small, serious=True)
        county = signed_in(city.county_regulator)
        county.get("/gov/incidents/")
        with django_assert_max_num_queries(9):
            page = county.get("/gov/incidents/")
        assert page.text.count('class="gov-name"') == rows

    def test_closed_by_hand_and_found_again(self, city, child, signed_in):
        notice = IncidentNoticeFactory(child=child, incident__class_group=city.a.small)
        director = signed_in(city.a.director)
        url = f"{URL}{notice.incident_id}/"
        assert director.post(f"{url}close/", {"reason": " "}).status_code == 422
        director.post(f"{url}close/", {"reason": "电话告知"})
        assert "电话告知" in director.get(url).text
        assert child.name in director.get(f"{URL}?closed=1").text
        assert child.name not in director.get(URL).text

    def test_reading_one_is_on_record_and_the_family_reads_who(self, city, child, signed_in):
        incident = IncidentFactory(class_group=city.a.small, about=child)
        signed_in(city.a.carer).get(f"{URL}{incident.pk}/")
        event = AuditEvent.objects.get(action="child.viewed")
        assert event.child_ids == [child.pk]
        assert event.data["fields"] == ["incident"]

    def test_others_see_none_of_it(self, city, child, signed_in):
        incident = IncidentFactory(class_group=city.a.small, about=child)
        url = f"{URL}{incident.pk}/"
        assert signed_in(city.a.big_carer).get(url).status_code == 404
        assert signed_in(city.b.director).get(url).status_code == 404
        assert signed_in(city.a.clerk).get(url).status_code == 403
        assert signed_in(city.a.guardian).get(url).status_code == 403
        assert signed_in(city.county_regulator).get(url).status_code == 403
        assert signed_in(city.a.carer).get(f"{url}correct/").status_code == 403

    def test_a_relative_reads_no_notice(self, city, child, signed_in):
        notice = IncidentNoticeFactory(child=child, incident__class_group=city.a.small)
        relative = signed_in(granted(child))
        assert relative.get(f"/family/incidents/notices/{notice.pk}/").status_code == 403
        assert "/family/incidents/" not in relative.get(f"/family/{child.pk}/").text


class TestApi:
    def test_a_program_writes_and_sends(self, city, child, signed_in):
        carer = signed_in(city.a.carer)
        body = {
            "children": [child.pk],
            "kind": "fall",
            "gravity": "minor",
            "happened_at": (now() - dt.timedelta(minutes=5)).isoformat(),
            "place": "院子",
            "body": ["face"],
            "what": "摔倒",
            "done": "冷敷",
        }
        made = carer.post("/api/v1/incidents/", body, content_type="application/json")
        assert made.status_code == 201
        assert made.json()["children"] == [child.pk]
        pk = made.json()["id"]
        sent = carer.post(f"/api/v1/incidents/{pk}/submit/", content_type="application/json")
        assert sent.json()["state"] == "review"
        again = carer.post(f"/api/v1/incidents/{pk}/submit/", content_type="application/json")
        assert (again.status_code, again.json()["code"]) == (409, "not_a_draft")
        assert carer.get("/api/v1/incidents/").json()["results"][0]["what"] == "摔倒"

    def test_a_child_or_a_room_that_is_not_there(self, city, signed_in):
        carer = signed_in(city.a.carer)
        body = {"kind": "fall", "gravity": "minor", "happened_at": now().isoformat()}
        for extra, code in (
            ({"children": [city.b.children[0].pk]}, "child_not_found"),
            ({"room": RoomFactory(institution=city.b.institution).pk}, "room_not_found"),
        ):
            answer = carer.post("/api/v1/incidents/", body | extra, content_type="application/json")
            assert (answer.status_code, answer.json()["code"]) == (404, code)

    def test_a_family_reads_its_own_notice(self, city, child, other, signed_in):
        GuardianshipFactory(child=other)
        IncidentNoticeFactory(child=child, incident__class_group=city.a.small)
        IncidentNoticeFactory(child=other, incident__class_group=city.a.small)
        rows = signed_in(city.a.guardian).get("/api/v1/incident-notices/").json()["results"]
        assert [row["child"] for row in rows] == [child.pk]
        assert "incident" not in rows[0]


def test_two_guardians_acknowledge_once(city, child, signed_in):
    mother = GuardianshipFactory(child=child).user
    notice = IncidentNoticeFactory(child=child, incident__class_group=city.a.small)
    for person in (city.a.guardian, mother):
        signed_in(person).post(f"/family/incidents/notices/{notice.pk}/acknowledge/")
    notice.refresh_from_db()
    assert notice.acknowledged_by == city.a.guardian
    incidents.settle(notice_id=notice.pk)
    assert Incident.objects.get().state == "closed"
