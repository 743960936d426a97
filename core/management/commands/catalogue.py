from babel.messages.pofile import write_po
from django.core.management.base import BaseCommand, CommandError

from core import i18n


class Command(BaseCommand):
    help = "What the Chinese catalogues lack, or their entries put in order."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("apps", nargs="*", help="only these apps")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--missing", action="store_true", help="entries to fill in, in .po form")
        what.add_argument(
            "--sort", action="store_true", help="rewrite the files in order of their entries"
        )

    def handle(self, **options):
        known = i18n.own_apps()
        chosen = options["apps"] or sorted(known)
        if unknown := set(chosen) - set(known):
            raise CommandError(f"No such app: {', '.join(sorted(unknown))}.")
        for app in chosen:
            if options["missing"]:
                self.missing(app)
            elif options["sort"]:
                self.sort(app)
            else:
                self.report(app, known)

    def missing(self, app: str) -> None:
        if messages := i18n.missing(app):
            self.stdout.write(f"# {i18n.catalogue_path(app)}\n")
            for message in messages:
                self.stdout.write(i18n.stanza(message) + "\n\n")

    def sort(self, app: str) -> None:
        path = i18n.catalogue_path(app)
        if path.exists():
            catalogue = i18n.catalogue(app)
            with path.open("wb") as file:
                write_po(file, catalogue, width=100, no_location=True, sort_output=True)

    def report(self, app: str, known) -> None:
        for problem in i18n.problems(app, known):
            self.stdout.write(f"{app}: {problem}")
