from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils.timezone import localtime

from core import rls
from core.errors import Refused
from core.permissions import INSTITUTION_ROLES, REGION_ROLES
from core.signin import invitations
from institution.services.appointments import appoint

ROLES = sorted(REGION_ROLES | INSTITUTION_ROLES)


class Command(BaseCommand):
    help = "Gives somebody a post, makes the account where there is none, and prints a code to choose a password with."

    def add_arguments(self, parser) -> None:
        parser.add_argument("person", help="mobile phone or user name")
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", required=True, choices=ROLES)
        parser.add_argument(
            "--place", required=True, help="code of the region, or number of the nursery"
        )

    @rls.system("command: appoint")
    def handle(self, *args, person: str, **given) -> None:
        try:
            user = appoint(
                person=person, name=given["name"], role=given["role"], place=given["place"]
            )
        except Refused as refused:
            raise CommandError(refused.message) from refused
        if user.has_usable_password():
            self.stdout.write(f"{user.name} has the post, and signs in as before.")
            return
        code, until = invitations.invite(actor=None, user=user)
        self.stdout.write(
            f"{user.name} chooses a password at {reverse('portal:start')} by {localtime(until):%Y-%m-%d %H:%M}: {code}"
        )
