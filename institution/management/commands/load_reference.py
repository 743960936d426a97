from django.core.management.base import BaseCommand

from institution import reference


class Command(BaseCommand):
    help = "Loads the city's regions and the rules of class types. Safe to run again."

    def handle(self, *args, **options) -> None:
        for name, count in reference.load().items():
            self.stdout.write(f"{count} {name}")
