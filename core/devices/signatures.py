"""What a machine signs, and the check of it. Pure: no database, no request.

    METHOD \\n path?query \\n hex(hash(body)) \\n timestamp \\n nonce

signed by HMAC with the key's secret. Path and query are the bytes of the request line, percent-encoded; without a query
there is no question mark. The hash is SHA-256, or SM3 (GB/T 32905) where the operator asks for national algorithms.
"""

import hmac
import re

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

ALGORITHMS = {"sha256": hashes.SHA256, "sm3": hashes.SM3}
WINDOW_SECONDS = 300
NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
TIMESTAMP = re.compile(r"[0-9]{9,11}")
SIGNATURE = re.compile(r"[0-9a-f]{64}")


def digest(body: bytes, algorithm: str) -> str:
    hashed = hashes.Hash(ALGORITHMS[algorithm]())
    hashed.update(body)
    return hashed.finalize().hex()


def text_of(
    *, method: str, path: str, body: bytes, timestamp: str, nonce: str, algorithm: str
) -> bytes:
    lines = (method.upper(), path, digest(body, algorithm), timestamp, nonce)
    return "\n".join(lines).encode()


def sign(secret: str, text: bytes, algorithm: str) -> str:
    keyed = HMAC(secret.encode(), ALGORITHMS[algorithm]())
    keyed.update(text)
    return keyed.finalize().hex()


def fits(secret: str, text: bytes, signature: str, algorithm: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(sign(secret, text, algorithm), signature)
