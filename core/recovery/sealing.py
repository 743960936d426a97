"""Files sealed for a backup: AES-256-GCM in pieces, so that neither end holds a whole file in memory.

A sealed file is `magic 8 | key id 4 | salt 16`, then pieces of 1 MiB with their tags. Each file has a key of its own,
derived from the backup key and the salt. The associated data of a piece is the file's name, the piece's number and
whether it is the last: a piece that was altered, moved, repeated, left out or cut off does not open, nor does a file
under another name.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.recovery.errors import Damaged, Trouble

MAGIC = b"TUOYUBK1"
KEY_BYTES = 32
KEY_ID_BYTES = 4
SALT_BYTES = 16
HEADER_BYTES = len(MAGIC) + KEY_ID_BYTES + SALT_BYTES
PIECE_BYTES = 1024 * 1024
TAG_BYTES = 16


class Keys:
    """The backup keys, newest first. Files are sealed with the newest; older ones still open."""

    def __init__(self, written: Iterable[str], variable: str = "BACKUP_KEYS") -> None:
        keys = [read_key(text, variable) for text in written]
        if not keys:
            raise Trouble(
                f"{variable} is empty. Without a key of its own no backup is made or opened; "
                "`python -m core.servers.keys` prints one. Keep it apart from the backups."
            )
        self.newest = keys[0]
        self.ring = {key_id(key): key for key in keys}

    def named(self, wanted: bytes, name: str) -> bytes:
        if wanted not in self.ring:
            raise Trouble(f"{name} was sealed with key {wanted.hex()}, which is not here.")
        return self.ring[wanted]


def read_key(text: str, variable: str) -> bytes:
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Trouble(f"{variable} is not URL-safe base64.") from error
    if len(key) != KEY_BYTES:
        raise Trouble(f"{variable} holds a key of {len(key)} bytes; {KEY_BYTES} are needed.")
    return key


def key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"backup key" + key).digest()[:KEY_ID_BYTES]


def seal(pieces: Iterable[bytes], name: str, keys: Keys) -> Iterator[bytes]:
    salt = os.urandom(SALT_BYTES)
    cipher = _cipher(keys.newest, salt)
    yield MAGIC + key_id(keys.newest) + salt
    number, held = 0, b""
    for piece in _even(pieces):
        if held:
            yield _shut(cipher, held, name, number, last=False)
            number += 1
        held = piece
    yield _shut(cipher, held, name, number, last=True)


def unseal(file: BinaryIO, name: str, keys: Keys) -> Iterator[bytes]:
    header = file.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
        raise Damaged(f"{name} is not a sealed file of a backup.")
    used = header[len(MAGIC) : len(MAGIC) + KEY_ID_BYTES]
    cipher = _cipher(keys.named(used, name), header[-SALT_BYTES:])
    number, held = 0, file.read(PIECE_BYTES + TAG_BYTES)
    while following := file.read(PIECE_BYTES + TAG_BYTES):
        yield _open(cipher, held, name, number, last=False)
        number, held = number + 1, following
    yield _open(cipher, held, name, number, last=True)


def _even(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of exactly PIECE_BYTES, the last one excepted."""
    rest = bytearray()
    for piece in pieces:
        rest += piece
        while len(rest) >= PIECE_BYTES:
            yield bytes(rest[:PIECE_BYTES])
            del rest[:PIECE_BYTES]
    if rest:
        yield bytes(rest)


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, b"tuoyu backup file").derive(key))


def _shut(cipher: AESGCM, piece: bytes, name: str, number: int, *, last: bool) -> bytes:
    return cipher.encrypt(_nonce(number), piece, _bound(name, number, last=last))


def _open(cipher: AESGCM, piece: bytes, name: str, number: int, *, last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(number), piece, _bound(name, number, last=last))
    except InvalidTag as error:
        raise Damaged(
            f"{name} is damaged: piece {number + 1} was altered, moved or cut."
        ) from error


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _bound(name: str, number: int, *, last: bool) -> bytes:
    return f"{name}|{number}|{'last' if last else 'more'}".encode()
