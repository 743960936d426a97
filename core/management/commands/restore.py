from pathlib import Path

import environ
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.recovery import backups, database, needs, physical, restoring
from core.recovery.errors import Trouble


class Command(BaseCommand):
    help = "Puts a backup into an empty database and compares every row with what was saved."
    requires_system_checks = []  # the database of the settings may be the one that was lost

    def add_arguments(self, parser) -> None:
        parser.add_argument("backup", type=Path, help="folder of one backup")
        parser.add_argument(
            "--database-url", help="the empty database, by a login that may make everything"
        )
        parser.add_argument("--files", type=Path, help="where uploads go; usually DATA_DIR/files")
        parser.add_argument(
            "--make-roles", action="store_true", help="make missing database roles, no passwords"
        )
        parser.add_argument(
            "--into", type=Path, help="unpack a backup of a whole data folder into this folder"
        )

    def handle(self, *, backup, database_url, files, make_roles, into, **options) -> None:
        try:
            if into:
                self.unpack(backup, into)
                return
            compared = restoring.restore(
                backup,
                self.address(database_url),
                storage=restoring.folder_storage(files or settings.DATA_DIR / "files"),
                make_roles=make_roles,
            )
        except Trouble as trouble:
            raise CommandError(str(trouble)) from trouble
        self.stdout.write(f"{compared.tables} tables, {compared.rows:,} rows")
        for sentence in compared.differences:
            self.stderr.write(sentence)
        if compared.differences:
            raise CommandError(f"{len(compared.differences)} differences from the backup.")
        self.stdout.write("No difference from the backup. Now: manage.py check_restored")

    def address(self, url: str | None) -> database.Address:
        return database.address(environ.Env.db_url_config(url)) if url else database.own_address()

    def unpack(self, backup: Path, into: Path) -> None:
        found = backups.opened(backup)
        needs.check(found.manifest)
        if found.manifest["kind"] != backups.PHYSICAL:
            raise Trouble("--into is for backups of a whole data folder.")
        physical.unpack(found.pieces(backups.DUMP), into)
        physical.verify(into, found.manifest["server"])
        self.stdout.write(f"{into} is complete. docs/runbook.md says how to start it.")
