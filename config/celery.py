import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tuoyu", task_cls="core.background:ScopedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_scheduler = "core.beat:Scheduler"
app.conf.beat_schedule = {
    "relay-outbox": {"task": "core.tasks.relay_outbox", "schedule": 5.0},
    "anchor-audit": {"task": "core.tasks.anchor_audit", "schedule": crontab(minute=7)},
    "watch-jobs": {"task": "core.tasks.watch_jobs", "schedule": 60.0},
    "forget-sent-once": {
        "task": "core.tasks.forget_sent_once",
        "schedule": crontab(hour=3, minute=40),
    },
    "forget-sign-ins": {
        "task": "core.tasks.forget_sign_ins",
        "schedule": crontab(minute=25),
    },
    "sweep-devices": {"task": "core.tasks.sweep_devices", "schedule": 300.0},
    "make-backup": {"task": "core.tasks.make_backup", "schedule": crontab(hour=2, minute=20)},
    "make-base-backup": {
        "task": "core.tasks.make_base_backup",
        "schedule": crontab(hour=1, minute=20),
    },
    "apply-retention": {
        "task": "core.tasks.apply_retention",
        "schedule": crontab(hour=3, minute=50),
    },
    "drill-restore": {
        "task": "core.tasks.drill_restore",
        "schedule": crontab(hour=4, minute=20, day_of_week="sun"),
    },
    "compact-counters": {"task": "institution.tasks.compact_counters", "schedule": 300.0},
    "escalate-alerts": {"task": "institution.tasks.escalate_alerts", "schedule": 60.0},
    "deliver-pushes": {"task": "institution.tasks.deliver_pushes", "schedule": 60.0},
    "look-for-late-pickups": {
        "task": "institution.tasks.look_for_late_pickups",
        "schedule": 60.0,
    },
    "look-for-crowded-classes": {
        "task": "institution.tasks.look_for_crowded_classes",
        "schedule": 60.0,
    },
    "look-for-incidents-left-open": {
        "task": "institution.tasks.look_for_incidents_left_open",
        "schedule": 60.0,
    },
    "look-for-absences-to-ask-after": {
        "task": "institution.tasks.look_for_absences_to_ask_after",
        "schedule": crontab(minute=12, hour="7-19"),
    },
    "look-for-late-ledgers": {
        "task": "institution.tasks.look_for_late_ledgers",
        "schedule": crontab(minute=22, hour="7-19"),
    },
    "forget-tallies": {
        "task": "core.tasks.forget_tallies",
        "schedule": crontab(hour=3, minute=20),
    },
    "make-partitions": {
        "task": "institution.tasks.make_partitions",
        "schedule": crontab(hour=3, minute=10),
    },
}


@worker_init.connect
def begin(**_kwargs) -> None:
    """Before it forks; its children carry the same options."""
    from django.conf import settings  # noqa: PLC0415 -- needs the apps to be ready

    from core import serving  # noqa: PLC0415

    try:
        serving.begin(statement_seconds=settings.TASK_STATEMENT_SECONDS)
    except ImproperlyConfigured as error:  # Celery would note any other exception and go on
        raise SystemExit(str(error)) from error
