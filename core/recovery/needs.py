"""Which key-encryption keys a database needs. Its own keys stand in it wrapped; those that wrap them are never in a backup."""

from django.apps import apps

from core.crypto import wrapping
from core.crypto.fields import EncryptedTextField
from core.recovery import database
from core.recovery.errors import Trouble

FIRST, LENGTH = (
    2,
    wrapping.KEY_ID_BYTES,
)  # where the id stands, in a wrapped key and in a value of version 1


def sealed_fields() -> list[EncryptedTextField]:
    return [
        field
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, EncryptedTextField)
    ]


def keys_in_use(connection) -> list[str]:
    found = _ids(
        connection, "wrapped", "crypto_key", "subject IS NULL AND state <> 'destroyed' AND wrapped"
    )
    for field in sealed_fields():
        column = f'"{field.column}"'
        place = f"octet_length({column}) > 0 AND get_byte({column}, 0) = 1 AND {column}"
        found |= _ids(connection, column, f'"{field.model._meta.db_table}"', place)
    return sorted(found)


def _ids(connection, column: str, table: str, where: str) -> set[str]:
    statement = (
        f"SELECT DISTINCT encode(substring({column} FROM {FIRST} FOR {LENGTH}), 'hex')"  # noqa: S608 -- our own names
        f" FROM {table} WHERE {where} <> ''"
    )
    return {each for (each,) in database.rows(connection, statement)}


def keys_here() -> set[str]:
    return {each.hex() for each in wrapping.ring()}


def check(manifest: dict) -> None:
    """Without them the restored data could be looked at and never read: refuse before anything is written."""
    missing = sorted(set(manifest["keys"]["fields"]) - keys_here())
    if missing:
        raise Trouble(
            f"The backup needs the field keys {', '.join(missing)}; FIELD_KEYS does not hold them. "
            "Without them its sealed values stay unreadable for good. Find the keys first."
        )
