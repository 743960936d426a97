"""Sealing and opening of single values. `place` is `table|column|row`, the row by an id that it keeps for ever."""

from cryptography.exceptions import InvalidTag

from core.crypto.keyring import GENERAL, DataKey, keyring
from core.crypto.sealing import NONCE_BYTES, TAG_BYTES, CannotOpen, Sealed
from core.crypto.wrapping import KEY_ID_BYTES, version_1_cipher

VERSION_1_HEADER = 1 + KEY_ID_BYTES + NONCE_BYTES


def seal(text: str, place: bytes, purpose: str = GENERAL) -> Sealed:
    return seal_with(keyring.active(purpose), text, place)


def seal_with(key: DataKey, text: str, place: bytes) -> Sealed:
    return key.close(text.encode(), place)


def unseal(sealed: bytes, place: bytes) -> str:
    """Raises CannotOpen, or Erased where the key was destroyed on purpose."""
    value = Sealed(sealed)
    if value.version == 1:
        return _open_version_1(value, place)
    if value.version != 2 or len(value) < VERSION_1_HEADER + TAG_BYTES:
        raise CannotOpen(f"The value in {place.decode()} is not one that this application sealed.")
    key = keyring.number(value.key_number, place)
    if key.algorithm.number != value.algorithm_number:
        raise CannotOpen(
            f"The value in {place.decode()} was altered or belongs to another column or row."
        )
    return key.open(value, place).decode()


def _open_version_1(sealed: Sealed, place: bytes) -> str:
    """`1 | key id 4 | nonce 12 | ciphertext and tag`, bound to table and column only, under FIELD_KEYS themselves.

    Opened only until a rotation has found none left, so that nobody can bring an old value back into another row.
    """
    if len(sealed) < VERSION_1_HEADER + TAG_BYTES or not keyring.version_1_is_met():
        raise CannotOpen(f"The value in {place.decode()} is not one that this application sealed.")
    used = sealed[1 : 1 + KEY_ID_BYTES]
    cipher = version_1_cipher(used)
    if cipher is None:
        raise CannotOpen(
            f"The value in {place.decode()} needs key {used.hex()}, which is not in FIELD_KEYS."
        )
    nonce = sealed[1 + KEY_ID_BYTES : VERSION_1_HEADER]
    try:
        return cipher.decrypt(
            nonce, sealed[VERSION_1_HEADER:], b"|".join(place.split(b"|")[:2])
        ).decode()
    except InvalidTag as error:
        raise CannotOpen(
            f"The value in {place.decode()} was altered or belongs to another column."
        ) from error
