import json

import pytest
from django.test import Client

from core.models import Tally


@pytest.fixture
def browser(db) -> Client:
    return Client(enforce_csrf_checks=True)


def send(browser: Client, body: bytes, kind: str = "application/csp-report"):
    return browser.generic("POST", "/csp-report/", body, content_type=kind)


def report(**values) -> bytes:
    told = {
        "document-uri": "http://testserver/nursery/children/7/?name=王若溪",
        "effective-directive": "script-src-elem",
        "blocked-uri": "inline",
        "script-sample": "alert('王若溪')",
    }
    return json.dumps({"csp-report": told | values}).encode()


def names() -> list[str]:
    return list(Tally.objects.order_by("name").values_list("name", flat=True))


def test_reports_of_a_day_are_counted_and_nothing_else_is_kept(browser):
    for _ in range(3):
        assert send(browser, report()).status_code == 204

    tally = Tally.objects.get()
    assert (tally.name, tally.count) == ("csp:script-src-elem:nursery:child-page:inline", 3)


def test_an_address_is_not_kept(browser):
    send(browser, report(**{"blocked-uri": "https://evil.example/?child=王若溪"}))

    assert names() == ["csp:script-src-elem:nursery:child-page:address"]


def test_made_up_reports_fall_into_one_row(browser):
    for number in range(20):
        send(
            browser,
            report(
                **{
                    "effective-directive": f"made-up-{number}",
                    "document-uri": f"http://x/{number}",
                    "blocked-uri": f"{number}",
                }
            ),
        )

    assert names() == ["csp:other:other:address"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"csp-report": 1}',
        b'{"csp-report": {"document-uri": 7}}',
        b"\xff\xfe",
        b'{"csp-report": {"document-uri": "\\ud800"}}',
        b"[" * 100_000,
        b'{"csp-report": {}, "x": "' + b"y" * 20_000 + b'"}',
    ],
    ids=["empty", "object", "list", "number", "type", "bytes", "surrogate", "deep", "long"],
)
def test_what_is_no_report_is_refused(browser, body):
    assert send(browser, body).status_code == 400
    assert names() == []


def test_too_many_reports_are_refused(browser, settings):
    settings.RATES = settings.RATES | {"report": "2/day"}

    assert [send(browser, report()).status_code for _ in range(4)] == [204, 204, 429, 429]
