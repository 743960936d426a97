import datetime as dt

import pytest
import time_machine
from celery.schedules import crontab

from config.celery import app
from core.beat import Scheduler


@pytest.fixture
def beat(tmp_path, monkeypatch):
    """A schedule of two entries that notes what it would send."""
    sent = []
    schedule = Scheduler(app=app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
    schedule.setup_schedule()
    schedule.schedule.clear()
    schedule.update_from_dict(
        {
            "relay": {"task": "relay", "schedule": 5.0},
            "nightly": {"task": "nightly", "schedule": crontab(hour=3, minute=20)},
        }
    )
    schedule.producer = None  # asked for before anything is sent; here nothing is
    monkeypatch.setattr(schedule, "apply_entry", lambda entry, **_: sent.append(entry.name))
    yield schedule, sent
    schedule.close()


def live(schedule, clock, seconds: int) -> None:
    for _second in range(seconds):
        for _entry in range(4):
            schedule.tick()
        clock.shift(1)


def test_a_clock_set_back_an_hour_stops_nothing(beat):
    schedule, sent = beat
    with time_machine.travel(dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC), tick=False) as clock:
        for entry in schedule.schedule.values():
            entry.last_run_at = entry.default_now()
        live(schedule, clock, 21)
        assert sent == ["relay"] * 4
        clock.shift(-3600)
        live(schedule, clock, 21)

    assert sent == ["relay"] * 8, "nor does it run the nightly work again"


def test_the_application_uses_it():
    assert app.conf.beat_scheduler == "core.beat:Scheduler"
