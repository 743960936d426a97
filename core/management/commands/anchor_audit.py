from django.core.management.base import BaseCommand, CommandError

from core import anchors, rls


class Command(BaseCommand):
    help = "Append where the audit chains stand, signed, to AUDIT_ANCHOR_FILE. The schedule does it every hour."

    @rls.system("command: anchor_audit")
    def handle(self, **options):
        try:
            lines = anchors.anchor()
        except anchors.BrokenAnchors as broken:
            raise CommandError(
                f"The anchor file is damaged ({broken}). Nothing was written; keep the file and find out why."
            ) from broken
        self.stdout.write(f"{lines} chains anchored.")
