from django.core.management.base import BaseCommand

from health.services.reference import load_rules


class Command(BaseCommand):
    help = "Load the limits that health records are held against (health/data/rules.json). Safe to run again."

    def handle(self, **options) -> None:
        print(f"{load_rules()} health rules loaded")
