from django.core.management.base import BaseCommand

from core import rls
from training.services.reference import load_types


class Command(BaseCommand):
    help = (
        "Load the kinds of certificate (training/data/certificate_types.json). Safe to run again."
    )

    @rls.system("command: load_certificate_types")
    def handle(self, **options) -> None:
        print(f"{load_types()} kinds of certificate loaded")
