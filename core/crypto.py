"""Encrypted columns and the keyed index by which they are found.

A sealed value is `version 1 | key id 4 | nonce 12 | AES-256-GCM ciphertext and tag`. The table and column are bound as
associated data, so a value copied into another column does not open; renaming either means sealing the values anew.
"""

import base64
import binascii
import hashlib
import hmac
import os
import unicodedata
from functools import lru_cache
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django import forms
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models
from django.db.models.signals import pre_save

VERSION = b"\x01"
KEY_BYTES = 32
KEY_ID_BYTES = 4
NONCE_BYTES = 12
TAG_BYTES = 16
INDEX_BYTES = 16
HEADER_BYTES = len(VERSION) + KEY_ID_BYTES + NONCE_BYTES


class CannotOpen(Exception):
    """A sealed value was altered, moved from another column, or sealed with a key this machine does not hold."""


def _key(text: str, setting: str) -> bytes:
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


@lru_cache(maxsize=8)
def _ring(keys: tuple[str, ...]) -> dict[bytes, AESGCM]:
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS is empty: no field can be encrypted.")
    decoded = [_key(text, "FIELD_KEYS") for text in keys]
    return {key_id(key): AESGCM(key) for key in decoded}


@lru_cache(maxsize=8)
def _index_key(text: str, field_keys: tuple[str, ...]) -> bytes:
    if text in field_keys:
        raise ImproperlyConfigured("BLIND_INDEX_KEY must not be one of FIELD_KEYS.")
    return _key(text, "BLIND_INDEX_KEY")


def seal(text: str, context: bytes) -> bytes:
    ring = _ring(tuple(settings.FIELD_KEYS))
    newest, cipher = next(iter(ring.items()))
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + newest + nonce + cipher.encrypt(nonce, text.encode(), context)


def unseal(sealed: bytes, context: bytes) -> str:
    if len(sealed) < HEADER_BYTES + TAG_BYTES or sealed[:1] != VERSION:
        raise CannotOpen(
            f"The value in {context.decode()} is not one that this application sealed."
        )
    used = sealed[1 : 1 + KEY_ID_BYTES]
    cipher = _ring(tuple(settings.FIELD_KEYS)).get(used)
    if cipher is None:
        raise CannotOpen(
            f"The value in {context.decode()} needs key {used.hex()}, which is not in FIELD_KEYS."
        )
    nonce = sealed[1 + KEY_ID_BYTES : HEADER_BYTES]
    try:
        return cipher.decrypt(nonce, sealed[HEADER_BYTES:], context).decode()
    except InvalidTag as error:
        raise CannotOpen(
            f"The value in {context.decode()} was altered or belongs to another column."
        ) from error


def normalise(value: str) -> str:
    """The same number written by different hands is one value: width, case, spaces, hyphens and +86 do not count."""
    text = "".join(unicodedata.normalize("NFKC", value).split()).replace("-", "").upper()
    return text.removeprefix("+86")


def blind_index(model: type[models.Model], field: str, value: str) -> bytes | None:
    """What the index column of encrypted `field` holds for `value`; None for a blank value, as in the column."""
    text = normalise(value or "")
    if not text:
        return None
    key = _index_key(settings.BLIND_INDEX_KEY, tuple(settings.FIELD_KEYS))
    column = cast("models.Field", model._meta.get_field(field)).column
    message = f"{model._meta.db_table}|{column}|{text}".encode()
    return hmac.digest(key, message, "sha256")[:INDEX_BYTES]


def mask_id(value: str) -> str:
    """370811202401011234 -> 3708**********1234"""
    return _mask(value, head=4, tail=4)


def mask_phone(value: str) -> str:
    """13805371234 -> 138****1234"""
    return _mask(value, head=3, tail=4)


def _mask(value: str, *, head: int, tail: int) -> str:
    hidden = len(value) - head - tail
    if hidden < tail:  # too short to show both ends and still hide something
        return "*" * len(value)
    return value[:head] + "*" * hidden + value[-tail:]


class EncryptedTextField(models.TextField):
    """Text that is ciphertext in the database. Find rows by a BlindIndexField; there is nothing else to search."""

    def get_internal_type(self) -> str:
        return "BinaryField"

    @property
    def context(self) -> bytes:
        return f"{self.model._meta.db_table}|{self.column}".encode()

    def seal(self, text: str | None) -> bytes | None:
        """The column's bytes, for loaders that write past the ORM. Blank stays blank."""
        if text is None:
            return None
        return seal(text, self.context) if text else b""

    def get_db_prep_value(self, value, connection, prepared=False):  # noqa: FBT002 -- Django's signature
        sealed = self.seal(None if value is None else str(value))
        return None if sealed is None else connection.Database.Binary(sealed)

    def from_db_value(self, value, expression, connection) -> str | None:
        if value is None:
            return None
        sealed = bytes(value)
        return unseal(sealed, self.context) if sealed else ""

    def get_lookup(self, lookup_name: str):
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(
            f"{self.name} is encrypted and cannot be compared in SQL ({lookup_name}). Filter on its BlindIndexField "
            f'with core.crypto.blind_index({self.model.__name__}, "{self.name}", value).'
        )

    def get_transform(self, lookup_name: str):
        return None

    def formfield(self, **kwargs):
        return super().formfield(**{"widget": forms.TextInput} | kwargs)


class BlindIndexField(models.BinaryField):
    """A keyed hash of an encrypted field, kept by the model's save. Equal values are equal here and nothing else shows.

    `QuerySet.update()` and `bulk_update()` pass by it: save the rows instead.
    """

    def __init__(self, *args, source: str, **kwargs):
        self.source = source
        kwargs["max_length"] = INDEX_BYTES
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs | {"source": self.source}

    def contribute_to_class(self, cls, name, private_only=False) -> None:  # noqa: FBT002 -- Django's signature
        super().contribute_to_class(cls, name, private_only)
        if not cls._meta.abstract and cls.__module__ != "__fake__":  # not the models of migrations
            pre_save.connect(self._keep_together, sender=cls, weak=False, dispatch_uid=(cls, name))

    def _keep_together(self, *, update_fields, **_kwargs) -> None:
        if update_fields and self.source in update_fields and self.name not in update_fields:
            raise FieldError(
                f"Saving {self.source} alone would leave {self.name} stale: name both in update_fields."
            )

    def pre_save(self, instance, add) -> bytes | None:
        value = blind_index(type(instance), self.source, getattr(instance, self.source))
        setattr(instance, self.attname, value)
        return value

    def from_db_value(self, value, expression, connection) -> bytes | None:
        return None if value is None else bytes(value)
