from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import money

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False)
exact = st.decimals(min_value=-(10**6), max_value=10**6, places=6, allow_nan=False)
weights = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=40).filter(sum)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        ("0.005", "0.01"),
        ("0.004999", "0.00"),
        ("-0.005", "-0.01"),
        ("2.675", "2.68"),
        ("-0.001", "0.00"),
        (3, "3.00"),
    ],
)
def test_round_fen_rounds_half_away_from_nothing(value, rounded):
    assert str(money.round_fen(value)) == rounded


@pytest.mark.parametrize("value", [1.1, True])
def test_round_fen_refuses_what_is_not_exact(value):
    with pytest.raises(TypeError):
        money.round_fen(value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "a lot"])
def test_round_fen_refuses_what_is_no_amount(value):
    with pytest.raises(ValueError, match="not an amount"):
        money.round_fen(value)


@given(exact)
def test_round_fen_moves_by_half_a_fen_at_most(value):
    assert abs(money.round_fen(value) - value) <= Decimal("0.005")


@given(exact)
def test_round_fen_is_symmetric(value):
    assert money.round_fen(-value) == -money.round_fen(value)


@given(amounts, weights)
def test_split_keeps_the_sum(total, parts):
    shares = money.split(total, parts)

    assert sum(shares) == total
    assert len(shares) == len(parts)


@given(amounts, weights)
def test_split_is_within_a_fen_of_the_exact_share(total, parts):
    shares = money.split(total, parts)

    whole = sum(parts)
    for share, part in zip(shares, parts, strict=True):
        assert abs(share - total * part / whole) < Decimal("0.010000001")
        assert share == share.quantize(money.FEN)


@given(amounts, weights)
def test_split_gives_nothing_for_no_weight_and_more_for_more(total, parts):
    shares = [abs(share) for share in money.split(total, parts)]

    for share, part in zip(shares, parts, strict=True):
        assert part or not share
        for other, other_part in zip(shares, parts, strict=True):
            assert part <= other_part or share >= other


@pytest.mark.parametrize(
    ("total", "parts", "shares"),
    [
        ("100", [1, 1, 1], ["33.34", "33.33", "33.33"]),
        ("0.01", [1, 1], ["0.01", "0.00"]),
        ("-100", [1, 1, 1], ["-33.34", "-33.33", "-33.33"]),
        ("10", [7, 2, 1], ["7.00", "2.00", "1.00"]),
        ("0.05", [1, 1, 1, 5], ["0.01", "0.01", "0.00", "0.03"]),
    ],
)
def test_split_gives_the_fen_left_over_to_the_largest_remainders(total, parts, shares):
    assert [str(share) for share in money.split(total, parts)] == shares


@pytest.mark.parametrize("parts", [[], [0, 0], [1, -1]])
def test_split_refuses_weights_that_mean_nothing(parts):
    with pytest.raises(ValueError, match="Weights"):
        money.split("1", parts)


def test_split_refuses_a_total_with_parts_of_a_fen():
    with pytest.raises(ValueError, match="whole number of fen"):
        money.split("1.001", [1])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1234.5", "¥1,234.50"),
        ("-1234567.891", "-¥1,234,567.89"),
        (0, "¥0.00"),
        ("-0.001", "¥0.00"),
    ],
)
def test_format_yuan(value, shown):
    assert money.format_yuan(value) == shown
