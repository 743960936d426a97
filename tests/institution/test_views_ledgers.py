import datetime as dt
import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.calendar import now, today
from institution.models import LedgerEntry, LedgerRhythm
from institution.services import ledgers
from tests.core.pictures import jpeg, upload
from tests.factories.institution import (
    AlertFactory,
    LedgerEntryFactory,
    LedgerRhythmFactory,
)

LEDGERS = "/nursery/ledgers/"
DAY = dt.timedelta(days=1)


@pytest.fixture
def carer(city, signed_in):
    return signed_in(city.a.carer)


@pytest.fixture
def director(city, signed_in):
    return signed_in(city.a.director)


def due(city, last=3, **rhythm):
    found = LedgerRhythmFactory(schedule__institution=city.a.institution, **rhythm).schedule
    LedgerEntryFactory(schedule=found, at=now() - last * DAY, by=city.a.carer)
    return found


def hazard(city, **values):
    return LedgerEntryFactory(
        institution=city.a.institution,
        schedule=None,
        kind="hazard",
        what="防滑条翘起",
        detail={"place": "楼梯口", "severity": "serious"},
        **values,
    )


class TestDoing:
    def test_what_is_due_is_done_as_the_last_time(self, city, carer):
        found = due(city)
        page = carer.get(LEDGERS)
        assert found.what in page.text
        assert "应于" in page.text
        form = carer.get(f"{LEDGERS}tasks/{found.pk}/done/").context["form"]
        values = {field.name: field.value() for field in form if field.value() is not None}
        assert values == {"method": "chlorine", "strength": 250, "minutes": 30}

        answer = carer.post(f"{LEDGERS}tasks/{found.pk}/done/", values)

        assert (answer.status_code, answer.url) == (302, LEDGERS)
        page = carer.get(LEDGERS)
        assert (page.context["list"].due, len(page.context["list"].done)) == ([], 1)

    def test_a_photo_goes_with_it_and_is_asked_for_where_it_must(self, city, carer):
        found = due(city, needs_photo=True)
        url = f"{LEDGERS}tasks/{found.pk}/done/"
        without = carer.post(url, {"method": "uv"})
        text = SimpleUploadedFile("photo.jpg", b"hello")
        no_picture = carer.post(url, {"method": "uv", "photos": [text]})

        answer = carer.post(url, {"method": "uv", "photos": [upload(jpeg())]})

        assert (without.status_code, no_picture.status_code, answer.status_code) == (422, 422, 302)
        assert len(LedgerEntry.objects.latest("recorded_at").photos) == 1
        month = carer.get(f"{LEDGERS}month/?kind=disinfection&task={found.pk}")
        assert "<img" in month.text

    def test_what_is_wrong_is_said_and_the_rest_is_kept(self, carer):
        visitor = carer.post(f"{LEDGERS}record/visitor/", {"what": "李科长", "reason": ""})
        fault = carer.post(f"{LEDGERS}record/fire/", {"what": "灭火器", "state": "fault"})

        assert (visitor.status_code, fault.status_code) == (422, 422)
        assert 'value="李科长"' in visitor.text
        assert "请写明问题" in fault.text
        assert carer.get(f"{LEDGERS}record/nothing/").status_code == 404
        assert not LedgerEntry.objects.exists()

    def test_a_hazard_is_found_and_mended(self, city, carer):
        told = {"what": "积水", "place": "盥洗室", "severity": "minor", "mend_by": str(today())}
        carer.post(f"{LEDGERS}record/hazard/", told)
        found = LedgerEntry.objects.get()
        assert "盥洗室" in carer.get(LEDGERS).text
        carer.post(f"{LEDGERS}entries/{found.pk}/settle/", {"measure": "加地漏"})

        page = carer.get(LEDGERS)
        assert page.context["hazards"] == []
        assert "加地漏" in carer.get(f"{LEDGERS}entries/{found.pk}/").text
        ended = LedgerEntry.objects.get(closes=found)
        assert carer.get(f"{LEDGERS}entries/{ended.pk}/settle/").status_code == 404

    def test_a_visitor_comes_and_goes(self, carer):
        at = (now() - dt.timedelta(hours=2)).astimezone(dt.timezone(dt.timedelta(hours=8)))
        told = {"what": "李科长", "reason": "日常检查", "at": f"{at:%Y-%m-%dT%H:%M}"}
        carer.post(f"{LEDGERS}record/visitor/", told)
        found = LedgerEntry.objects.get()
        answer = carer.post(f"{LEDGERS}entries/{found.pk}/settle/", {})

        assert answer.status_code == 302
        assert carer.get(LEDGERS).context["visitors"] == []

    def test_an_entry_is_corrected_and_struck_and_all_of_it_can_be_read(self, city, carer):
        entry = LedgerEntryFactory(schedule=due(city))
        url = f"{LEDGERS}entries/{entry.pk}/"
        assert carer.get(f"{url}correct/").context["form"]["method"].value() == "chlorine"
        told = {"reason": "方法写错", "method": "steam"}
        answer = carer.post(f"{url}correct/", told)
        again = LedgerEntry.objects.get(corrects=entry)
        struck = carer.post(f"{LEDGERS}entries/{again.pk}/strike/", {"reason": "没有做"})

        assert (answer.url, struck.status_code) == (url, 302)
        page = carer.get(url).text
        for words in ("方法写错", "没有做", "蒸汽", "含氯消毒液"):
            assert words in page
        assert "已作废" in carer.get(f"{LEDGERS}month/").text


