from celery import shared_task

from core import anchors, jobs, once, outbox, tally
from core.devices import machines, tries


@shared_task(expires=30)
def relay_outbox() -> int:
    return outbox.relay()


@shared_task(expires=300)
def watch_jobs() -> int:
    return jobs.watch()


@shared_task(expires=3600)
def forget_sent_once() -> int:
    return once.forget_old()


@shared_task(expires=3600)
def forget_tallies() -> int:
    return tally.forget()


@shared_task(expires=1800)
def anchor_audit() -> int:
    return anchors.anchor()


@shared_task(expires=300)
def sweep_devices() -> int:
    """Nonces too old to be replayed and counters of tries whose time is over."""
    return machines.sweep_nonces() + tries.sweep()
