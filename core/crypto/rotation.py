"""New keys for old ones, while the system runs.

What is left to do is read from the rows themselves, so a rotation that was killed goes on where it stood. Reads never fail:
every key opens until no row stands under it and it has been retired.

A purpose: a new active key is made and the old one retires; values under any key that is not active are sealed anew, batch by
batch, each batch in a transaction that locks its rows. A blind index: the new key is "coming" while a second column is
filled; then both columns and keys are exchanged in one transaction, which waits for those who are writing.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, Func, Q
from django.db.models.expressions import RawSQL

from core import audit
from core.calendar import now
from core.crypto.fields import BlindIndexField, EncryptedTextField
from core.crypto.keyring import (
    ACTIVE,
    COMING,
    INDEX,
    RETIRED,
    RETIRING,
    VERSION_1,
    Erased,
    keyring,
    make_key,
)
from core.crypto.sealing import Sealed
from core.crypto.values import unseal
from core.crypto.wrapping import wrapper
from core.errors import Refused
from core.models.crypto_key import CryptoKey

WRITERS_SECONDS = 60  # how long an open transaction may hold a rotation up
KEPT_SECONDS = 24 * 3600  # a retired key, for whoever wrote back what was read before the rotation

Say = Callable[[str], None]

_KEY = "('x' || encode(substring(%(expressions)s from 3 for 4), 'hex'))::bit(32)::bigint"
_NOT_CURRENT = (
    "(octet_length(%(expressions)s) > 0 AND NOT (get_byte(%(expressions)s, 0) = 2 AND EXISTS ("  # noqa: S608 -- names of our own models
    "SELECT 1 FROM crypto_key k WHERE k.state = 'active' AND k.id = " + _KEY + ")))"
)
_VERSION_1 = "(octet_length(%(expressions)s) > 0 AND get_byte(%(expressions)s, 0) = 1)"


@dataclass(frozen=True)
class Done:
    resealed: int
    indexed: int
    retired: int


def sealed_fields(purpose: str | None = None) -> Iterator[EncryptedTextField]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField) and purpose in (None, field.purpose):
                yield field


def index_fields() -> Iterator[BlindIndexField]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, BlindIndexField):
                yield field


def purposes() -> list[str]:
    return sorted({INDEX, *keyring.purposes})


def unfinished() -> list[str]:
    found = CryptoKey.objects.filter(state__in=[COMING, RETIRING]).values_list("purpose", flat=True)
    return sorted(set(found) - {VERSION_1})


def not_current(field: EncryptedTextField) -> models.QuerySet:
    """Rows whose value stands under a key that is not active."""
    return _rows(field, _NOT_CURRENT)


def _rows(field: EncryptedTextField, template: str) -> models.QuerySet:
    test = Func(F(field.name), template=template, output_field=models.BooleanField())
    return models.QuerySet(field.model).alias(chosen=test).filter(chosen=True)


def rotate(*, purpose: str, batch: int, say: Say, resume: bool = False) -> Done:
    """Raises Refused `rotation_unfinished`, `nothing_to_resume`, `writers_open`."""
    if (purpose in unfinished()) != resume:
        raise _refusal(purpose, resume=resume)
    rewrap()
    if not resume:
        _start(purpose)
    done = (_rotate_index if purpose == INDEX else _rotate_values)(purpose, batch, say)
    with transaction.atomic():
        audit.record(actor=None, action="keys.rotated", data={"purpose": purpose} | vars(done))
    return done


def _refusal(purpose: str, *, resume: bool) -> Refused:
    if resume:
        return Refused(f"No rotation of {purpose} is unfinished.", "nothing_to_resume")
    return Refused(
        f"A rotation of {purpose} is unfinished: go on with --resume.", "rotation_unfinished"
    )


@transaction.atomic
def rewrap() -> int:
    """Wrap what an older key-encryption key wrapped with the newest one. Values are not touched."""
    keys = CryptoKey.objects.filter(subject=None).exclude(wrapped=b"")
    stale = [key.pk for key in keys if not wrapper().is_newest(bytes(key.wrapped))]
    old = list(keys.filter(pk__in=stale).order_by("pk").select_for_update())
    for key in old:
        context = f"crypto_key|{key.purpose}||{key.algorithm}".encode()
        key.wrapped = wrapper().wrap(wrapper().unwrap(bytes(key.wrapped), context), context)
        key.save(update_fields=["wrapped"])
    if old:
        audit.record(actor=None, action="keys.rewrapped", data={"keys": [key.pk for key in old]})
    keyring.forget()
    return len(old)


@transaction.atomic
def _start(purpose: str) -> None:
    if purpose == INDEX:
        make_key(purpose, COMING)
    else:
        CryptoKey.objects.filter(purpose=purpose, state=ACTIVE).update(state=RETIRING)
        make_key(purpose, ACTIVE)
    audit.record(actor=None, action="keys.rotation_started", data={"purpose": purpose})
    keyring.forget()


# ---- values ----


def _rotate_values(purpose: str, batch: int, say: Say) -> Done:
    fields = list(sealed_fields(purpose))
    resealed = sum(reseal(field, batch, say) for field in fields)
    _wait_for_writers(purpose)
    resealed += sum(reseal(field, batch, say) for field in fields)
    return Done(resealed=resealed, indexed=0, retired=_retire(purpose))


def reseal(field: EncryptedTextField, batch: int, say: Say) -> int:
    """Once through the table by primary key. Rows that were done before a kill are passed by."""
    last, done = None, 0
    while True:
        found = _reseal_batch(field, batch, last)
        if not found:
            return done
        last, done = found[-1], done + len(found)
        say(f"{field.model._meta.label}.{field.name}: {done}")


@transaction.atomic
def _reseal_batch(field: EncryptedTextField, batch: int, last) -> list:
    left = not_current(field)
    if last is not None:
        left = left.filter(pk__gt=last)
    rows = list(
        left.order_by("pk")
        .select_for_update()
        .values_list("pk", field.row_name, field.name)[:batch]
    )
    keyring.load({value.key_number for *_ids, value in rows if value.version == 2})
    texts = {pk: _opened(value, field.place(row)) for pk, row, value in rows}
    subjects = _subjects(field, [pk for pk, text in texts.items() if text])
    keys = keyring.of_subjects(field.purpose, set(subjects.values()))
    sealed: dict[object, bytes] = {}
    for pk, row, _value in rows:
        key = keys[subjects[pk]] if pk in subjects else keyring.active(field.purpose)
        sealed[pk] = key.close(texts[pk].encode(), field.place(row)) if texts[pk] else b""
    with _resealing():
        field.write(sealed)
    return [pk for pk, _row, _value in rows]


@contextmanager
def _resealing() -> Iterator[None]:
    """Tells the triggers that keep the history of rows that the text under a seal stays the same."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.resealing', 'on', true)")
        yield
        cursor.execute("SELECT set_config('app.resealing', '', true)")


