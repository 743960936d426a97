"""Keys of the table `crypto_key`, unwrapped and remembered by this process for `KEY_CACHE_SECONDS`.

Statements are written out, because the models of encrypted fields stand above this module.
"""

import os
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from core.crypto.sealing import Aead, Algorithm, CannotOpen, Sealed, close, open_with
from core.crypto.wrapping import KEY_BYTES, decode, ring, wrapper

INDEX = "index"
VERSION_1 = (
    "version-1"  # its row says that values sealed under FIELD_KEYS themselves may still be met
)
GENERAL = "general"

COMING, ACTIVE, RETIRING, RETIRED, DESTROYED = (
    "coming",
    "active",
    "retiring",
    "retired",
    "destroyed",
)
REMEMBERED = 10_000  # keys

_COLUMNS = "id, purpose, subject, algorithm, wrapped, state"
_GENERAL = f"SELECT {_COLUMNS} FROM crypto_key WHERE subject IS NULL AND state IN ('coming', 'active', 'retiring')"  # noqa: S608 -- constants of this module
_NUMBERED = f"SELECT {_COLUMNS} FROM crypto_key WHERE id = ANY(%s)"  # noqa: S608 -- constants of this module
_OF_SUBJECTS = (
    f"SELECT {_COLUMNS} FROM crypto_key"  # noqa: S608 -- constants of this module
    " WHERE purpose = %s AND subject = ANY(%s::uuid[]) AND state = 'active'"
)
_INSERT = (
    "INSERT INTO crypto_key (purpose, subject, algorithm, wrapped, state)"
    " SELECT %s, nullif(subject, '')::uuid, %s, wrapped, %s"
    " FROM unnest(%s::text[], %s::bytea[]) AS made(subject, wrapped)"
    " ON CONFLICT DO NOTHING"
)


class Erased(CannotOpen):
    """Its key was destroyed: nobody can open it any more, which was the purpose."""


@dataclass(frozen=True)
class Row:
    number: int
    purpose: str
    subject: uuid.UUID | None
    algorithm: str
    wrapped: bytes = field(repr=False)
    state: str

    @property
    def context(self) -> bytes:
        subject = self.subject.hex if self.subject else ""
        return f"crypto_key|{self.purpose}|{subject}|{self.algorithm}".encode()


@dataclass(frozen=True)
class DataKey:
    row: Row
    secret: bytes = field(repr=False)

    @property
    def number(self) -> int:
        return self.row.number

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm(self.row.algorithm)

    @cached_property
    def cipher(self) -> Aead:
        return self.algorithm.cipher(self.secret)

    def close(self, data: bytes, place: bytes) -> Sealed:
        return close(
            data,
            cipher=self.cipher,
            algorithm=self.algorithm,
            key_number=self.number,
            place=place,
        )

    def open(self, sealed: Sealed, place: bytes) -> bytes:
        return open_with(sealed, cipher=self.cipher, place=place)


@dataclass(frozen=True)
class IndexKeys:
    active: DataKey
    coming: DataKey | None  # while a rotation fills the second columns
    retiring: tuple[DataKey, ...] = ()

    @property
    def met(self) -> list[DataKey]:
        """Under any of these a row may be found."""
        return [self.active, *([self.coming] if self.coming else []), *self.retiring]


_held: ContextVar[IndexKeys | None] = ContextVar("index_keys", default=None)


