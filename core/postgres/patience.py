"""How long the database works on one statement, and waits inside a transaction, before it ends it."""

import psycopg2

STATEMENT_TOO_LONG = "57014"  # query_canceled
IDLE_TOO_LONG = "25P03"  # idle_in_transaction_session_timeout


def bound(connection, *, statement_seconds: int, idle_seconds: int) -> None:
    """As options of each new connection, so that they hold before its first statement. Zero is no bound."""
    options = connection.settings_dict.setdefault("OPTIONS", {})
    said = [
        f"-c statement_timeout={statement_seconds * 1000}",
        f"-c idle_in_transaction_session_timeout={idle_seconds * 1000}",
    ]
    options["options"] = " ".join([*filter(None, [options.get("options")]), *said])
    connection.close()


def ran_out(exc: BaseException) -> bool:
    """Whether the database ended a statement, or a transaction with its connection; whoever then speaks on that
    connection mostly hears only that it is gone."""
    cause = exc.__cause__
    if not isinstance(cause, psycopg2.Error):
        return False
    if cause.pgcode is not None:
        return cause.pgcode in (STATEMENT_TOO_LONG, IDLE_TOO_LONG)
    return cause.cursor is not None and bool(cause.cursor.connection.closed)
