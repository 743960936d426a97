import datetime as dt

import pytest
import time_machine
from django.core.exceptions import ValidationError

from core import validators


def resident_id(place: str = "370811", born: str = "20240615", serial: str = "123") -> str:
    """GB 11643, written out a second time."""
    number = f"{place}{born}{serial}"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True))
    return number + "10X98765432"[total % 11]


def code_of(refused) -> str:
    return refused.value.code


@pytest.mark.parametrize(
    "phone", ["13805371234", "+86 138 0537 1234", "１３８０５３７１２３４", "199-0537-1234"]
)
def test_mobile_is_kept_as_eleven_digits(phone):
    kept = validators.check_mobile(phone=phone)

    assert len(kept) == 11
    assert kept.isascii()
    assert kept.isdigit()


@pytest.mark.parametrize(
    "phone",
    ["", "1380537123", "138053712345", "12345678901", "0537-2345678", "+1 202 555 0100", "abc"],
)
def test_mobile_of_another_form_is_refused(phone):
    with pytest.raises(ValidationError) as refused:
        validators.check_mobile(phone=phone)

    assert code_of(refused) == "mobile"


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_resident_id_of_the_standard_is_accepted(number):
    assert validators.check_resident_id(number=number) == number


def test_resident_id_is_kept_without_spaces_and_with_a_capital_x():
    number = next(
        made for serial in range(1000) if (made := resident_id(serial=f"{serial:03}")).endswith("X")
    )

    assert validators.check_resident_id(number=f"{number[:6]} {number[6:].lower()}") == number


def test_resident_id_of_an_unlisted_county_is_accepted():
    number = resident_id(place="379999")

    assert validators.check_resident_id(number=number) == number


@pytest.mark.parametrize("place_digit", range(17))
def test_resident_id_with_one_wrong_digit_is_refused(place_digit):
    number = resident_id()
    wrong = str((int(number[place_digit]) + 1) % 10)

    with pytest.raises(ValidationError):
        validators.check_resident_id(
            number=number[:place_digit] + wrong + number[place_digit + 1 :]
        )


@pytest.mark.parametrize(
    "number", ["", "37081120240615123", "A" * 18, "0" * 18, "3708112024061512345"]
)
def test_resident_id_of_another_form_is_refused(number):
    with pytest.raises(ValidationError) as refused:
        validators.check_resident_id(number=number)

    assert code_of(refused) == "resident_id"


def test_resident_id_with_a_day_that_does_not_exist_is_refused():
    with pytest.raises(ValidationError) as refused:
        validators.check_resident_id(number=resident_id(born="20240230"))

    assert code_of(refused) == "resident_id_date"


def test_resident_id_of_tomorrow_is_refused_until_tomorrow():
    number = resident_id(born="20260502")

    with (
        time_machine.travel(dt.datetime(2026, 5, 1, 4, tzinfo=dt.UTC)),
        pytest.raises(ValidationError) as refused,
    ):
        validators.check_resident_id(number=number)
    with time_machine.travel(dt.datetime(2026, 5, 1, 16, tzinfo=dt.UTC)):
        accepted = validators.check_resident_id(number=number)

    assert code_of(refused) == "resident_id_date"
    assert accepted == number


def test_resident_id_must_agree_with_the_date_of_birth():
    number = resident_id(born="20240615")

    assert validators.check_resident_id(number=number, born=dt.date(2024, 6, 15)) == number
    with pytest.raises(ValidationError) as refused:
        validators.check_resident_id(number=number, born=dt.date(2024, 6, 16))
    assert code_of(refused) == "resident_id_mismatch"


def test_birth_certificate_is_a_letter_and_nine_digits():
    assert validators.check_birth_certificate(number="q370 123456") == "Q370123456"


@pytest.mark.parametrize("number", ["", "370123456", "QQ70123456", "Q37012345", "Q3701234567"])
def test_birth_certificate_of_another_form_is_refused(number):
    with pytest.raises(ValidationError) as refused:
        validators.check_birth_certificate(number=number)

    assert code_of(refused) == "birth_certificate"


def test_credit_code_with_a_right_check_character_is_kept():
    assert validators.check_credit_code(code="9111 0000 6000 3734 1l") == "91110000600037341L"


@pytest.mark.parametrize(
    "code", ["", "91110000600037341M", "9111000060003734", "I1110000600037341L"]
)
def test_credit_code_with_a_wrong_character_is_refused(code):
    with pytest.raises(ValidationError) as refused:
        validators.check_credit_code(code=code)

    assert code_of(refused) == "credit_code"
