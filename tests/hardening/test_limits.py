"""Who is refused when, also while Redis is away; and that care never is."""

import json

import pytest
import time_machine
from django.test import Client, RequestFactory
from django.urls import reverse

from config.limits import LIMITS
from core import limits, redis, tally
from core.models import Tally
from tests.permissions.discovery import endpoints

SAID = [("zh-hans", "太频繁"), ("en", "Too many")]
PEAK = 20  # requests a minute of one tablet at lunch


@pytest.mark.parametrize(
    ("rate", "most", "span"),
    [("60/min", 60, 60), ("5/second", 5, 1), ("20/hour", 20, 3600), ("7/day", 7, 86400)],
)
def test_a_rate_is_read(rate, most, span):
    assert limits.parse(rate) == (most, span)


@pytest.mark.parametrize("rate", ["", "60", "60/week", "-1/min", "x/min"])
def test_what_is_no_rate_is_refused(rate):
    with pytest.raises(ValueError, match="no rate"):
        limits.parse(rate)


def test_every_limited_url_and_method_is_there():
    found = endpoints()

    assert {(name, method) for name, method in LIMITS if method not in found[name].gates} == set()


def test_every_rate_can_be_read(settings):
    for rate in settings.RATES.values():
        limits.parse(rate)


@pytest.mark.parametrize("limit", [limits.READ, limits.SIGN_IN], ids=lambda limit: limit.name)
def test_one_visitor_is_counted_apart_from_another(db, rates, limit):
    rates(**{limit.name: "2/day"})

    assert [limits.take(limit, "a") > 0 for _ in range(3)] == [False, False, True]
    assert limits.take(limit, "b") == 0


def test_redis_away_lets_pass_what_is_not_strict(db, rates, redis_away):
    rates(read="1/day", sign_in="1/day")

    assert [limits.take(limits.READ, "c") for _ in range(5)] == [0] * 5
    assert [limits.take(limits.SIGN_IN, "c") > 0 for _ in range(3)] == [False, True, True]


def test_nobody_can_be_read_from_the_counts(db, rates):
    limits.take(limits.SIGN_IN, "address 203.0.113.77")

    name = Tally.objects.get().name
    assert name.startswith("limit:sign_in:")
    assert "203.0.113" not in name


def test_old_counts_are_forgotten(db):
    with time_machine.travel("2026-10-01T00:00:00Z"):
        limits.take(limits.SIGN_IN, "old")
    with time_machine.travel("2026-11-23T00:00:00Z"):
        limits.take(limits.SIGN_IN, "new")
        assert tally.forget() == 1

    assert Tally.objects.count() == 1


def test_a_household_behind_ipv6_is_one_visitor():
    def who(address: str) -> str:
        request = RequestFactory().post("/sign-in/", REMOTE_ADDR=address)
        return limits.asker(request, limits.SIGN_IN)

    assert who("2001:db8:1:2::7") == who("2001:db8:1:2:ffff::9")
    assert who("2001:db8:1:2::7") != who("2001:db8:1:3::7")
    assert who("203.0.113.7") != who("203.0.113.8")


def guess(client: Client, language: str = "zh-hans"):
    client.cookies["language"] = language
    return client.post(reverse("portal:sign-in"), {"username": "nobody", "password": "wrong"})


@pytest.mark.parametrize(("language", "sentence"), SAID, ids=["zh", "en"])
def test_sign_in_is_refused_with_a_page_and_a_time(db, rates, redis_away, language, sentence):
    rates(sign_in="2/day")
    answers = [guess(Client(), language) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [422, 422, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert sentence in answers[2].content.decode()


@pytest.mark.parametrize(("language", "sentence"), SAID, ids=["zh", "en"])
def test_the_api_is_refused_with_the_usual_body(city, signed_in, rates, language, sentence):
    rates(read="2/day")
    client = signed_in(city.a.director)
    client.cookies["language"] = language
    answers = [client.get(reverse("api:me")) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert answers[2].json().keys() == {"code", "message", "fields"}
    assert answers[2].json()["code"] == "throttled"
    assert sentence in answers[2].json()["message"]


def test_a_program_is_counted_by_its_token(city, rates):
    rates(read="1/day")
    client = Client()

    first = [client.get(reverse("api:me"), headers={"Authorization": "Token a"}) for _ in range(2)]
    other = client.get(reverse("api:me"), headers={"Authorization": "Token b"})

    assert [answer.status_code for answer in first] == [401, 429]
    assert other.status_code == 401


def entry(child, number: int) -> dict:
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "child": child.pk,
        "kind": "water",
        "at": "2026-11-23T10:00:00+08:00",
        "detail": {"amount": {"value": 50, "unit": "ml"}},
    }


def write(client: Client, body: dict):
    return client.post(reverse("api:daily-log"), json.dumps(body), content_type="application/json")


@pytest.mark.parametrize("away", [False, True], ids=["redis there", "redis away"])
def test_no_care_write_is_refused_at_three_times_the_peak(
    city, signed_in, settings, monkeypatch, away
):
    from config import settings as real  # noqa: PLC0415, TID251 -- the rates of production

    settings.RATES = real.RATES
    if away:
        monkeypatch.setattr(redis, "call", _dead)
    client = signed_in(city.a.carer)
    child = city.a.children[0]

    answers = [write(client, {"entries": [entry(child, n)]}) for n in range(3 * PEAK)]

    assert {answer.status_code for answer in answers} == {200}


def _dead(*_commands):
    raise redis.Unavailable("dead")


def test_a_flood_of_care_writes_is_refused_while_redis_counts(city, signed_in, rates):
    rates(care="3/day")
    client = signed_in(city.a.carer)

    answers = [write(client, {"entries": []}).status_code for _ in range(5)]

    assert answers == [200, 200, 200, 429, 429]