def _opened(value: Sealed, place: bytes) -> str:
    """Blank for the value of somebody erased, which a restored row may have brought back."""
    try:
        return unseal(value, place)
    except Erased:
        return ""


def _subjects(field: EncryptedTextField, pks: list) -> dict:
    if not field.subject:
        return {}
    rows: models.QuerySet = models.QuerySet(field.model).filter(pk__in=pks)
    return dict(rows.values_list("pk", field.subject))


@transaction.atomic
def _retire(purpose: str) -> int:
    left = {str(field): not_current(field).count() for field in sealed_fields(purpose)}
    if any(left.values()):
        raise Refused(f"Rows still stand under the old key: {left}.", "rows_left")
    retiring = CryptoKey.objects.filter(purpose=purpose, state=RETIRING)
    retired = retiring.update(state=RETIRED, ended_at=now())
    if not any(_rows(field, _VERSION_1).exists() for field in sealed_fields()):
        CryptoKey.objects.filter(purpose=VERSION_1, state=RETIRING).update(
            state=RETIRED, ended_at=now()
        )
    return retired


def _wait_for_writers(purpose: str) -> None:
    """Until every process has noticed the new key, and whoever sealed with the old one has committed."""
    newest = CryptoKey.objects.filter(purpose=purpose, state__in=[ACTIVE, COMING], subject=None)
    age = (now() - newest.latest("created_at").created_at).total_seconds()
    time.sleep(max(0.0, settings.KEY_CACHE_SECONDS - age))
    until = time.monotonic() + WRITERS_SECONDS
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())")
        (horizon,) = cursor.fetchone()
        while time.monotonic() < until:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8", [horizon])
            if cursor.fetchone()[0]:
                return
            time.sleep(0.1)
    raise Refused("A transaction has been open for too long; go on with --resume.", "writers_open")


