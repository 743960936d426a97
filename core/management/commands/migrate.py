import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections, transaction
from psycopg2.errors import LockNotAvailable

from core.postgres import grants, owner, roles

PAUSE_SECONDS = 0.5  # in which the others pass


class Command(migrate.Command):
    """Django's own, signed in as the owner (MIGRATE_DATABASE_URL); then each role is granted its tables."""

    def handle(self, *args, **options) -> None:
        alias = options["database"]
        runtime = connections[alias].settings_dict
        password = runtime["PASSWORD"] if runtime["USER"] == roles.RUNTIME else ""
        with owner.as_owner(alias):
            make_roles(connections[alias], password)
            with patient(connections[alias]):
                self.until_the_locks_are_free(lambda: super(Command, self).handle(*args, **options))
            with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
                grants.grant_all(cursor)

    def until_the_locks_are_free(self, work: Callable[[], object]) -> None:
        """Whoever wants a lock lets nobody else pass while it waits, so it waits shortly and tries again.

        What was migrated stays; a migration that is one transaction starts anew as if it had not been tried.
        """
        until = time.monotonic() + settings.MIGRATE_PATIENCE_SECONDS
        while True:
            try:
                work()
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable) or time.monotonic() > until:
                    raise
                self.stdout.write("A table is in use; trying again.")
                time.sleep(PAUSE_SECONDS)
            else:
                return


@contextmanager
def patient(connection) -> Iterator[None]:
    """Time-outs as options of the connection (docs/adr/0012-migrations.md): a SET inside the transaction would be
    undone by the ROLLBACK that it causes, and the next try would wait without an end."""
    options = connection.settings_dict.setdefault("OPTIONS", {})
    before = dict(options)
    options["options"] = " ".join(
        filter(
            None,
            [
                before.get("options"),
                f"-c lock_timeout={settings.MIGRATE_LOCK_MS}",
                f"-c statement_timeout={settings.MIGRATE_STATEMENT_SECONDS * 1000}",
            ],
        )
    )
    connection.close()
    try:
        yield
    finally:
        connection.close()
        options.clear()
        options.update(before)


def make_roles(connection, password: str) -> None:
    """Raises CommandError with what a superuser has to run, where the owner may not make roles."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        me, may = cursor.fetchone()
        cursor.execute(roles.missing(me))
        missing = [name for (name,) in cursor.fetchall()]
        if missing and not may:
            raise CommandError(
                f"The database lacks {', '.join(missing)}. As a superuser of the server run:\n"
                f"{roles.making(me)}"
            )
        if missing:
            cursor.execute(roles.making(me, password))
