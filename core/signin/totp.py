"""Codes of an authenticator app (RFC 6238: SHA-1, six digits, thirty seconds, as every app has it)."""

import base64
import hmac
import os

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
CLOCK_STEPS = 1  # a phone's clock may be one step early or late


def new_secret() -> str:
    return base64.b32encode(os.urandom(SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    return _totp(secret).generate(step * STEP_SECONDS).decode()


def step_of(secret: str, code: str, *, at: float) -> int | None:
    """The time step whose code this is, within a step of `at` (seconds since 1970)."""
    if not (code.isascii() and code.isdigit()):
        return None
    now = int(at // STEP_SECONDS)
    steps = range(now - CLOCK_STEPS, now + CLOCK_STEPS + 1)
    found = [step for step in steps if hmac.compare_digest(code_at(secret, step), code)]
    return found[-1] if found else None


def uri(secret: str, *, account: str, issuer: str) -> str:
    return _totp(secret).get_provisioning_uri(account, issuer)


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 -- RFC 6238
