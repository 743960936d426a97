"""Rows into a table with COPY. The columns, their sealing and their defaults are the model's."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from django.contrib.postgres.fields.ranges import RangeField
from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

from core.crypto import EncryptedTextField, keyring

M = TypeVar("M", bound=models.Model)
BATCH = 2_000
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_in(model: type[M], rows: Iterable[M], bar=None) -> list[M]:
    """Write unsaved instances and give each its id, in their order. No signals are sent."""
    rows = list(rows)
    key = model._meta.pk
    if isinstance(key, models.AutoField | models.BigAutoField):
        for row, number in zip(rows, ids(model, len(rows)), strict=True):
            row.pk = number
    fields = [field for field in model._meta.concrete_fields if not _left_to_database(field, rows)]
    for start in range(0, len(rows), BATCH):
        _copy(model, fields, rows[start : start + BATCH], bar)
    return rows


def _copy(model: type[M], fields: list, rows: list[M], bar) -> None:
    """So few that all lines are made before COPY, during which the database cannot be asked for a forgotten key."""
    columns = [str(field.column) for field in fields]
    writers = [_writer(field) for field in fields]
    for field in fields:
        if isinstance(field, EncryptedTextField):
            field.seal_all(rows)
    with keyring.index_held():
        lines = ["\t".join([write(row) for write in writers]) + "\n" for row in rows]
        copy_lines(model._meta.db_table, columns, lines, bar)


def ids(model: type[models.Model], count: int) -> list[int]:
    """The next numbers of the table's key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, count],
        )
        return [number for (number,) in cursor.fetchall()]


def copy_lines(table: str, columns: Sequence[str], lines: Iterable[str], bar=None) -> None:
    """Ready lines of COPY's text format, each with its line end. Inside a transaction.

    PostgreSQL does not COPY into a table with row-level security, so the lines go by a table of this transaction.
    """
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'CREATE TEMPORARY TABLE copied AS SELECT {names} FROM "{table}" WITH NO DATA'  # noqa: S608 -- names of the model
        )
        cursor.copy_expert(f"COPY copied ({names}) FROM STDIN", _Reader(iter(lines), bar))
        cursor.execute(f'INSERT INTO "{table}" ({names}) SELECT {names} FROM copied')  # noqa: S608 -- as above
        cursor.execute("DROP TABLE copied")


class _Reader:
    """What psycopg2 reads from: the lines, many at a time."""

    def __init__(self, lines: Iterator[str], bar) -> None:
        self.lines = lines
        self.bar = bar
        self.rest = b""

    def read(self, size: int) -> bytes:
        while len(self.rest) < size:
            batch = list(islice(self.lines, BATCH))
            if not batch:
                break
            if self.bar is not None:
                self.bar.update(len(batch))
            self.rest += "".join(batch).encode()
        piece, self.rest = self.rest[:size], self.rest[size:]
        return piece


def text(value: Any) -> str:
    """A value as COPY reads it."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return (
            "{"
            + ",".join(
                '"' + str(item).replace("\\", "\\\\").replace('"', '\\"') + '"' for item in value
            ).translate(ESCAPES)
            + "}"
        )
    return str(value).translate(ESCAPES)


def _left_to_database(field: models.Field, rows: list) -> bool:
    return field.has_db_default() and all(
        isinstance(getattr(row, field.attname), DatabaseDefault) for row in rows
    )


def _writer(field: models.Field) -> Callable[[models.Model], str]:
    if isinstance(field, models.JSONField):
        return lambda row: text(json.dumps(field.pre_save(row, add=True), ensure_ascii=False))
    if isinstance(field, RangeField):
        return lambda row: _range(field.pre_save(row, add=True))
    return lambda row: text(field.pre_save(row, add=True))


def _range(value: Any) -> str:
    """Lower bound in, upper bound out, either open: as every period here is kept."""
    if value is None:
        return "\\N"
    lower, upper = (value.lower, value.upper) if hasattr(value, "lower") else value
    return f"[{lower or ''},{upper or ''})"
