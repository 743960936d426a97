"""A backup put into an empty database, and what came out compared with what went in."""

from dataclasses import dataclass, field
from pathlib import Path

from django.core.files.storage import FileSystemStorage, Storage
from psycopg2 import sql
from psycopg2.errors import InsufficientPrivilege

from core.recovery import backups, database, erasures, files, needs, programs
from core.recovery.errors import Trouble


@dataclass
class Compared:
    """What the restored database has, beside the sentences about what differs."""

    tables: int = 0
    rows: int = 0
    rows_differ: list[str] = field(default_factory=list)
    catalogue_differs: list[str] = field(default_factory=list)
    erased: erasures.Erased = erasures.NOBODY

    @property
    def differences(self) -> list[str]:
        return self.rows_differ + self.catalogue_differs


def restore(
    folder: Path,
    where: database.Address,
    *,
    storage: Storage | None = None,
    make_roles: bool = False,
) -> Compared:
    """Everything is checked before the first row is written; the rows come in one transaction.

    After they were compared, the children of the erasure ledger are erased again.
    """
    backup = backups.opened(folder)
    _check(backup)
    erasures.ledger()  # one that cannot be read stops the restore before it begins
    fill(backup, where, make_roles=make_roles)
    if storage is not None:
        files.give_back(backup.pool(), backup.stored(), storage)
    compared = compare(backup, where)
    _forget_left_out(where)
    compared.erased = erasures.apply(where, _folder_of(storage))
    return compared


def fill(backup: backups.Backup, where: database.Address, *, make_roles: bool) -> None:
    with database.connected(where) as connection:
        server = database.major(connection)
        if not database.is_empty(connection):
            raise Trouble("The database is not empty. A backup is restored into an empty one only.")
        if server < backup.manifest["server"]:
            raise Trouble(
                f"The backup is of PostgreSQL {backup.manifest['server']}, this server is {server}."
            )
        _roles(connection, backup.manifest, make=make_roles)
    program = programs.tool("pg_restore", server)
    command: list[str | Path] = [
        program,
        f"--dbname={where['dbname']}",
        "--exit-on-error",
        "--single-transaction",
    ]
    command += ["--no-password"]
    programs.feed(command, database.environment(where), backup.pieces(backups.DUMP))


def compare(backup: backups.Backup, where: database.Address) -> Compared:
    said = backup.manifest
    moving = set(said.get("moving", []))
    with database.connected(where, snapshot=True) as connection:
        tables = database.tables(connection)
        return Compared(
            tables=len(tables),
            rows=sum(each["rows"] for each in tables.values()),
            rows_differ=[
                *database.differences(
                    {name: each for name, each in said["tables"].items() if name not in moving},
                    {name: each for name, each in tables.items() if name not in moving},
                ),
                *database.sequence_differences(said["sequences"], database.sequences(connection)),
            ],
            catalogue_differs=database.catalogue_differences(
                said["catalogue"], database.catalogue(connection)
            ),
        )


def _folder_of(storage: Storage | None) -> Path | None:
    return Path(storage.location) if isinstance(storage, FileSystemStorage) else None


def folder_storage(folder: Path) -> FileSystemStorage:
    return FileSystemStorage(location=str(folder))


def _check(backup: backups.Backup) -> None:
    if backup.manifest["kind"] != backups.LOGICAL:
        raise Trouble(
            "This is a backup of a whole data folder. Unpack it with --into FOLDER and start "
            "PostgreSQL there; docs/runbook.md has the steps."
        )
    needs.check(backup.manifest)
    missing = [
        each.path for each in backup.stored() if not backup.pool().path(each.object).is_file()
    ]
    if missing:
        raise Trouble(
            f"{len(missing)} uploaded files are missing from the backup, the first is {missing[0]}."
        )


def _roles(connection, said: dict, *, make: bool) -> None:
    there = {name for (name,) in database.rows(connection, "SELECT rolname FROM pg_roles")}
    missing = [role for role in said["roles"] if role["name"] not in there]
    if missing and not make:
        names = ", ".join(role["name"] for role in missing)
        raise Trouble(
            f"The server lacks the roles {names}. Make them with their passwords first, or give "
            "--make-roles to make them without any."
        )
    statements = [_role(role) for role in missing]
    statements += [
        sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(member))
        for group, member in said["members"]
        if member in {role["name"] for role in missing}
    ]
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    except InsufficientPrivilege as error:
        raise Trouble(f"Roles cannot be made by {connection.info.user}: {error}".strip()) from error


def _role(role: dict) -> sql.Composed:
    words = "LOGIN" if role["login"] else "NOLOGIN"
    if role["bypassrls"]:
        words += " BYPASSRLS"
    return sql.SQL("CREATE ROLE {} " + words).format(sql.Identifier(role["name"]))


def _forget_left_out(where: database.Address) -> None:
    """Rows that name a file which backups leave out name none from now on."""
    with database.connected(where) as connection, connection.cursor() as cursor:
        for table, column in files.LEFT_OUT:
            cursor.execute(
                sql.SQL("UPDATE {} SET {} = '' WHERE {} <> ''").format(
                    sql.Identifier(table), sql.Identifier(column), sql.Identifier(column)
                )
            )
