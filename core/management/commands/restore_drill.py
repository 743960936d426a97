from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from core import rls
from core.recovery import drill
from core.recovery.errors import Trouble


class Command(BaseCommand):
    help = "Restores a backup into a scratch server, compares every row and tries it out. Exit 1 on any difference."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--from", dest="backup", type=Path, help="folder of one backup; usually the newest"
        )

    @rls.system("command: restore_drill")
    def handle(self, *, backup, **options) -> None:
        try:
            report = drill.drill(backup)
        except Trouble as trouble:
            raise CommandError(f"The backup was refused: {trouble}") from trouble
        for check in report["checks"]:
            said = "ok   " if check["ok"] else "WRONG"
            self.stdout.write(f"{said} {check['name']}: {check['detail']}")
        for sentence in report["sentences"]:
            self.stderr.write(sentence)
        if not report["ok"]:
            raise CommandError("The restored database is not what was saved.")
        self.stdout.write(
            f"{report['tables']} tables and {report['rows']:,} rows equal, {report['seconds']} s"
        )
