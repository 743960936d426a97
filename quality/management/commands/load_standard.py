from pathlib import Path

from django.core.management.base import BaseCommand

from core import rls
from quality.services.standard import WST821, load_standard


class Command(BaseCommand):
    help = "Load a quality standard, WS/T 821-2023 unless another file is named. Safe to run again."

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=WST821)

    @rls.system("command: load_standard")
    def handle(self, *, file: Path, **options) -> None:
        standard = load_standard(path=file)
        print(f"{standard.code}: {standard.items.count()} items")
