"""The bytes of a sealed value, and the algorithms. Nothing here knows where keys come from.

Version 2 is `2 | algorithm 1 | key 4 | nonce 12 | ciphertext and tag 16`, all of it but the ciphertext bound as associated
data together with the value's place: table, column and row. A value moved anywhere else does not open.
"""

import enum
import os
import struct
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = 2
NONCE_BYTES = 12
TAG_BYTES = 16
MARK = struct.Struct(">BBI")  # version, algorithm, key
HEADER_BYTES = MARK.size + NONCE_BYTES


class CannotOpen(Exception):
    """A sealed value was altered, moved, or sealed with a key that is not here."""


class Algorithm(enum.Enum):
    """As `FIELD_ALGORITHM` names it: the Chinese standard or the usual one."""

    AES = "aes-256-gcm"
    SM4 = "sm4-gcm"

    @property
    def number(self) -> int:
        return {Algorithm.AES: 1, Algorithm.SM4: 2}[self]

    @property
    def key_bytes(self) -> int:
        return {Algorithm.AES: 32, Algorithm.SM4: 16}[self]

    @property
    def digest(self) -> hashes.HashAlgorithm:
        return {Algorithm.AES: hashes.SHA256, Algorithm.SM4: hashes.SM3}[self]()

    def cipher(self, key: bytes) -> "Aead":
        return AESGCM(key) if self is Algorithm.AES else Sm4Gcm(key)

    def keyed_hash(self, key: bytes, message: bytes) -> bytes:
        """HMAC-SHA256, or HMAC-SM3 where SM4 was chosen."""
        keyed = hmac.HMAC(key, self.digest)
        keyed.update(message)
        return keyed.finalize()


class Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes: ...


class Sm4Gcm:
    """SM4 in Galois/Counter mode, called like AESGCM."""

    def __init__(self, key: bytes) -> None:
        self._block = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        work = Cipher(self._block, modes.GCM(nonce)).encryptor()
        work.authenticate_additional_data(associated_data)
        return work.update(data) + work.finalize() + work.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        work = Cipher(self._block, modes.GCM(nonce, data[-TAG_BYTES:])).decryptor()
        work.authenticate_additional_data(associated_data)
        return work.update(data[:-TAG_BYTES]) + work.finalize()


class Sealed(bytes):
    """A value as it stands in its column."""

    fresh = False  # made in this process, by a key that was the active one

    @property
    def version(self) -> int:
        return self[0] if self else 0

    @property
    def algorithm_number(self) -> int:
        return self[1]

    @property
    def key_number(self) -> int:
        return MARK.unpack_from(self)[2]


def close(
    data: bytes, *, cipher: Aead, algorithm: Algorithm, key_number: int, place: bytes
) -> Sealed:
    mark = MARK.pack(VERSION, algorithm.number, key_number)
    nonce = os.urandom(NONCE_BYTES)
    sealed = Sealed(mark + nonce + cipher.encrypt(nonce, data, mark + place))
    sealed.fresh = True
    return sealed


def check_layout(sealed: Sealed, place: bytes) -> None:
    if sealed.version != VERSION or len(sealed) < HEADER_BYTES + TAG_BYTES:
        raise CannotOpen(f"The value in {place.decode()} is not one that this application sealed.")


def open_with(sealed: Sealed, *, cipher: Aead, place: bytes) -> bytes:
    check_layout(sealed, place)
    try:
        return cipher.decrypt(
            sealed[MARK.size : HEADER_BYTES], sealed[HEADER_BYTES:], sealed[: MARK.size] + place
        )
    except InvalidTag as error:
        raise CannotOpen(
            f"The value in {place.decode()} was altered or belongs to another column or row."
        ) from error