class Keyring:
    def __init__(self) -> None:
        self.purposes = {GENERAL}
        self._lock = threading.Lock()
        self.forget()

    def declare(self, purpose: str) -> None:
        """Fields declare theirs; whoever seals without a field does so at import. `migrate` makes the first key."""
        self.purposes.add(purpose)

    def forget(self) -> None:
        self._general: tuple[float, list[Row]] | None = None
        self._keys: dict[int, tuple[float, DataKey]] = {}

    # ---- keys of a purpose ----

    def active(self, purpose: str) -> DataKey:
        for row in self.general():
            if row.purpose == purpose and row.state == ACTIVE:
                return self._unwrapped(row)
        raise ImproperlyConfigured(
            f"There is no key for {purpose}: run `manage.py migrate`, which makes it."
        )

    def general(self) -> list[Row]:
        """The keys that belong to no single subject and are not retired."""
        kept = self._general
        if kept is None or kept[0] <= time.monotonic():
            kept = (self._until(), _select(_GENERAL, []))
            self._general = kept
        return kept[1]

    def version_1_is_met(self) -> bool:
        return any(row.purpose == VERSION_1 for row in self.general())

    # ---- any key by the number that a value names ----

    def number(self, number: int, place: bytes = b"") -> DataKey:
        """Raises Erased for a destroyed one, else CannotOpen for one that is not there."""
        found = self.load([number])
        if number in found:
            return found[number]
        if any(row.state == DESTROYED for row in _select(_NUMBERED, [[number]])):
            raise Erased(f"The key of the value in {place.decode()} was destroyed.")
        raise CannotOpen(
            f"The value in {place.decode()} needs key {number}, which is not in crypto_key."
        )

    def load(self, numbers: Iterable[int]) -> dict[int, DataKey]:
        """Many at once, in one statement for those that are not remembered. Destroyed ones are left out."""
        wanted, now = set(numbers), time.monotonic()
        found = {
            number: kept[1]
            for number in wanted
            if (kept := self._keys.get(number)) and kept[0] > now
        }
        missing = sorted(wanted - set(found))
        if missing:
            rows = [row for row in _select(_NUMBERED, [missing]) if row.state != DESTROYED]
            if parents := {Sealed(row.wrapped).key_number for row in rows if row.subject}:
                self.load(parents)
            found |= {row.number: self._unwrapped(row) for row in rows}
        return found

    def is_current(self, sealed: Sealed) -> bool:
        """Sealed as it would be sealed today. Costs nothing for what was sealed just now."""
        if sealed.fresh:
            return True
        return sealed.version == 2 and self.number(sealed.key_number).row.state == ACTIVE

    # ---- keys of one subject, wrapped by the key of the purpose ----

    def of_subject(self, purpose: str, subject: uuid.UUID) -> DataKey:
        return self.of_subjects(purpose, [subject])[subject]

    def of_subjects(self, purpose: str, subjects: Iterable[uuid.UUID]) -> dict[uuid.UUID, DataKey]:
        """Asked of the database each time, and made there where missing: a key that was rolled back must not be used."""
        wanted = sorted(set(subjects))
        found = self._find(purpose, wanted)
        if missing := [subject for subject in wanted if subject not in found]:
            self._make_for(purpose, missing)
            found |= self._find(purpose, missing)
        return found

    def _find(self, purpose: str, subjects: list[uuid.UUID]) -> dict[uuid.UUID, DataKey]:
        rows = _select(_OF_SUBJECTS, [purpose, [str(subject) for subject in subjects]])
        return {row.subject: self._unwrapped(row) for row in rows if row.subject}

    def _make_for(self, purpose: str, subjects: list[uuid.UUID]) -> None:
        parent, algorithm = self.active(purpose), current_algorithm()
        wrapped = []
        for subject in subjects:
            row = Row(0, purpose, subject, algorithm.value, b"", ACTIVE)
            wrapped.append(bytes(parent.close(os.urandom(algorithm.key_bytes), row.context)))
        _insert(purpose, algorithm, ACTIVE, [subject.hex for subject in subjects], wrapped)

    # ---- keys of the blind indexes ----

    def index(self) -> IndexKeys:
        return self._index_of(self.general())

    def index_for_writing(self) -> IndexKeys:
        """Read and locked in the writer's own transaction: a rotation's swap waits for it, and it never sees half a swap."""
        held = _held.get()
        if held is not None:
            return held
        lock = " FOR SHARE" if connection.in_atomic_block else ""
        return self._index_of(_select(f"{_GENERAL} AND purpose = '{INDEX}'{lock}", []))

    @contextmanager
    def index_held(self) -> Iterator[None]:
        """One look for all rows of a loader."""
        with transaction.atomic():
            token = _held.set(self.index_for_writing())
            try:
                yield
            finally:
                _held.reset(token)

    def _index_of(self, rows: list[Row]) -> IndexKeys:
        keys = {row.state: row for row in rows if row.purpose == INDEX}
        if ACTIVE not in keys:
            raise ImproperlyConfigured(
                "There is no key for blind indexes: run `manage.py migrate`, which makes it."
            )
        return IndexKeys(
            active=self._unwrapped(keys[ACTIVE]),
            coming=self._unwrapped(keys[COMING]) if COMING in keys else None,
            retiring=(self._unwrapped(keys[RETIRING]),) if RETIRING in keys else (),
        )

    # ---- ----

    def _unwrapped(self, row: Row) -> DataKey:
        now = time.monotonic()
        kept = self._keys.get(row.number)
        if kept and kept[0] > now and kept[1].row == row:
            return kept[1]
        key = DataKey(row, self._secret(row))
        with self._lock:
            if len(self._keys) >= REMEMBERED:
                self._keys.clear()
            self._keys[row.number] = (self._until(), key)
        return key

    def _secret(self, row: Row) -> bytes:
        if row.subject:
            wrapped = Sealed(row.wrapped)
            return self.number(wrapped.key_number, row.context).open(wrapped, row.context)
        return wrapper().unwrap(row.wrapped, row.context)

    @staticmethod
    def _until() -> float:
        return time.monotonic() + settings.KEY_CACHE_SECONDS


