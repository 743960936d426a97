"""The short form of tests/evidence/hardening.py: a part of every corpus over every URL."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.hardening import corpora, fuzz
from tests.permissions.discovery import endpoints


@pytest.fixture
def people(city, signed_in, caplog) -> dict[str, Client]:
    caplog.set_level("CRITICAL")
    return {
        "director": signed_in(city.a.director),
        "guardian": signed_in(city.a.guardian),
        "anonymous": Client(),
    }


def test_the_corpora_are_large_enough():
    assert len(corpora.bodies()) >= 300
    assert len(corpora.FORMULAS) >= 60
    assert len(corpora.queries()) >= 150


def test_no_hostile_request_is_a_server_error(city, people):
    score = fuzz.fire(people, fuzz.every_shot(fuzz.targets(city.a), share=0.012))

    assert score.faults == {}
    assert score.reached == {
        (who, name) for who in people for name in endpoints() if name != fuzz.SIGNS_OUT
    }


@pytest.mark.parametrize("name", ["q", "county", "form"])
def test_the_search_for_a_nursery_takes_no_nul(db, name):
    assert Client().get("/institutions/", {name: "a\0b"}).status_code == 200


@pytest.mark.parametrize(
    "next_", ["inf", "portal:home", "{0}", "a:b", "//evil.example/", "https:x"]
)
def test_after_the_language_one_goes_to_an_address_and_to_no_name(db, next_):
    answer = Client().post("/language/", {"language": "en", "next": next_})

    assert (answer.status_code, answer.url) == (302, "/")


@pytest.mark.parametrize("name", ["nursery:today", "nursery:child-list", "health:today"])
def test_a_target_that_a_page_does_not_have_gets_the_page(city, signed_in, name):
    headers = {"HX-Request": "true", "HX-Target": "div#no-such-part"}

    answer = signed_in(city.a.director).get(reverse(name), headers=headers)

    assert answer.status_code == 200
    assert "<html" in answer.content.decode()


def test_a_kind_without_its_fields_is_refused(city, signed_in):
    answer = signed_in(city.a.director).post(
        "/api/v1/entry-kinds/", {"code": "x", "label": "X"}, content_type="application/json"
    )

    assert answer.status_code == 400
    assert answer.json()["fields"]["fields"][0]["code"] == "required"


@pytest.mark.parametrize("icon", ["no-such-icon", "../x", "ÿæ\U000c2d67", "a\nb", ""])
def test_a_kind_with_an_icon_that_is_not_there_is_refused_and_the_board_stays(
    city, signed_in, icon
):
    client = signed_in(city.a.director)
    fields = [{"name": "answer", "label": "部位", "type": "text"}]
    body = {"code": "x", "label": "X", "icon": icon, "fields": fields}

    answer = client.post("/api/v1/entry-kinds/", body, content_type="application/json")

    assert answer.status_code == 400
    assert "icon" in answer.json()["fields"]
    assert client.get(reverse("nursery:kind-list")).status_code == 200
