import time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import audit_check, rls


class Command(BaseCommand):
    help = "Read the audit trail link by link. Ends with 1 and says what is wrong where it does not hold."

    def add_arguments(self, parser):
        parser.add_argument("--chain", default="", help="only this one, such as institution:17")
        parser.add_argument(
            "--since", type=int, default=1, metavar="N", help="from this number on, trusting the one before"
        )  # fmt: skip
        parser.add_argument(
            "--anchors", type=Path, metavar="FILE", help="the anchor file; AUDIT_ANCHOR_FILE if it is there"
        )  # fmt: skip
        parser.add_argument("--json", action="store_true")

    @rls.system("command: verify_audit")
    def handle(self, *, chain, since, anchors, json, **options):
        if anchors is None and settings.AUDIT_ANCHOR_FILE.exists():
            anchors = settings.AUDIT_ANCHOR_FILE
        start = time.perf_counter()
        report = audit_check.verify(chain=chain, since=since, file=anchors)
        seconds = max(time.perf_counter() - start, 1e-6)
        if json:
            self.stdout.write(audit_check.as_json(report))
        for finding in [] if json else report.findings:
            where = f"{finding.chain or '(no chain)'} {finding.seq}"
            self.stdout.write(f"{where}: {finding.kind}. {finding.words}")
        if report.findings:
            raise CommandError(f"{len(report.findings)} chains do not hold.", returncode=1)
        if not json:
            self.stdout.write(
                f"{report.rows} records in {report.chains} chains hold, {report.anchors} anchors met"
                f" ({report.rows / seconds:,.0f} records a second)."
            )
            if anchors is None:
                self.stdout.write("Without anchors, a cut or forged end cannot be seen.")
