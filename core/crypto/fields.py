"""Model fields. A row that keeps secrets has an id of its own, made before the row is written (`SealedRow`)."""

import uuid
from collections.abc import Iterable
from typing import cast

import pgtrigger
from django import forms
from django.contrib.postgres.functions import RandomUUID
from django.core import checks
from django.core.exceptions import EmptyResultSet, FieldError
from django.db import connection, models
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import pre_save

from core.crypto.keyring import GENERAL, DataKey, keyring
from core.crypto.sealing import Sealed
from core.crypto.values import seal_with, unseal
from core.crypto.words import normalise

INDEX_BYTES = 16


class SealedRow(models.Model):
    """Gives a row with a database-made number the id that its sealed values are bound to.

    Made in Python, so that it is known before INSERT; the database makes it for rows written past the ORM, and refuses to
    change it: two rows that exchanged their ids could exchange their secrets.
    """

    sealed_id = models.UUIDField(
        default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False
    )

    class Meta:
        abstract = True
        triggers = [pgtrigger.ReadOnly(name="sealed_id_stays", fields=["sealed_id"])]


class OpenedOnAccess(DeferredAttribute):
    """The row is known only once it is loaded, so a value opens when it is first asked for."""

    field: "EncryptedTextField"

    def __get__(self, instance, cls=None):
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = instance.__dict__[self.field.attname] = self.field.open(value, instance)
        return value

    def __set__(self, instance, value) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):
    """Text that is ciphertext in the database, bound to table, column and row.

    `purpose` names the key. With `subject`, a lookup path to a SealedRow's `sealed_id`, each subject has a key of its own,
    and destroying that key erases the value. Find rows by a BlindIndexField; there is nothing else to search.
    """

    descriptor_class = OpenedOnAccess

    def __init__(self, *args, purpose: str = GENERAL, subject: str = "", **kwargs) -> None:
        self.purpose, self.subject = purpose, subject
        super().__init__(*args, **kwargs)
        keyring.declare(purpose)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        path = path.replace("core.crypto.fields.", "core.crypto.")
        if self.purpose != GENERAL:
            kwargs["purpose"] = self.purpose
        if self.subject:
            kwargs["subject"] = self.subject
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        return "BinaryField"

    def check(self, **kwargs):
        return [*super().check(**kwargs), *self._check_row()]

    def _check_row(self):
        if self.row_name in {field.name for field in self.model._meta.concrete_fields}:
            return []
        message = (
            f"{self.model.__name__} has an encrypted field and no id that is known before INSERT."
        )
        return [
            checks.Error(message, hint="Inherit core.crypto.SealedRow.", obj=self, id="core.E001")
        ]

    @property
    def row_name(self) -> str:
        key = self.model._meta.pk
        return key.attname if isinstance(key, models.UUIDField) else "sealed_id"

    def place(self, row: uuid.UUID) -> bytes:
        return f"{self.model._meta.db_table}|{self.column}|{row}".encode()

    def open(self, sealed: Sealed, instance: models.Model) -> str:
        return unseal(sealed, self.place(getattr(instance, self.row_name)))

    def key_of(self, instance: models.Model) -> DataKey:
        if not self.subject:
            return keyring.active(self.purpose)
        return keyring.of_subject(self.purpose, self.subject_of(instance))

    def subject_of(self, instance: models.Model) -> uuid.UUID:
        value = instance
        for name in self.subject.split("__"):
            value = getattr(value, name)
        return cast("uuid.UUID", value)

    def seal(self, text: str | None, row: uuid.UUID, key: DataKey) -> Sealed | str | None:
        """Blank stays blank."""
        return seal_with(key, text, self.place(row)) if text else text

    def pre_save(self, instance, add):
        value = instance.__dict__.get(self.attname)
        if isinstance(value, Sealed) and keyring.is_current(value):
            return value
        text = getattr(instance, self.attname)
        if not text:
            return text
        return self.seal(str(text), getattr(instance, self.row_name), self.key_of(instance))

    def seal_all(self, rows: Iterable[models.Model]) -> None:
        """Before many rows are written: the keys of all subjects in one statement."""
        filled = [row for row in rows if getattr(row, self.attname)]
        subjects = [self.subject_of(row) for row in filled] if self.subject else []
        keys = keyring.of_subjects(self.purpose, subjects)
        for place, row in enumerate(filled):
            key = keys[subjects[place]] if subjects else keyring.active(self.purpose)
            text = str(getattr(row, self.attname))
            setattr(row, self.attname, self.seal(text, getattr(row, self.row_name), key))

    def load_keys(self, rows: Iterable[models.Model]) -> None:
        """Before a list is shown: the keys of all its values in one statement."""
        values = (row.__dict__.get(self.attname) for row in rows)
        numbers = {
            value.key_number for value in values if isinstance(value, Sealed) and value.version == 2
        }
        keyring.load(numbers)

    def write(self, sealed: dict) -> None:
        """Sealed values by primary key, in one statement."""
        if not sealed:
            return
        key = self.model._meta.pk
        table, column = self.model._meta.db_table, self.column
        with connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{table}" AS t SET "{column}" = made.sealed'  # noqa: S608 -- our own names
                f" FROM unnest(%s::{key.rel_db_type(connection)}[], %s::bytea[]) AS made(pk, sealed)"
                f' WHERE t."{key.column}" = made.pk',
                [list(sealed), [bytes(each) for each in sealed.values()]],
            )

    def get_db_prep_value(self, value, connection, prepared=False):  # noqa: FBT002 -- Django's signature
        if value is None:
            return None
        if value and not isinstance(value, bytes):
            raise FieldError(
                f"{self.name} is sealed together with its row: set it on the instance and save that."
            )
        return connection.Database.Binary(bytes(value or b""))

    def from_db_value(self, value, expression, connection) -> Sealed | str | None:
        if value is None:
            return None
        return Sealed(value) if len(value) else ""

    def get_lookup(self, lookup_name: str):
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(
            f"{self.name} is encrypted and cannot be compared in SQL ({lookup_name}). "
            "Filter on its BlindIndexField with the lookup `of`."
        )

    def get_transform(self, lookup_name: str):
        return None

    def formfield(self, **kwargs):
        return super().formfield(**{"widget": forms.TextInput} | kwargs)


