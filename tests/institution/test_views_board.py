import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from core.calendar import now, today
from institution.models import ClassDuty
from institution.views.worker import SHELL
from tests.factories.institution import (
    AllergyFactory,
    AttendanceFactory,
    DailyEntryFactory,
    EnrolmentFactory,
    EntryKindFactory,
)


@pytest.fixture
def carer(city, signed_in):
    return signed_in(city.a.carer)


def page_data(response) -> dict:
    found = re.search(
        r'<script id="board-page" type="application/json">(.*?)</script>', response.text
    )
    return json.loads(found.group(1))


def test_the_board_opens_on_the_carers_own_class(city, carer):
    data = page_data(carer.get("/nursery/board/"))
    assert data["class"] == city.a.small.pk
    assert data["children"] == {str(child.pk): child.name for child in city.a.children}
    assert (data["per_carer"], data["carers"], data["user"]) == (5, 1, city.a.carer.pk)


def test_the_class_is_chosen_by_address(city, signed_in):
    director = signed_in(city.a.director)
    data = page_data(director.get(f"/nursery/board/{city.a.big.pk}/"))
    assert data["class"] == city.a.big.pk
    assert data["groups"] == [f"institution.{city.a.institution.pk}"]


@pytest.mark.parametrize("where", ["", "state/"])
def test_classes_of_others_are_not_there(city, carer, where):
    for class_group in (city.a.big, city.b.small):
        assert carer.get(f"/nursery/board/{class_group.pk}/{where}").status_code == 404


def test_a_carer_without_a_class_is_told_so(city, carer):
    ClassDuty.objects.all().delete()
    response = carer.get("/nursery/board/")
    assert response.status_code == 200
    assert "今天没有您负责的班级" in response.text


def test_tiles_carry_allergies(city, carer):
    AllergyFactory(institution=city.a.institution, child=city.a.children[0])
    assert 'class="flag severe"' in carer.get("/nursery/board/").text


def test_the_page_carries_what_was_logged_and_the_nurserys_kinds(city, carer):
    EntryKindFactory(institution=city.a.institution)
    EntryKindFactory(institution=city.a.institution, code="own-old", active=False)
    EntryKindFactory(institution=city.b.institution, code="own-foreign")
    logged = DailyEntryFactory(class_group=city.a.small, child=city.a.children[0])
    data = page_data(carer.get("/nursery/board/"))
    assert [entry["id"] for entry in data["state"]["entries"]] == [str(logged.pk)]
    codes = [kind["code"] for kind in data["kinds"]]
    assert "own-outdoor" in codes
    assert not {"own-old", "own-foreign"} & set(codes)


def test_the_state_tells_only_what_is_new(city, carer):
    place = {"class_group": city.a.small, "child": city.a.children[0], "recorded_by": city.a.carer}
    first, second = DailyEntryFactory(**place), DailyEntryFactory(**place)
    url = f"/nursery/board/{city.a.small.pk}/state/"
    whole = carer.get(url).json()
    assert (whole["whole"], len(whole["entries"]), whole["cursor"]) == (True, 2, second.seq)
    news = carer.get(url, {"after": first.seq, "day": str(today())}).json()
    assert (news["whole"], [e["id"] for e in news["entries"]]) == (False, [str(second.pk)])
    none = carer.get(url, {"after": second.seq, "day": str(today())})
    assert (none.json()["entries"], none.json()["cursor"]) == ([], second.seq)
    assert none.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "query",
    [
        {"after": "1"},
        {"after": "-1"},
        {"after": "9" * 30},
        {"after": "x", "day": "y"},
        {"after": "1", "day": "2020-01-01"},
    ],
)
def test_without_a_day_and_a_number_the_state_is_whole(city, carer, query):
    assert carer.get(f"/nursery/board/{city.a.small.pk}/state/", query).json()["whole"] is True


def test_withdrawn_entries_are_told_as_gone(city, carer):
    place = {"class_group": city.a.small, "child": city.a.children[0]}
    entry = DailyEntryFactory(**place, void=True)
    url = f"/nursery/board/{city.a.small.pk}/state/"
    (told,) = carer.get(url, {"after": entry.seq - 1, "day": str(today())}).json()["entries"]
    assert told["gone"] is True


def test_queries_do_not_grow_with_children_and_entries(city, signed_in, django_assert_num_queries):
    def fill() -> None:
        for _ in range(3):
            child = EnrolmentFactory(class_group=city.a.small).child
            AllergyFactory(institution=city.a.institution, child=child)
            AttendanceFactory(class_group=city.a.small, child=child, arrived_at=now())
            DailyEntryFactory(class_group=city.a.small, child=child, recorded_by=city.a.carer)

    carer = signed_in(city.a.carer)
    carer.get("/nursery/board/")
    with django_assert_num_queries(11):
        carer.get("/nursery/board/")
    fill()
    with django_assert_num_queries(12):
        carer.get("/nursery/board/")
    with django_assert_num_queries(8):
        carer.get(f"/nursery/board/{city.a.small.pk}/state/", {"after": 0, "day": str(today())})


class TestOffline:
    def test_the_shell_holds_every_file_of_the_board(self, carer):
        page = carer.get("/nursery/board/").text
        asked = set(re.findall(r'(?:href|src)="/static/([^"]+)"', page)) - {"img/icon-180.png"}
        reached, left = set(), [name for name in asked if name.endswith((".js", ".css"))]
        while left:
            name = left.pop()
            reached.add(name)
            left += _used_by(name) - reached
        assert (asked | reached) - set(SHELL) == set()

    def test_every_file_of_the_shell_exists(self):
        assert [name for name in SHELL if finders.find(name) is None] == []

    def test_the_worker_is_new_whenever_a_file_is(self, client):
        response = client.get("/nursery/sw.js")
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-cache"
        assert re.search(r'const CACHE = "nursery-[0-9a-f]{12}";', response.text)
        shell = json.loads(re.search(r"const SHELL = (.*);", response.text).group(1))
        assert shell[-1] == "/nursery/offline/"
        assert client.get("/nursery/offline/").status_code == 200

    def test_the_manifest_opens_the_board(self, client):
        manifest = client.get("/nursery/app.webmanifest").json()
        assert (manifest["start_url"], manifest["scope"]) == ("/nursery/board/", "/nursery/")
        assert manifest["name"] == "班级记录"
        for icon in manifest["icons"]:
            assert finders.find(icon["src"].removeprefix("/static/"))


def _used_by(name: str) -> set[str]:
    """Modules a module imports, fonts and files a style sheet names."""
    path = Path(finders.find(name))
    text = path.read_text() if path.suffix in (".js", ".css") else ""
    if name.startswith("vendor/"):
        return set()
    found = re.findall(r'^import .*?"(\.[^"]+)";', text, re.MULTILINE)
    found += re.findall(r'url\("(\.[^"]+)"\)', text)
    base = Path("/") / Path(name).parent
    return {str((base / each).resolve()).lstrip("/") for each in found}
