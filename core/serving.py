"""What web, live and worker processes do before they serve: refuse an unsafe set-up, and bound every statement.

A database that is away keeps nobody from starting: its login is looked at when the first connection comes about.
"""

import asyncio

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections
from django.db.backends.signals import connection_created

from core import checks
from core.postgres import login, patience

logger = structlog.get_logger(__name__)


def begin(*, statement_seconds: int) -> None:
    """Raises ImproperlyConfigured with what is wrong."""
    if found := checks.unsafe_settings():
        raise _refusal(found)
    connection = connections["default"]
    patience.bound(
        connection,
        statement_seconds=statement_seconds,
        idle_seconds=settings.IDLE_IN_TRANSACTION_SECONDS,
    )
    connection_created.connect(refuse_power, dispatch_uid="core.serving.refuse_power")
    if _in_event_loop():  # where the database cannot be asked; the first connection is looked at
        return
    try:
        connection.ensure_connection()
    except OperationalError:
        logger.warning("the database does not answer yet")
    else:
        connection.close()  # none is carried over a fork


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def refuse_power(sender, connection, **_kwargs) -> None:
    """Until a login has been found harmless every connection is looked at; afterwards none."""
    found = login.powers(connection)
    if not found:
        connection_created.disconnect(dispatch_uid="core.serving.refuse_power")
    elif settings.DEMO_CITY_ALLOWED:
        logger.warning("unsafe login of the database", found=found)
    else:
        connection.close()
        raise _refusal(found)


def _refusal(found: list[str]) -> ImproperlyConfigured:
    return ImproperlyConfigured(" ".join([*found, "See docs/runbook.md."]))
