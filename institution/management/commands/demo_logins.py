import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from core import rls
from core.models import User
from core.permissions import Role
from institution.demo.logins import LOGINS, PASSWORD


class Command(BaseCommand):
    help = "Lists one sign-in for each role of the demonstration city."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    @rls.system("command: demo_logins")
    def handle(self, *args, **options) -> None:
        if not settings.DEMO_CITY_ALLOWED:
            raise CommandError("This is not a demonstration. Set DEMO=true where it is one.")
        names = dict(User.objects.filter(username__in=LOGINS).values_list("username", "name"))
        if missing := LOGINS.keys() - names:
            raise CommandError(
                f"{', '.join(sorted(missing))} not found. Run `manage.py load_city` first."
            )
        path = reverse(settings.LOGIN_URL)
        rows = [
            {
                "role": str(Role(role).label),
                "name": names[username],
                "username": username,
                "password": PASSWORD,
                "path": path,
            }
            for username, role in LOGINS.items()
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
            return
        for row in rows:
            self.stdout.write("  ".join(f"{value:<16}" for value in row.values()))
