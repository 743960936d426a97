import json
from collections.abc import Iterable

import structlog
from django.db import connection, models
from django.db.transaction import TransactionManagementError

from core.models.audit_event import AuditEvent
from core.scoping import Actor


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
) -> AuditEvent:
    """One row in the transaction of the deed itself, so that neither stays without the other.

    `data` is ids, counts and field names. No actor means the system or somebody not signed in.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError(
            f"{action} must be recorded in the transaction that does it."
        )
    return _write(
        actor,
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        institution_id=institution_id,
        region_path=region_path,
        child_ids=child_ids,
        outcome=outcome,
        data=data or {},
    )


def viewed(
    *,
    actor: Actor,
    child_ids: Iterable[int],
    fields: Iterable[str],
    purpose: str = "",
    institution_id: int | None = None,
    region_path: str = "",
) -> AuditEvent:
    """Somebody read sensitive fields of these children. `purpose` is a code such as "vaccination_check"."""
    return _write(
        actor,
        action="child.viewed",
        institution_id=institution_id,
        region_path=region_path,
        child_ids=child_ids,
        data={"fields": sorted(fields)} | ({"purpose": purpose} if purpose else {}),
    )


def _write(actor: Actor | None, *, institution_id, region_path, child_ids, **values) -> AuditEvent:
    if actor is not None:
        values |= {
            "actor_user_id": actor.user_id,
            "actor_name": actor.name,
            "actor_role": actor.role,
        }
        institution_id = institution_id or actor.institution_id
        region_path = region_path or actor.region_path
    event = AuditEvent(
        institution_id=institution_id,
        region_path=region_path,
        child_ids=sorted(child_ids),
        request_id=structlog.contextvars.get_contextvars().get("request_id", "")[
            :40
        ],  # a client may name it
        **values,
    )
    _insert(event)
    return event


_COLUMNS = (
    "actor_user_id",
    "actor_name",
    "actor_role",
    "action",
    "subject_type",
    "subject_id",
    "child_ids",
    "institution_id",
    "region_path",
    "request_id",
    "outcome",
)
_INSERT = (
    f"INSERT INTO core_auditevent ({', '.join(_COLUMNS)}, data)"  # noqa: S608 -- our own columns
    f" VALUES ({', '.join(['%s'] * len(_COLUMNS))}, %s::jsonb) RETURNING id, at"
)


def _insert(event: AuditEvent) -> None:
    """Every write of the system comes through here, so the statement is not composed anew each time."""
    values = [getattr(event, column) for column in _COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [*values, json.dumps(event.data)])
        event.pk, event.at = cursor.fetchone()
