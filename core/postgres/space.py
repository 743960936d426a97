"""The disk of the database is full: a write is undone whole, reads go on."""

import psycopg2

DISK_FULL = "53100"


def ran_out(exc: BaseException) -> bool:
    cause = exc.__cause__
    return isinstance(cause, psycopg2.Error) and cause.pgcode == DISK_FULL
