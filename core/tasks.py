import subprocess
import sys

from celery import shared_task
from django.conf import settings

from core import anchors, jobs, once, outbox, retention, tally
from core.background import SYSTEM
from core.devices import machines, pairing, tries
from core.signin import sessions


@shared_task(expires=30, scope=SYSTEM)
def relay_outbox() -> int:
    return outbox.relay()


@shared_task(expires=300, scope=SYSTEM)
def watch_jobs() -> int:
    return jobs.watch()


@shared_task(expires=3600, scope=SYSTEM)
def forget_sent_once() -> int:
    return once.forget_old()


@shared_task(expires=3600, scope=SYSTEM)
def forget_tallies() -> int:
    return tally.forget()


@shared_task(expires=3600, scope=SYSTEM)
def forget_sign_ins() -> int:
    return sessions.forget_ended()


@shared_task(expires=1800, scope=SYSTEM)
def anchor_audit() -> int:
    return anchors.anchor()


@shared_task(expires=300, scope=SYSTEM)
def sweep_devices() -> int:
    """Nonces too old to be replayed, pairing codes and counters of tries whose time is over."""
    return machines.sweep_nonces() + tries.sweep() + pairing.end_old_codes()


@shared_task(scope=SYSTEM, expires=3600)
def make_backup() -> None:
    _manage("backup")


@shared_task(scope=SYSTEM, expires=3600)
def drill_restore() -> None:
    _manage("restore_drill")


@shared_task(scope=SYSTEM, expires=3600)
def make_base_backup() -> None:
    """What archived WAL goes on from; the other one can be restored into any server."""
    if settings.WAL_ARCHIVE_DIR:
        _manage("backup", "--physical")


@shared_task(scope=SYSTEM, expires=3600)
def apply_retention() -> int:
    return retention.apply().deleted


def _manage(*command: str) -> None:
    """In a process of its own: servers are started from a main thread, and its memory is given back."""
    if settings.BACKUP_KEYS:  # whoever has none set has decided to make no backups here
        subprocess.run([sys.executable, settings.BASE_DIR / "manage.py", *command], check=True)  # noqa: S603 -- our own command
