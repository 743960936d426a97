import pytest

from core.models import AuditEvent
from institution.models import EntryKind
from tests.factories.institution import EntryKindFactory

CHOICE = {
    "label": "护肤",
    "icon": "droplets",
    "answer": "choice",
    "question": "部位",
    "choices": "脸\n手\n\n脸",
}


@pytest.fixture
def director(city, signed_in):
    return signed_in(city.a.director)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, {"type": "choice", "choices": ["脸", "手"]}),
        (
            {"answer": "number", "unit": "min", "most": "90"},
            {"type": "number", "unit": "min", "min": 0, "max": 90},
        ),
        ({"answer": "text"}, {"type": "text"}),
    ],
)
def test_a_kind_is_added_without_code_and_stands_on_the_board(
    city, director, signed_in, change, field
):
    response = director.post("/nursery/kinds/new/", CHOICE | change)
    assert response.status_code == 302
    kind = EntryKind.objects.get(institution=city.a.institution)
    assert kind.fields == [{"name": "answer", "label": "部位"} | field]
    assert kind.code.startswith("own-")
    assert "护肤" in signed_in(city.a.carer).get("/nursery/board/").text
    assert "护肤" not in signed_in(city.b.carer).get("/nursery/board/").text
    assert "护肤" in director.get("/nursery/kinds/").text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"choices": "脸"}, "请至少写两个答案"),
        ({"choices": "\n".join(map(str, range(9)))}, "二至八个不同的答案"),
        ({"choices": "长" * 21 + "\n短"}, "二至八个不同的答案"),
        ({"icon": "skull"}, "选择"),
        ({"label": ""}, "必填"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(director, change, sentence):
    response = director.post("/nursery/kinds/new/", CHOICE | change)
    assert response.status_code == 422
    assert sentence in response.text
    assert 'value="部位"' in response.text
    assert not EntryKind.objects.exists()


def test_a_kind_is_put_away_and_taken_back(city, director, signed_in):
    kind = EntryKindFactory(institution=city.a.institution)
    director.post(f"/nursery/kinds/{kind.pk}/active/")
    assert "户外活动" not in signed_in(city.a.carer).get("/nursery/board/").text
    director.post(f"/nursery/kinds/{kind.pk}/active/", {"active": "on"})
    director.post(f"/nursery/kinds/{kind.pk}/active/", {"active": "on"})
    assert "户外活动" in signed_in(city.a.carer).get("/nursery/board/").text
    assert AuditEvent.objects.filter(action="entry_kind.changed").count() == 2


def test_kinds_of_others_are_not_there(city, director):
    kind = EntryKindFactory(institution=city.b.institution)
    assert director.post(f"/nursery/kinds/{kind.pk}/active/").status_code == 404
