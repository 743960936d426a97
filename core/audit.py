"""The audit trail: who did what, and who read what of whom. One writer, one chain for each record (docs/adr/0009).

The chain of an institution is locked from its record to the end of the transaction. So a record is the last thing a
transaction does, a transaction writes to one chain, and reads are written after the answer was made.
"""

import contextvars
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from django.db import connection, models, transaction
from django.db.transaction import TransactionManagementError

from core.scoping import Actor

VIEWED, DENIED = "child.viewed", "access.denied"
ACTIONS = {VIEWED, DENIED}  # said below, not by a caller
SAME_LOOK_MINUTES = 10  # the same look by the same person within so long is one record


def record(
    *,
    actor: Actor | None,
    action: str,
    subject: models.Model | None = None,
    institution_id: int | None = None,
    region_path: str = "",
    child_ids: Iterable[int] = (),
    outcome: str = "done",
    data: dict | None = None,
) -> None:
    """One row in the transaction of the deed itself, so that neither stays without the other.

    `data` is ids, counts and field names. No actor means the system or somebody not signed in.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError(
            f"{action} must be recorded in the transaction that does it."
        )
    marks = _marks(actor, institution_id, region_path, action=action, outcome=outcome)
    marks["child_ids"] = sorted(child_ids)
    if subject is not None:
        marks["subject_type"], marks["subject_id"] = subject._meta.label_lower, str(subject.pk)
    marks["data"] = _json(_device(actor) | (data or {}))
    connection.execute_with_next(_INSERT, marks)  # type: ignore[attr-defined]  # of core.postgres


def viewed(
    *,
    actor: Actor,
    child_ids: Iterable[int],
    fields: Iterable[str],
    purpose: str = "",
    institution_id: int | None = None,
    region_path: str = "",
    each_time: bool = False,
) -> None:
    """Somebody read sensitive fields of these children. `purpose` is a code such as "vaccination_check".

    Within a request it is written once the answer is made, merged with the request's other reads. The same person
    reading the same fields of a child for the same purpose within ten minutes leaves one record, unless `each_time`.
    """
    children = frozenset(child_ids)
    if not children:
        return
    read = _Read(
        actor=actor,
        place=(institution_id or actor.institution_id, region_path or actor.region_path),
        purpose=purpose,
        fields=frozenset(fields),
        children=children,
        each_time=each_time,
    )
    waiting = _waiting.get()
    if waiting is None:
        _write_reads([read])
    else:
        waiting.append(read)


def denied(*, actor: Actor, view: str, method: str, status: int, ids: Iterable[int] = ()) -> None:
    """Somebody asked for what is closed to that person, or is not there for that person."""
    ids = list(ids)
    look = f"{actor.role}|{DENIED}|{method} {view} {status}"[:240]
    with transaction.atomic(savepoint=False):
        _write_look(
            actor,
            look=look,
            things=[zlib.crc32(repr(ids).encode())],
            institution_id=actor.institution_id,
            region_path=actor.region_path,
            values={
                "action": DENIED,
                "outcome": "refused",
                "data": _device(actor)
                | {"view": view, "method": method, "status": status, "ids": ids},
            },
        )


@dataclass(frozen=True, kw_only=True)
class _Read:
    actor: Actor
    place: tuple[int | None, str]
    purpose: str
    fields: frozenset[str]
    children: frozenset[int]
    each_time: bool


_waiting: contextvars.ContextVar[list[_Read] | None] = contextvars.ContextVar(
    "audit_reads", default=None
)


@contextmanager
def reads_at_the_end() -> Iterator[list[_Read]]:
    """Reads in this block are kept in the list it gives; `write_reads` stores them."""
    waiting: list[_Read] = []
    token = _waiting.set(waiting)
    try:
        yield waiting
    finally:
        _waiting.reset(token)


def write_reads(reads: list[_Read]) -> None:
    if reads:
        _write_reads(reads)


def _write_reads(reads: Iterable[_Read]) -> None:
    """Sorted by chain, so that two people who read of several institutions at once wait for each other in one order."""
    with transaction.atomic(savepoint=False):
        for actor, place, purpose, each_time, fields, children in _merged(reads):
            data = _device(actor) | {"fields": fields} | ({"purpose": purpose} if purpose else {})
            look = "" if each_time else f"{actor.role}|{purpose}|{','.join(fields)}"[:240]
            _write_look(
                actor,
                look=look,
                things=children,
                institution_id=place[0],
                region_path=place[1],
                values={"action": VIEWED, "data": data},
                children=True,
            )


def _merged(reads: Iterable[_Read]) -> list[tuple]:
    """All fields read of a child for one purpose in one record, and children of whom the same was read together."""
    fields_of: dict[tuple, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for read in reads:
        group = fields_of[read.actor, read.place, read.purpose, read.each_time]
        for child in read.children:
            group[child] |= read.fields
    rows = []
    for (actor, place, purpose, each_time), of_child in fields_of.items():
        together: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for child, fields in of_child.items():
            together[tuple(sorted(fields))].append(child)
        rows += [
            (actor, place, purpose, each_time, list(fields), sorted(children))
            for fields, children in together.items()
        ]
    return sorted(rows, key=lambda row: (row[1][0] or 0, row[1][1], row[2], row[4], row[5]))


def _write_look(actor: Actor, *, look, things, institution_id, region_path, values, children=False):
    """Store a record of the things not looked at in this way within the last minutes; of none, no record."""
    marks = _marks(actor, institution_id, region_path, **values) | {
        "data": _json(values["data"]),
        "viewer": actor.user_id,
        "look": look,
        "things": things,
        "children": children,
        "minutes": SAME_LOOK_MINUTES,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOOK if look else _LOOK_EACH_TIME, marks)


def _marks(
    actor: Actor | None, institution_id: int | None, region_path: str, **said: object
) -> dict:
    """A value for each column of a record, a model instance of which would cost every write of the system."""
    request = structlog.contextvars.get_contextvars().get("request_id", "")
    marks = _BLANK | {
        "institution_id": institution_id,
        "region_path": region_path,
        "request_id": request[:40],  # a client may name it
    }
    if actor is not None:
        marks |= {
            "actor_user_id": actor.user_id,
            "actor_name": actor.name,
            "actor_role": actor.role,
            "institution_id": institution_id or actor.institution_id,
            "region_path": region_path or actor.region_path,
        }
    return marks | said


def _device(actor: Actor | None) -> dict:
    """The tablet on which the person is signed in by PIN."""
    return {} if actor is None or actor.device_id is None else {"device": actor.device_id}


def _json(data: dict) -> str:
    return json.dumps(data, ensure_ascii=False)


_BLANK = {
    "actor_user_id": None,
    "actor_name": "",
    "actor_role": "",
    "action": "",
    "subject_type": "",
    "subject_id": "",
    "institution_id": None,
    "region_path": "",
    "request_id": "",
    "outcome": "done",
}
_INTO = f"INSERT INTO core_auditevent ({', '.join(_BLANK)}, child_ids, data)"
_NAMED = ", ".join(f"%({name})s" for name in _BLANK)
# Every write of the system comes through here, so the statement is not composed anew each time.
_INSERT = f"{_INTO} VALUES ({_NAMED}, %(child_ids)s, %(data)s::jsonb)"
_LOOK_EACH_TIME = f"{_INTO} SELECT {_NAMED}, %(things)s::bigint[], %(data)s::jsonb"
_LOOK = f"""
WITH fresh AS (
    INSERT INTO core_auditread AS known (viewer, what, thing, at)
    SELECT %(viewer)s, %(look)s, thing, now() FROM unnest(%(things)s::bigint[]) AS thing
     WHERE NOT EXISTS (
        SELECT FROM core_auditread r
         WHERE r.viewer = %(viewer)s AND r.what = %(look)s AND r.thing = thing.thing
           AND r.at >= now() - make_interval(mins => %(minutes)s))
     ORDER BY thing
    ON CONFLICT (viewer, what, thing) DO UPDATE SET at = EXCLUDED.at
     WHERE known.at < now() - make_interval(mins => %(minutes)s)
    RETURNING thing
)
{_INTO}
SELECT {_NAMED}, CASE WHEN %(children)s THEN array_agg(thing ORDER BY thing) ELSE '{{}}' END, %(data)s::jsonb
  FROM fresh HAVING count(*) > 0
"""  # noqa: S608 -- names of our own models


@contextmanager
def linked_afterwards() -> Iterator[None]:
    """For a made-up past of a million rows: they are linked at the end of the block, each chain's head written once.

    Only the owner of the table can do it, and nobody else writes until the transaction ends.
    """
    names = ("core_auditevent", "core_auditchain")
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
        yield
        cursor.execute("SELECT core_audit_link_waiting()")
        for name, triggers in TRIGGERS.items():
            for trigger in triggers:
                cursor.execute(f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER {trigger}")


TRIGGERS = {
    "core_auditevent": ("core_audit_link", "core_audit_keep", "core_audit_keep_all"),
    "core_auditchain": ("core_audit_head", "core_audit_head_keep", "core_audit_head_keep_all"),
}
