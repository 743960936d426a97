"""The disk of the database is full: a write is undone whole, reads go on."""

import psycopg2

DISK_FULL = "53100"


def ran_out(exc: BaseException | None) -> bool:
    cause = exc.__cause__ if exc else None
    return isinstance(cause, psycopg2.Error) and cause.pgcode == DISK_FULL
