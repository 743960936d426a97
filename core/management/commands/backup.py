from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from core import rls
from core.recovery import backups
from core.recovery.errors import Trouble


class Command(BaseCommand):
    help = "Makes a backup of the database and the uploads: sealed, signed, complete or not at all."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--to", type=Path, help="folder of the backups; usually BACKUP_DIR")
        parser.add_argument(
            "--physical",
            action="store_true",
            help="the server's whole data folder by pg_basebackup, for point-in-time recovery",
        )
        parser.add_argument("--keep", type=int, help="so many are kept; usually BACKUP_KEEP")

    @rls.system("command: backup")
    def handle(self, *, to, physical, keep, **options) -> None:
        kind = backups.PHYSICAL if physical else backups.LOGICAL
        try:
            made = backups.make(to=to, kind=kind, keep=keep)
        except Trouble as trouble:
            raise CommandError(str(trouble)) from trouble
        said = made.manifest
        rows = sum(table["rows"] for table in said["tables"].values())
        self.stdout.write(
            f"{made.folder}\n{len(said['tables'])} tables, {rows:,} rows, {said['uploads']['count']:,} "
            f"uploads, {made.manifest['files'][backups.DUMP]['bytes']:,} bytes of database"
        )
        if absent := said["uploads"]["absent"]:
            self.stderr.write(
                f"{len(absent)} files that the database names are not there, the first is {absent[0]}."
            )