keyring = Keyring()


def current_algorithm() -> Algorithm:
    try:
        return Algorithm(settings.FIELD_ALGORITHM)
    except ValueError as error:
        names = ", ".join(each.value for each in Algorithm)
        raise ImproperlyConfigured(f"FIELD_ALGORITHM must be one of {names}.") from error


def make_first_keys() -> list[str]:
    """The purposes that had no key yet. Run by `migrate`, outside of business transactions."""
    keyring.forget()
    present = {row.purpose for row in keyring.general() if row.state == ACTIVE}
    made = sorted({INDEX, *keyring.purposes} - present)
    for purpose in made:
        make_key(purpose, ACTIVE)
    keyring.forget()
    return made


def make_key(purpose: str, state: str) -> None:
    algorithm, secret = current_algorithm(), b""
    if purpose == INDEX:
        secret = os.urandom(KEY_BYTES)
        if settings.BLIND_INDEX_KEY and state == ACTIVE:  # the key in use before keys were wrapped
            secret = decode(settings.BLIND_INDEX_KEY, "BLIND_INDEX_KEY")
            algorithm = Algorithm.AES if keyring.version_1_is_met() else algorithm
    secret = secret or os.urandom(algorithm.key_bytes)
    row = Row(0, purpose, None, algorithm.value, b"", state)
    _insert(purpose, algorithm, state, [""], [wrapper().wrap(secret, row.context)])


def _select(statement: str, parameters: list) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [
            Row(number, purpose, subject, algorithm, bytes(wrapped), state)
            for number, purpose, subject, algorithm, wrapped, state in cursor.fetchall()
        ]


def _insert(
    purpose: str, algorithm: Algorithm, state: str, subjects: list[str], wrapped: list[bytes]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [purpose, algorithm.value, state, subjects, wrapped])


def check_settings() -> None:
    """Raises ImproperlyConfigured for keys that cannot be used or are one and the same."""
    current_algorithm()
    secrets = list(ring().values())
    if settings.BLIND_INDEX_KEY:
        secrets.append(decode(settings.BLIND_INDEX_KEY, "BLIND_INDEX_KEY"))
    if len(set(secrets)) < len(secrets):
        raise ImproperlyConfigured("BLIND_INDEX_KEY must not be one of FIELD_KEYS.")
