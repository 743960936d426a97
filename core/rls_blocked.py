"""The database refused what the program let through. The answer is 404; the record means that `visible_to` has a hole."""

from typing import Any

import structlog
from django.db import DatabaseError, transaction

from core import audit, rls

logger = structlog.get_logger(__name__)

INSUFFICIENT_PRIVILEGE = "42501"
OWN_TRIGGER = "exec_stmt_raise"  # a rule of ours that said no; another layer answers for those


def is_blocked(exc: Exception) -> bool:
    """By a policy or for want of a grant."""
    cause: Any = exc.__cause__
    if not isinstance(exc, DatabaseError) or getattr(cause, "pgcode", "") != INSUFFICIENT_PRIVILEGE:
        return False
    return cause.diag.source_function != OWN_TRIGGER


def note_blocked(request, exc: Exception) -> None:
    """In a transaction of its own, since that of the deed is gone."""
    cause: Any = exc.__cause__
    logger.error("row-level security blocked a request", said=cause.diag.message_primary)
    actor = getattr(request, "actor", None)
    with rls.system("audit: refused by the database"), transaction.atomic():
        audit.record(
            actor=actor,
            action="rls_blocked",
            outcome="refused",
            data={"table": cause.diag.table_name or ""},
        )
