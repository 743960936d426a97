import base64

import pytest

from core import qr
from core.signin import totp

RFC = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
    ],
)
def test_codes_are_those_of_rfc_6238(at, code):
    assert totp.code_at(RFC, at // 30) == code
    assert totp.step_of(RFC, code, at=at) == at // 30


@pytest.mark.parametrize(("off", "fits"), [(-61, False), (-30, True), (30, True), (61, False)])
def test_a_clock_may_be_one_step_wrong(off, fits):
    at = 1_234_567_800
    code = totp.code_at(RFC, (at + off) // 30)

    assert (totp.step_of(RFC, code, at=at) is not None) == fits


@pytest.mark.parametrize("typed", ["", "00592", "0059240", "abcdef", "００５９２４"])
def test_other_texts_are_no_codes(typed):
    assert totp.step_of(RFC, typed, at=1_234_567_890) is None


def test_the_picture_has_no_style_and_no_script():
    picture = qr.picture(totp.uri(RFC, account="li.na", issuer="济宁托育"))

    assert picture.startswith("<svg")
    assert "style" not in picture
    assert "script" not in picture
