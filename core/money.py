"""Yuan as Decimal with two places. One rounding, half up; a float is an error."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation

FEN = Decimal("0.01")


def _exact(value: Decimal | int | str) -> Decimal:
    if isinstance(value, float | bool):
        raise TypeError(f"Money is Decimal, int or str, never {type(value).__name__}.")
    try:
        amount = Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not an amount.") from error
    if not amount.is_finite():
        raise ValueError(f"{value!r} is not an amount.")
    return amount


def round_fen(value: Decimal | int | str) -> Decimal:
    rounded = _exact(value).quantize(FEN, ROUND_HALF_UP)
    return rounded or abs(rounded)  # there is no minus nothing


def split(total: Decimal | int | str, weights: Sequence[Decimal | int]) -> list[Decimal]:
    """Shares in proportion to the weights, in whole fen, whose sum is `total` exactly.

    Every share is rounded towards nothing; the fen left over go to the largest remainders, and among equals to the
    first.
    """
    amount = _exact(total)
    if amount != amount.quantize(FEN):
        raise ValueError(f"{amount} is not a whole number of fen.")
    parts = [_exact(weight) for weight in weights]
    if not parts or min(parts) < 0 or not sum(parts):
        raise ValueError("Weights must be some, none negative and not all zero.")
    fen, sign, whole = int(abs(amount) / FEN), -1 if amount < 0 else 1, sum(parts)
    exact = [fen * part / whole for part in parts]
    shares = [int(share.to_integral_value(ROUND_DOWN)) for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (shares[i] - exact[i], i))
    for i in by_remainder[: fen - sum(shares)]:
        shares[i] += 1
    return [Decimal(sign * share) * FEN + 0 for share in shares]


def format_yuan(value: Decimal | int | str) -> str:
    """1234.5 -> ¥1,234.50"""
    amount = round_fen(value)
    return f"{'-' if amount < 0 else ''}¥{abs(amount):,.2f}"
