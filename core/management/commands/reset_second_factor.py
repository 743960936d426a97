from django.core.management.base import BaseCommand, CommandError

from core import rls
from core.auth import people_called
from core.signin import factors


class Command(BaseCommand):
    help = "Takes a person's lost second factors away, unlocks the account, and ends every session of it."

    def add_arguments(self, parser) -> None:
        parser.add_argument("person", help="user name or mobile phone")

    @rls.system("command: reset_second_factor")
    def handle(self, *args, person: str, **options) -> None:
        user = people_called(person).first()
        if user is None:
            raise CommandError("Nobody is called so.")
        factors.reset(actor=None, user=user)
        self.stdout.write(f"{user.username} signs in with the password alone and adds a new one.")
