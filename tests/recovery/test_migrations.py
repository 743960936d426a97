"""A migration never holds up the others: it waits shortly for its lock, lets them pass, and tries again."""

import psycopg2
import pytest
from django.db import OperationalError, connections

from core.management.commands import migrate


def locked(code: str = "55P03") -> OperationalError:
    error = OperationalError("canceling statement due to lock timeout")
    cause = psycopg2.errors.LockNotAvailable if code == "55P03" else psycopg2.errors.DiskFull
    error.__cause__ = cause()
    return error


def test_migration_tries_again_until_the_lock_is_free(monkeypatch):
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0)
    answers = iter([locked(), locked(), None])
    tried = []

    def work():
        tried.append(1)
        if error := next(answers):
            raise error

    migrate.Command().until_the_locks_are_free(work)

    assert len(tried) == 3


def test_another_error_ends_it_at_once(monkeypatch):
    def work():
        raise locked("53100")

    with pytest.raises(OperationalError):
        migrate.Command().until_the_locks_are_free(work)


def test_patience_ends(settings, monkeypatch):
    settings.MIGRATE_PATIENCE_SECONDS = -1

    def work():
        raise locked()

    with pytest.raises(OperationalError):
        migrate.Command().until_the_locks_are_free(work)


@pytest.mark.django_db(transaction=True)
def test_time_outs_are_options_of_the_connection_and_outlive_a_rollback():
    """And they are gone afterwards: a request must not inherit them."""
    connection = connections["default"]
    before = shown(connection)

    with migrate.patient(connection):
        inside = shown(connection)
        connection.set_autocommit(False)
        connection.rollback()
        connection.set_autocommit(True)
        assert shown(connection) == inside == ("200ms", "15min")

    assert shown(connection) == before


def shown(connection) -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        )
        return cursor.fetchone()
