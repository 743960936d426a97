from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections, transaction

from core.postgres import grants, owner, roles


class Command(migrate.Command):
    """Django's own, signed in as the owner (MIGRATE_DATABASE_URL); then each role is granted its tables."""

    def handle(self, *args, **options) -> None:
        alias = options["database"]
        runtime = connections[alias].settings_dict
        password = runtime["PASSWORD"] if runtime["USER"] == roles.RUNTIME else ""
        with owner.as_owner(alias):
            make_roles(connections[alias], password)
            super().handle(*args, **options)
            with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
                grants.grant_all(cursor)


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
