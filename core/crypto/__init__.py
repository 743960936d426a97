"""Encrypted columns, the keyed index by which they are found, and the keys of both (docs/security/keys.md)."""

from core.crypto.fields import (
    BlindIndexField,
    EncryptedTextField,
    NextBlindIndexField,
    SealedRow,
    blind_index,
)
from core.crypto.keyring import Erased, keyring
from core.crypto.sealing import CannotOpen, Sealed
from core.crypto.values import seal, unseal
from core.crypto.words import holds_number, mask_id, mask_phone, normalise

__all__ = [
    "BlindIndexField",
    "CannotOpen",
    "EncryptedTextField",
    "Erased",
    "NextBlindIndexField",
    "Sealed",
    "SealedRow",
    "blind_index",
    "holds_number",
    "keyring",
    "mask_id",
    "mask_phone",
    "normalise",
    "seal",
    "unseal",
]
