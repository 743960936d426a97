import json
import sys

from django.core.management.base import BaseCommand

from core import rls
from core.recovery import checks


class Command(BaseCommand):
    help = "Looks whether this database works: migrations, sealed values, audit chain, sign-in. Changes nothing."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--json", action="store_true")

    @rls.system("command: check_restored")
    def handle(self, **options) -> None:
        done = checks.all_checks()
        if options["json"]:
            self.stdout.write(json.dumps([check.as_dict() for check in done]))
        else:
            for check in done:
                self.stdout.write(
                    f"{'ok   ' if check.ok else 'WRONG'} {check.name}: {check.detail}"
                )
        if not all(check.ok for check in done):
            sys.exit(1)
