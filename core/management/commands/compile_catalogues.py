import os

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.core.management.base import BaseCommand

from core import i18n


class Command(BaseCommand):
    help = "Compile every catalogue that changed (needs no gettext programs)."
    requires_system_checks = []

    def handle(self, **options):
        for folder in i18n.own_apps().values():
            for source in sorted(folder.glob("locale/*/LC_MESSAGES/*.po")):
                if compile_catalogue(source) and options["verbosity"] > 1:
                    self.stdout.write(f"{source}")


def compile_catalogue(source) -> bool:
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        return False
    with source.open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    draft = target.with_suffix(f".{os.getpid()}")
    with draft.open("wb") as file:
        write_mo(file, catalogue)
    draft.replace(target)  # another process may be reading the old one
    return True
