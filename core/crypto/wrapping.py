"""Key-encryption keys: outside of the database, and the only keys that are.

The usual wrapper keeps a ring of them in the environment (`FIELD_KEYS`) or in a file that only its owner may read
(`FIELD_KEYS_FILE`), newest first. A key-management service is another class with the same three methods, named in
`KEY_WRAPPER`.
"""

import base64
import binascii
import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from core.crypto.sealing import NONCE_BYTES, Aead, Algorithm, CannotOpen

KEY_BYTES = 32
KEY_ID_BYTES = 4


class KeyWrapper(Protocol):
    def wrap(self, key: bytes, context: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Raises CannotOpen."""

    def is_newest(self, wrapped: bytes) -> bool:
        """Whether it was wrapped as a key would be wrapped today."""


def wrapper() -> KeyWrapper:
    return import_string(settings.KEY_WRAPPER)()


def decode(text: str, setting: str) -> bytes:
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImproperlyConfigured(f"{setting} is not URL-safe base64.") from error
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(
            f"{setting} holds a key of {len(key)} bytes; {KEY_BYTES} are needed."
        )
    return key


def key_id(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:KEY_ID_BYTES]


def ring() -> dict[bytes, bytes]:
    """Key by its id, newest first."""
    texts = tuple(settings.FIELD_KEYS)
    if settings.FIELD_KEYS_FILE:
        texts = _read(Path(settings.FIELD_KEYS_FILE)) + texts
    return _decoded(texts)


@lru_cache(maxsize=8)
def _decoded(texts: tuple[str, ...]) -> dict[bytes, bytes]:
    if not texts:
        raise ImproperlyConfigured("FIELD_KEYS is empty: no field can be encrypted.")
    keys = [decode(text, "FIELD_KEYS") for text in texts]
    return {key_id(key): key for key in keys}


def _read(path: Path) -> tuple[str, ...]:
    try:
        mode = path.stat().st_mode & 0o777
        text = path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(f"FIELD_KEYS_FILE cannot be read: {error.strerror}.") from error
    if mode & 0o077:
        raise ImproperlyConfigured(
            f"FIELD_KEYS_FILE has mode {mode:04o}: only its owner may read it (chmod 0400)."
        )
    return tuple(text.split())


class LocalRing:
    """Wrapped is `algorithm 1 | key id 4 | nonce 12 | ciphertext and tag`."""

    def wrap(self, key: bytes, context: bytes) -> bytes:
        algorithm = Algorithm(settings.FIELD_ALGORITHM)
        newest, secret = next(iter(ring().items()))
        mark = bytes([algorithm.number]) + newest
        nonce = os.urandom(NONCE_BYTES)
        return mark + nonce + _cipher(algorithm, secret).encrypt(nonce, key, mark + context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        mark, nonce = wrapped[: 1 + KEY_ID_BYTES], wrapped[1 + KEY_ID_BYTES :][:NONCE_BYTES]
        secret = ring().get(mark[1:])
        if secret is None:
            raise CannotOpen(
                f"{context.decode()} needs key {mark[1:].hex()}, which is not in FIELD_KEYS."
            )
        algorithm = next(each for each in Algorithm if each.number == mark[0])
        try:
            return _cipher(algorithm, secret).decrypt(
                nonce, wrapped[len(mark) + NONCE_BYTES :], mark + context
            )
        except InvalidTag as error:
            raise CannotOpen(f"The wrapped key of {context.decode()} was altered.") from error

    def is_newest(self, wrapped: bytes) -> bool:
        mark = bytes([Algorithm(settings.FIELD_ALGORITHM).number]) + next(iter(ring()))
        return wrapped.startswith(mark)


@lru_cache(maxsize=16)
def _cipher(algorithm: Algorithm, secret: bytes) -> Aead:
    """Derived, because the same secret opens version 1 directly, and because SM4 takes half of it."""
    derived = algorithm.keyed_hash(secret, b"wraps keys of " + algorithm.value.encode())
    return algorithm.cipher(derived[: algorithm.key_bytes])


@lru_cache(maxsize=16)
def _version_1(secret: bytes) -> AESGCM:
    return AESGCM(secret)


def version_1_cipher(used: bytes) -> AESGCM | None:
    secret = ring().get(used)
    return _version_1(secret) if secret else None
