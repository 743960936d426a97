"""Codes that people read from one screen and type into another, computed from an id and the server's key."""

import hmac
from uuid import UUID

from django.utils.crypto import salted_hmac

# 30 symbols: no I, L, O, U, 0 and 1, which are taken for each other
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
HALF = LENGTH // 2


def code_of(pairing: UUID) -> str:
    """The code of a pairing is not stored: whoever reads the database cannot type it."""
    number = int.from_bytes(_hmac("code", pairing.bytes), "big")
    symbols = []
    for _symbol in range(LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        symbols.append(ALPHABET[rest])
    return "".join(symbols)


def confirmation_of(pairing: UUID, claim_hash: bytes) -> str:
    """Four digits that both screens show when they speak of the same tablet."""
    number = int.from_bytes(_hmac("confirmation", pairing.bytes + claim_hash), "big")
    return f"{number % 10_000:04d}"


def clean(typed: str) -> str:
    """As typed by people: small letters, spaces and hyphens do not count. Empty when it can be no code."""
    code = "".join(typed.upper().split()).replace("-", "")
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else ""


def same(one: str | bytes, other: str | bytes | memoryview) -> bool:
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _bytes(value: str | bytes | memoryview) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def _hmac(what: str, value: bytes) -> bytes:
    return salted_hmac(f"core.devices.{what}", value, algorithm="sha256").digest()
