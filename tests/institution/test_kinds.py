import json

import pytest
from django.utils import translation

from core.errors import Refused
from institution.kind_forms import LAYOUTS, MEAL_TIMES, forms_of, kind_of
from institution.kinds import KINDS, decode_detail, summary
from institution.models import EntryKind

OWN = EntryKind(
    code="own-cream",
    label="护肤",
    icon="droplets",
    fields=[
        {"name": "where", "label": "部位", "type": "choice", "choices": ["脸", "手"]},
        {"name": "minutes", "type": "number", "unit": "min", "max": 60},
        {"name": "words", "label": "说明", "type": "text"},
    ],
)
EXAMPLES = {
    "meal": ({"meal": "lunch", "amount": "most"}, "Most"),
    "milk": ({"volume": {"value": 120, "unit": "ml"}}, "120 ml"),
    "water": ({"volume": {"value": 80, "unit": "ml"}}, "80 ml"),
    "nap": ({"phase": "start", "position": "back"}, "Fell asleep"),
    "toilet": ({"result": "wet"}, "Wee"),
    "clothes": ({"reason": "sweat"}, "Sweaty"),
    "temperature": ({"temperature": {"value": 36.5, "unit": "Cel"}}, "36.5 °C"),
    "mood": ({"mood": "happy"}, "Happy"),
    "activity": ({"title": "搭积木", "domains": ["motor"]}, "搭积木"),
    "medicine": ({"medicine": "布洛芬", "dose": {"value": 2.5, "unit": "ml"}}, "布洛芬 2.5 ml"),
    "photo": ({"photos": ["0" * 36], "note": "秋天"}, ""),
    "note": ({"note": "很乖"}, "很乖"),
    "arrive": ({"by": "奶奶"}, ""),
    "leave": ({}, ""),
    "absence": ({"reason": "ill"}, "Ill"),
}


@pytest.mark.parametrize("code", KINDS)
def test_every_kind_reads_its_detail_and_says_it_in_a_few_words(code):
    detail, words = EXAMPLES[code]
    decode_detail(KINDS[code], json.dumps(detail).encode())
    with translation.override("en"):
        assert summary(code, detail) == words


def test_the_board_lays_out_every_kind():
    assert set(LAYOUTS) == set(KINDS)
    for form in forms_of([]):
        names = {field.name for field in form.fields}
        assert {form.layout.answer, form.layout.switch} - {""} <= names
        assert all(str(field.label) != field.name for field in form.fields), form.code


def test_the_fields_follow_the_compiled_type():
    meal = next(form for form in forms_of([]) if form.code == "meal")
    meals = next(field for field in meal.fields if field.name == "meal")
    assert [value for value, _ in meals.choices] == [meal for meal, _ in MEAL_TIMES]
    medicine = next(form for form in forms_of([]) if form.code == "medicine")
    dose = next(field for field in medicine.fields if field.name == "dose")
    assert (dose.unit, dose.high, dose.required) == ("ml", 1000, True)


def test_an_own_kind_is_asked_and_checked_like_the_others():
    form = forms_of([OWN])[-1]
    assert (form.code, form.layout.answer) == ("own-cream", "where")
    assert [(field.name, field.type) for field in form.fields] == [
        ("where", "choice"),
        ("minutes", "amount"),
        ("words", "text"),
        ("note", "text"),
    ]
    good = {"where": "脸", "minutes": {"value": 5, "unit": "min"}, "words": "午睡后"}
    decode_detail(kind_of(OWN), json.dumps(good).encode())
    for wrong in ({"where": "脚"}, {"minutes": {"value": 61, "unit": "min"}}):
        with pytest.raises(Refused):
            decode_detail(kind_of(OWN), json.dumps(good | wrong).encode())


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b'{"meal": 1', b"\xff", b'{"note": NaN}'])
def test_nonsense_is_refused_and_no_fault(raw):
    with pytest.raises(Refused) as refusal:
        decode_detail(KINDS["meal"], raw)
    assert refusal.value.code == "bad_detail"