class BlindIndexField(models.BinaryField):
    """A keyed hash of an encrypted field, kept by the model's save. Equal values are equal here and nothing else shows.

    Found by `filter(phone_index__of="138 0537 1234")`, also while a rotation changes the key: for that time a
    NextBlindIndexField called `<name>_next` holds the hash under the coming key. `QuerySet.update()` and `bulk_update()`
    pass by both: save the rows instead.
    """

    def __init__(self, *args, source: str, **kwargs):
        self.source = source
        kwargs["max_length"] = INDEX_BYTES
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        path = path.replace("core.crypto.fields.", "core.crypto.")
        return name, path, args, kwargs | {"source": self.source}

    @property
    def next_name(self) -> str:
        return f"{self.name}_next"

    def check(self, **kwargs):
        errors = super().check(**kwargs)
        if self.next_name not in {field.name for field in self.model._meta.concrete_fields}:
            message = f"{self.model.__name__}.{self.name} has no second column to rotate into."
            hint = f"Add {self.next_name} = NextBlindIndexField()."
            errors.append(checks.Error(message, hint=hint, obj=self, id="core.E002"))
        return errors

    def contribute_to_class(self, cls, name, private_only=False) -> None:  # noqa: FBT002 -- Django's signature
        super().contribute_to_class(cls, name, private_only)
        if not cls._meta.abstract and cls.__module__ != "__fake__":  # not the models of migrations
            pre_save.connect(self._keep_together, sender=cls, weak=False, dispatch_uid=(cls, name))

    def _keep_together(self, *, update_fields, **_kwargs) -> None:
        together = {self.name, self.next_name}
        if update_fields and self.source in update_fields and not together <= set(update_fields):
            raise FieldError(
                f"Saving {self.source} alone would leave {self.name} stale: name both in update_fields, "
                f"and {self.next_name}."
            )

    def hashed(self, value: str | None, key: DataKey) -> bytes | None:
        """None for a blank value, as in the column."""
        text = normalise(value or "")
        if not text:
            return None
        source = cast("models.Field", self.model._meta.get_field(self.source))
        message = f"{self.model._meta.db_table}|{source.column}|{text}".encode()
        return key.algorithm.keyed_hash(key.secret, message)[:INDEX_BYTES]

    def pre_save(self, instance, add) -> bytes | None:
        value = getattr(instance, self.source)
        keys = keyring.index_for_writing() if value else None
        found = self.hashed(value, keys.active) if keys else None
        coming = self.hashed(value, keys.coming) if keys and keys.coming else None
        setattr(instance, self.attname, found)
        setattr(instance, self.next_name, coming)
        return found

    def from_db_value(self, value, expression, connection) -> bytes | None:
        return None if value is None else bytes(value)


class NextBlindIndexField(models.BinaryField):
    """Filled by the BlindIndexField beside it, and only while its key is being rotated.

    `unique=False` where the same value may stand in several rows.
    """

    def __init__(self, *args, unique: bool = True, **kwargs):
        kwargs |= {"max_length": INDEX_BYTES, "null": True, "unique": unique, "editable": False}
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, _args, kwargs = super().deconstruct()
        for fixed in ("max_length", "null"):
            del kwargs[fixed]
        if not kwargs.pop("unique", False):
            kwargs["unique"] = False
        return name, path.replace("core.crypto.fields.", "core.crypto."), [], kwargs

    def from_db_value(self, value, expression, connection) -> bytes | None:
        return None if value is None else bytes(value)


@BlindIndexField.register_lookup
class Of(models.Lookup):
    """Rows of this value, under whichever index key they stand at the moment. A blank finds nothing."""

    lookup_name = "of"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        field = cast("BlindIndexField", self.lhs.target)
        hashes = [field.hashed(str(self.rhs or ""), key) for key in keyring.index().met]
        if None in hashes:
            raise EmptyResultSet
        column, parameters = self.process_lhs(compiler, connection)
        binary = [connection.Database.Binary(each) for each in hashes]
        return f"{column} = ANY(%s)", [*parameters, binary]


def blind_index(model: type[models.Model], field: str, value: str) -> bytes | None:
    """What the index column of encrypted `field` holds for `value` under the active key."""
    index = next(
        each
        for each in model._meta.concrete_fields
        if isinstance(each, BlindIndexField) and each.source == field
    )
    return index.hashed(value, keyring.index().active)