class TestSetting:
    def test_the_director_sets_how_often_and_a_carer_does_not(self, city, carer, director):
        body = {"kind": "fire", "what": "灭火器", "repeat": "days", "every_days": "7"}
        body |= {"valid_from": str(today()), "basis": "本园制度"}
        refused = carer.post(f"{LEDGERS}tasks/add/", body)
        answer = director.post(f"{LEDGERS}tasks/add/", body)
        page = carer.get(f"{LEDGERS}tasks/").text

        assert (refused.status_code, answer.status_code) == (403, 302)
        assert "每 7 天" in page
        assert "本园制度" in page

    def test_it_is_changed_from_a_day_on(self, city, director):
        found = due(city)
        url = f"{LEDGERS}tasks/{found.pk}/"
        assert director.get(url).context["form"]["repeat"].value() == "days"
        wrong = director.post(url, {"repeat": "weekly", "valid_from": str(today())})
        body = {"repeat": "weekly", "weekday": "5", "valid_from": str(today())}
        answer = director.post(url, body)

        assert (wrong.status_code, answer.status_code) == (422, 302)
        assert LedgerRhythm.objects.latest("valid_from").weekday == 5
        assert "每周，周五前" in director.get(f"{LEDGERS}tasks/").text


@pytest.mark.parametrize("asked", ["month=9999-12", "month=0001-01", "month=x&kind=y&task=z"])
def test_a_month_that_is_none_is_answered_all_the_same(carer, asked):
    assert carer.get(f"{LEDGERS}month/?{asked}").status_code == 200


def test_the_alert_says_which_ledger_and_since_when(city, director):
    evidence = {"ledger": "disinfection", "due": str(today() - DAY)}
    AlertFactory(institution=city.a.institution, kind="ledger_late", evidence=evidence)

    assert "消毒：应于" in director.get(reverse("nursery:alert-list")).text


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("page", "queries"), [("", 10), ("month/", 6), ("tasks/", 5), ("entries/{}/", 6)]
)
def test_query_count(city, carer, count, page, queries, django_assert_num_queries):
    for _number in range(count):
        entry = LedgerEntryFactory(schedule=due(city), photos=[uuid.uuid4()])
        hazard(city)
        ledgers.correct(
            actor=city.actor(city.a.carer),
            entry=entry,
            reason="x",
            detail={"method": "uv"},
        )
    page = page.format(entry.pk)
    carer.get(f"{LEDGERS}{page}")

    with django_assert_num_queries(queries):
        carer.get(f"{LEDGERS}{page}")


class TestApi:
    def test_entries_are_added_and_never_changed(self, city, carer):
        found = due(city)
        url = reverse("api:ledger-entry-list")

        def send(**body):
            return carer.post(url, json.dumps(body), "application/json")

        added = send(kind=found.kind, schedule=found.pk, detail={"method": "uv"})
        assert added.status_code == 201
        detail = reverse("api:ledger-entry-detail", args=[added.json()["id"]])
        assert carer.patch(detail, "{}", "application/json").status_code == 405
        assert carer.delete(detail).status_code == 405
        refused = send(kind=found.kind, schedule=found.pk, detail={})
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_detail")
        known = {"kind": found.kind, "corrects": added.json()["id"]}
        corrected = send(**known, reason="写错", detail={"method": "sun"})
        assert (corrected.status_code, corrected.json()["root"]) == (201, added.json()["id"])
        again = send(**known, reason="写错", void=True)
        assert (again.status_code, again.json()["code"]) == (409, "already_corrected")
        shown = carer.get(f"{url}?root={added.json()['id']}").json()
        assert len(shown["results"]) == 2

    def test_a_hazard_is_settled(self, city, carer):
        found = hazard(city)
        body = {"kind": "hazard", "settles": str(found.pk), "detail": {"measure": "换"}}
        answer = carer.post(reverse("api:ledger-entry-list"), json.dumps(body), "application/json")

        assert (answer.status_code, answer.json()["closes"]) == (201, str(found.pk))

    def test_a_schedule_comes_with_its_rhythms(self, city, director):
        body = {"kind": "fire", "what": "灭火器", "repeat": "monthly", "valid_from": str(today())}
        url = reverse("api:ledger-schedule-list")
        answer = director.post(url, json.dumps(body), "application/json")
        room = director.post(url, json.dumps(body | {"room": 999}), "application/json")

        assert answer.status_code == 201
        assert [each["repeat"] for each in answer.json()["rhythms"]] == ["monthly"]
        assert (room.status_code, room.json()["code"]) == (404, "room_not_found")
