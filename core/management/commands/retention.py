from django.core.management.base import BaseCommand

from core import retention, rls


class Command(BaseCommand):
    help = "Deletes what has been kept long enough (config/retention.py), as the schedule does every night."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    @rls.system("command: retention")
    def handle(self, *, dry_run, **options) -> None:
        report = retention.look() if dry_run else retention.apply()
        for each in report.outcomes:
            term = "never deleted" if each.days is None else f"{each.days} days"
            done = f"due {each.due}" if dry_run else f"deleted {each.deleted}, left {each.left}"
            self.stdout.write(
                f"{each.what:<13} {term:<14} {done}, held {each.held}, oldest {each.oldest or '-'}\n"
                f"              {each.basis} ({each.confidence})"
            )
        if dry_run:
            self.stdout.write("Nothing was deleted.")
