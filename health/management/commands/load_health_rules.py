from django.core.management.base import BaseCommand

from core import rls
from health.services.reference import load_rules


class Command(BaseCommand):
    help = "Load the limits that health records are held against (health/data/rules.json). Safe to run again."

    @rls.system("command: load_health_rules")
    def handle(self, **options) -> None:
        print(f"{load_rules()} health rules loaded")
