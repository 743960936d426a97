"""The code of a pass: eight digits, computed from the pass and the server's key, kept only as a keyed digest.

Whoever reads the database can neither type a code nor try the hundred million there are against it.
"""

from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.utils.crypto import salted_hmac

from core import qr

LENGTH = 8
PREFIX = "TUOYU:"  # what a camera reads begins with it
_signer = Signer(salt="institution.pass")


def code_of(bundle: UUID) -> str:
    number = int.from_bytes(_hmac("code", bundle.bytes), "big")
    return f"{number % 10**LENGTH:0{LENGTH}d}"


def digest_of(code: str) -> bytes:
    return _hmac("digest", code.encode())


def clean(typed: str) -> str:
    """As typed or as read by a camera; empty when it can be no code."""
    code = "".join(typed.split()).removeprefix(PREFIX).replace("-", "")
    return code if len(code) == LENGTH and code.isascii() and code.isdecimal() else ""


def spaced(code: str) -> str:
    return f"{code[: LENGTH // 2]} {code[LENGTH // 2 :]}"


def picture(code: str) -> str:
    return qr.picture(f"{PREFIX}{code}")


def token_of(bundle: UUID) -> str:
    """For the link that a guardian sends to the person who comes."""
    return _signer.sign(bundle.hex)


def bundle_of(token: str) -> UUID | None:
    try:
        return UUID(_signer.unsign(token))
    except (BadSignature, ValueError):
        return None


def _hmac(what: str, value: bytes) -> bytes:
    return salted_hmac(f"institution.pass.{what}", value, algorithm="sha256").digest()
