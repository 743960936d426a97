"""What somebody types for a phone or a resident id is compared as a keyed hash, wherever it is typed."""

import pytest
from axes.models import AccessAttempt
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.crypto import holds_number
from core.models import Job
from tests.factories.core import PASSWORD
from tests.factories.devices import PIN

PHONE, ID = "13805371234", "37081120240615123X"
DIGITS = ("13805371234", "138 0537", "138-0537", "0537 1234", "0537-1234", "37081120240615123")
WRITTEN = [
    PHONE,
    "+86 138 0537 1234",
    "(86)138-0537-1234",
    "１３８０５３７１２３４",
    "1380537123",  # one digit forgotten
    "138053712345",  # one too many
    f"tel {PHONE}",
    ID,
    "370811 20240615 123x",
]


@pytest.fixture
def said():
    """The statements of a block, with their parameters in them."""
    with CaptureQueriesContext(connection) as captured:
        yield lambda: " ".join(query["sql"] for query in captured)


def clear(text: str) -> list[str]:
    return [digits for digits in (*DIGITS, "1380537123", "１３８０５３７") if digits in text]


@pytest.mark.parametrize("written", WRITTEN)
def test_numbers_are_known_however_they_are_written(written):
    assert holds_number(written)


@pytest.mark.parametrize(
    "name",
    ["li.na", "carer000123", "王小明 2 班", "任城区建设路 16 号", "2026-11-23", "", "x" * 5000],
)
def test_names_are_no_numbers(name):
    assert not holds_number(name)


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("page", ["portal:sign-in", "portal:sign-in-paused"])
def test_signing_in_sends_no_number(db, said, written, page):
    Client().post(reverse(page), {"username": written, "password": "wrong", "code": "123456"})

    assert clear(said()) == []


@pytest.mark.parametrize("written", WRITTEN)
def test_a_program_that_signs_in_sends_no_number(db, said, written):
    typed = {"username": written, "password": "wrong"}
    Client().post(reverse("api:token"), typed, content_type="application/json")

    assert clear(said()) == []


@pytest.mark.parametrize("written", WRITTEN)
def test_searching_sends_no_number(city, said, signed_in, written):
    pages = [
        (None, "portal:institution-search", "q"),
        (city.a.director, "nursery:child-list", "q"),
        (city.regulator, "gov:institution-list", "q"),
        (city.auditor, "gov:audit-list", "person"),
        (city.auditor, "gov:audit-list", "nursery"),
        (city.trainer, "training:certificate-list", "q"),
    ]
    for user, page, name in pages:
        browser = signed_in(user) if user else Client()
        assert browser.get(reverse(page), {name: written}).status_code == 200

    assert clear(said()) == []


def test_an_export_keeps_no_number_that_was_searched_for(city, signed_in):
    auditor = signed_in(city.auditor)

    page = auditor.get(reverse("gov:audit-list"), {"person": PHONE}).content.decode()
    auditor.post(reverse("gov:audit-export"), {"person": PHONE, "stepup-password": PASSWORD})

    assert "不能按手机号" in page
    assert not Job.objects.exists()


def test_a_failed_sign_in_keeps_neither_form_nor_address(city, signed_in):
    Client().post(
        f"{reverse('portal:sign-in')}?next=/nursery/children/%3Fq%3D{PHONE}",
        {"username": "nobody", "password": "wrong", "note": ID},
    )
    person = signed_in(city.a.carer)
    for _ in range(2):  # a new row, and the same one again
        person.post(reverse("nursery:pin"), {"pin": PIN, "again": PIN, "password": "wrong"})

    kept = list(AccessAttempt.objects.values_list("get_data", "post_data"))
    assert kept == [("", "")] * 2


def test_erasing_a_child_asks_for_its_deciders_name_the_same_way(city, said):
    with pytest.raises(CommandError, match="not the user name"):
        call_command("erase_child", city.a.children[0].pk, by=PHONE)

    assert clear(said()) == []
