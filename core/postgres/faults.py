from typing import Any

from django.db import OperationalError

QUERY_CANCELED = "57014"


def is_cut_off(exc: Exception) -> bool:
    """The statement ran into settings.STATEMENT_SECONDS."""
    cause: Any = exc.__cause__
    return isinstance(exc, OperationalError) and getattr(cause, "pgcode", "") == QUERY_CANCELED