def forget_retired() -> int:
    """Delete keys that were retired a day ago and under which no row stands."""
    old = CryptoKey.objects.filter(
        Q(ended_at__lt=now() - dt.timedelta(seconds=KEPT_SECONDS)), state=RETIRED
    )
    for field in sealed_fields():
        table, column = field.model._meta.db_table, field.column
        key = _KEY % {"expressions": f't."{column}"'}
        old = old.filter(
            RawSQL(  # noqa: S611 -- our own names
                f'NOT EXISTS (SELECT 1 FROM "{table}" t WHERE octet_length(t."{column}") > 0'  # noqa: S608 -- names of our own models
                f' AND get_byte(t."{column}", 0) = 2 AND {key} = crypto_key.id)',
                [],
                output_field=models.BooleanField(),
            )
        )
    with transaction.atomic():
        subjects, _ = old.exclude(subject=None).delete()
        wrapping = {
            Sealed(wrapped).key_number
            for wrapped in CryptoKey.objects.exclude(subject=None)
            .exclude(wrapped=b"")
            .annotate(mark=Func(F("wrapped"), template="substring(%(expressions)s from 1 for 6)"))
            .values_list("mark", flat=True)
            .distinct()
        }
        alone, _ = old.filter(subject=None).exclude(pk__in=wrapping).delete()
    return subjects + alone


# ---- blind indexes ----


def _rotate_index(purpose: str, batch: int, say: Say) -> Done:
    keyring.forget()
    indexed = 0
    if CryptoKey.objects.filter(purpose=INDEX, state=COMING).exists():
        _wait_for_writers(purpose)
        keyring.forget()
        indexed = sum(_fill(field, batch, say) for field in index_fields())
        indexed += _swap(batch, say)
    retiring = CryptoKey.objects.filter(purpose=INDEX, state=RETIRING)
    return Done(resealed=0, indexed=indexed, retired=retiring.update(state=RETIRED, ended_at=now()))


def _fill(field: BlindIndexField, batch: int, say: Say) -> int:
    done = 0
    while found := _fill_batch(field, batch):
        done += found
        say(f"{field.model._meta.label}.{field.name}: {done}")
    return done


@transaction.atomic
def _fill_batch(field: BlindIndexField, batch: int) -> int:
    coming = keyring.index_for_writing().coming
    source = cast("EncryptedTextField", field.model._meta.get_field(field.source))
    left: models.QuerySet = models.QuerySet(field.model).filter(
        **{f"{field.name}__isnull": False, f"{field.next_name}__isnull": True}
    )
    rows = list(
        left.order_by("pk")
        .select_for_update()
        .values_list("pk", source.row_name, source.name)[:batch]
    )
    if not rows or coming is None:
        return 0
    keyring.load({value.key_number for *_ids, value in rows if value and value.version == 2})
    hashes = {pk: field.hashed(unseal(value, source.place(row)), coming) for pk, row, value in rows}
    key, table = field.model._meta.pk, field.model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" AS t SET "{field.next_name}" = made.hash'  # noqa: S608 -- our own names
            f" FROM unnest(%s::{key.rel_db_type(connection)}[], %s::bytea[]) AS made(pk, hash)"
            f' WHERE t."{key.column}" = made.pk',
            [list(hashes), list(hashes.values())],
        )
    return len(rows)


@transaction.atomic
def _swap(batch: int, say: Say) -> int:
    """The locked keys hold up whoever writes an index now; those before have committed and are filled in here."""
    keys = CryptoKey.objects.select_for_update().filter(purpose=INDEX, subject=None)
    states = {key.state: key for key in keys.order_by("pk")}
    filled = sum(_fill(field, batch, say) for field in index_fields())
    for field in index_fields():
        table, name = field.model._meta.db_table, field.column
        with connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{table}" SET "{name}" = "{field.next_name}", "{field.next_name}" = NULL'  # noqa: S608 -- names of our own models
                f' WHERE "{field.next_name}" IS NOT NULL'
            )
    CryptoKey.objects.filter(pk=states[ACTIVE].pk).update(state=RETIRING)
    CryptoKey.objects.filter(pk=states[COMING].pk).update(state=ACTIVE)
    keyring.forget()
    return filled


# ---- what there is ----


def report() -> Iterator[str]:
    """One line for each purpose and field, for people."""
    states = CryptoKey.objects.values("purpose", "state").annotate(keys=models.Count("pk"))
    for each in states.order_by("purpose", "state"):
        yield f"{each['purpose']:<12} {each['state']:<10} {each['keys']} key(s)"
    for field in sealed_fields():
        left = not_current(field).count()
        yield f"{field.model._meta.label}.{field.name}: {left} value(s) not under an active key"
