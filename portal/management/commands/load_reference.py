from django.core.management.base import BaseCommand

from core import rls
from health.services.reference import load_rules
from institution import reference
from quality.services.standard import load_standard
from training.services.reference import load_types


class Command(BaseCommand):
    help = (
        "Loads what every city starts from: regions, the calendar, rules of class types, limits of health records, the quality "
        "standard, kinds of certificate. Safe to run again."
    )

    @rls.system("command: load_reference")
    def handle(self, *args, **options) -> None:
        for name, count in reference.load().items():
            self.stdout.write(f"{count} {name}")
        self.stdout.write(f"{load_rules()} health rules")
        self.stdout.write(f"{load_standard().items.count()} items of the quality standard")
        self.stdout.write(f"{load_types()} kinds of certificate")
