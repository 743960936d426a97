from django.core.management.base import BaseCommand, CommandError

from core import rls
from core.crypto import rotation
from core.errors import Refused


class Command(BaseCommand):
    help = (
        "Make new keys and seal everything anew while the system runs (docs/security/keys.md). "
        "Killed, it goes on with --resume."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--purpose", choices=rotation.purposes(), help="only this one")
        parser.add_argument("--batch", type=int, default=1000, help="rows in one transaction")
        parser.add_argument("--resume", action="store_true", help="finish what was begun")
        parser.add_argument("--rewrap", action="store_true", help="only the key-encryption key")
        parser.add_argument("--status", action="store_true", help="only say how things stand")

    @rls.system("command: rotate_keys")
    def handle(self, *, purpose, batch, resume, rewrap, status, **options) -> None:
        if status:
            for line in rotation.report():
                self.stdout.write(line)
        elif rewrap:
            self.stdout.write(f"{rotation.rewrap()} key(s) wrapped anew.")
        else:
            self.rotate([purpose] if purpose else None, batch, resume=resume)

    def rotate(self, chosen, batch: int, *, resume: bool) -> None:
        if batch < 1:
            raise CommandError("--batch must be at least 1.")
        begun = rotation.unfinished()
        if begun and not resume:
            raise CommandError(f"Unfinished: {', '.join(begun)}. Go on with --resume.")
        say = self.stdout.write if self.verbosity > 1 else lambda _line: None
        for each in chosen or (begun if resume else rotation.purposes()):
            try:
                done = rotation.rotate(purpose=each, batch=batch, say=say, resume=resume)
            except Refused as refused:
                raise CommandError(str(refused.message)) from refused
            self.stdout.write(
                f"{each}: {done.resealed} value(s) sealed anew, {done.indexed} indexed, "
                f"{done.retired} key(s) retired."
            )
        self.stdout.write(f"{rotation.forget_retired()} key(s) of earlier rotations deleted.")

    def execute(self, *args, **options):
        self.verbosity = options["verbosity"]
        return super().execute(*args, **options)
