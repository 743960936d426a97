from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from core import rls
from core.auth import people_called
from core.errors import Refused
from institution.actors import actor_for
from institution.models import Child
from institution.services.erasure import REASONS, erase_again, erase_child


class Command(BaseCommand):
    help = (
        "Erase a child's data by destroying its key. It cannot be undone (docs/security/keys.md)."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("child", type=int, nargs="?", help="number of the child")
        parser.add_argument("--by", help="user name of the platform administrator who decided it")
        parser.add_argument("--reason", choices=REASONS, default="request")
        parser.add_argument("--again", metavar="LEDGER", help="after a restore: erase these anew")

    @rls.system("command: erase_child")
    def handle(self, *, child, by, reason, again, **options) -> None:
        if again:
            lines = Path(again).read_text().splitlines()
            self.stdout.write(f"{erase_again(lines)} child(ren) erased anew.")
            return
        if child is None or not by:
            raise CommandError("Name the child by its number, and who decided it by --by.")
        user = people_called(by).first()
        actor = actor_for(user) if user else None
        if actor is None:
            raise CommandError(f"{by} is not the user name of anybody with a post.")
        found = Child.objects.filter(pk=child).first()
        if found is None:
            raise CommandError(f"There is no child {child}.")
        try:
            erased = erase_child(actor=actor, child=found, reason=reason)
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused
        self.stdout.write(", ".join(f"{name} {count}" for name, count in vars(erased).items()))
