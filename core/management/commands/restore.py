import datetime as dt
from pathlib import Path

import environ
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core.recovery import backups, database, moment, needs, physical, restoring
from core.recovery.errors import Trouble


class Command(BaseCommand):
    help = "Puts a backup into an empty database and compares every row with what was saved."
    requires_system_checks = []  # the database of the settings may be the one that was lost

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "backup",
            type=Path,
            nargs="?",
            help="folder of one backup; with --until usually the last one before the moment",
        )
        parser.add_argument(
            "--database-url", help="the empty database, by a login that may make everything"
        )
        parser.add_argument("--files", type=Path, help="where uploads go; usually DATA_DIR/files")
        parser.add_argument(
            "--make-roles", action="store_true", help="make missing database roles, no passwords"
        )
        parser.add_argument(
            "--into", type=Path, help="unpack a backup of a whole data folder into this folder"
        )
        parser.add_argument(
            "--until",
            metavar="MOMENT",
            help="with --into: go on with archived WAL to just before this moment, 2026-11-28T14:05:00+08:00",
        )
        parser.add_argument(
            "--wal", type=Path, help="folder of archived WAL; usually WAL_ARCHIVE_DIR"
        )

    def handle(
        self, *, backup, database_url, files, make_roles, into, until, wal, **options
    ) -> None:
        try:
            if until:
                self.go_back(backup, into, read_moment(until), wal or settings.WAL_ARCHIVE_DIR)
                return
            if into:
                self.unpack(named(backup), into)
                return
            compared = restoring.restore(
                named(backup),
                self.address(database_url),
                storage=restoring.folder_storage(files or settings.DATA_DIR / "files"),
                make_roles=make_roles,
            )
        except Trouble as trouble:
            raise CommandError(str(trouble)) from trouble
        self.stdout.write(f"{compared.tables} tables, {compared.rows:,} rows")
        for sentence in compared.differences:
            self.stderr.write(sentence)
        if compared.differences:
            raise CommandError(f"{len(compared.differences)} differences from the backup.")
        self.stdout.write(str(compared.erased))
        self.stdout.write("No difference from the backup. Now: manage.py check_restored")

    def address(self, url: str | None) -> database.Address:
        return database.address(environ.Env.db_url_config(url)) if url else database.own_address()

    def unpack(self, backup: Path, into: Path) -> None:
        found = backups.opened(backup)
        needs.check(found.manifest)
        if found.manifest["kind"] != backups.PHYSICAL:
            raise Trouble("--into is for backups of a whole data folder.")
        physical.unpack(found.pieces(backups.DUMP), into)
        physical.verify(into, found.manifest["server"])
        self.stdout.write(
            f"{into} is complete. docs/runbook.md says how to start it, and how children erased "
            "since are erased again."
        )

    def go_back(
        self, backup: Path | None, into: Path | None, until: dt.datetime, archive: Path | None
    ) -> None:
        if into is None or archive is None:
            raise Trouble("--until needs --into FOLDER, and --wal FOLDER or WAL_ARCHIVE_DIR.")
        base = backup or moment.newest_before(until)
        reached = moment.restore(base, into, until, archive=archive)
        self.stdout.write(
            f"{reached.folder} is as it was before {until.isoformat()}, from {base.name} and "
            f"{reached.segments} segments of WAL, in {reached.seconds} s.\n"
            f"Last change: {reached.last_change.isoformat() if reached.last_change else 'none'}\n"
            f"{reached.erased}"
        )


def named(backup: Path | None) -> Path:
    if backup is None:
        raise Trouble("Name the folder of a backup.")
    return backup


def read_moment(text: str) -> dt.datetime:
    """With an offset, or in TIME_ZONE."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise Trouble(f"{text} is not a moment like 2026-11-28T14:05:00+08:00.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)
