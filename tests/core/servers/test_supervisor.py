import os
import signal
import time
from pathlib import Path

import pytest

from core.servers.errors import Trouble
from core.servers.supervisor import FIRST_PAUSE, Supervisor
from tests.core.servers.test_processes import gone_within, read_number

SHELL = ["sh", "-c"]


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    supervisor = Supervisor(logs=tmp_path / "logs", say=said.append)
    yield supervisor
    supervisor.stop()


@pytest.fixture(autouse=True)
def _signals_restored():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def run(supervisor, name, script, folder):
    return supervisor.run(name, [*SHELL, script], env=dict(os.environ), cwd=folder)


def revive_until(supervisor, happened, seconds=5):
    until = time.monotonic() + seconds
    while not happened() and time.monotonic() < until:
        supervisor.revive()
        time.sleep(0.02)
    return happened()


def test_dead_program_is_started_again_after_a_pause(supervisor, said, tmp_path):
    program = run(supervisor, "web", "echo started; sleep 300", tmp_path)
    first = program.process.pid
    program.process.kill()
    started = time.monotonic()

    assert revive_until(supervisor, lambda: program.process.pid != first)

    assert time.monotonic() - started >= FIRST_PAUSE
    assert said == [
        f"web ended (signal SIGKILL, see {tmp_path}/logs/web.log); starting it again in 0.5 s."
    ]


def test_pauses_grow_while_a_program_keeps_failing(supervisor, said, tmp_path):
    run(supervisor, "worker", "exit 3", tmp_path)

    assert revive_until(supervisor, lambda: len(said) == 3)

    assert [line.rsplit(" in ", 1)[1] for line in said] == ["0.5 s.", "1 s.", "2 s."]
    assert "exit code 3" in said[0]


def test_even_a_stubborn_program_is_stopped_in_time(tmp_path, said):
    supervisor = Supervisor(logs=tmp_path / "logs", say=said.append)
    order = tmp_path / "order"
    for name in ("beat", "worker", "web"):
        script = f"trap 'echo {name} >> {order}; exit' TERM; echo $$ > {name}; while :; do sleep 0.01; done"
        run(supervisor, name, script, tmp_path)
        read_number(tmp_path / name)
    stubborn = run(
        supervisor, "stubborn", "trap '' TERM; echo $$ > s; while :; do sleep 1; done", tmp_path
    )
    pid = read_number(tmp_path / "s")
    started = time.monotonic()

    supervisor.stop()

    assert time.monotonic() - started < 15
    assert sorted(order.read_text().split()) == ["beat", "web", "worker"]
    assert stubborn.process is None
    assert gone_within(1, pid)


class Noted:
    def __init__(self, name, notes):
        self.name = name
        self.notes = notes

    def start(self):
        self.notes.append(f"start {self.name}")

    def ask(self):
        self.notes.append(f"ask {self.name}")

    def end(self, *, before):
        self.notes.append(f"end {self.name}")

    def stop(self, seconds):
        self.notes.append(f"stop {self.name}")


def test_what_was_started_last_is_stopped_first(supervisor):
    notes = []
    for name in ("postgres", "redis"):
        supervisor.serve(Noted(name, notes))
    supervisor._programs += [Noted(name, notes) for name in ("beat", "worker", "web")]

    supervisor.stop()

    assert notes[2:] == [
        *("ask web", "ask worker", "ask beat", "end web", "end worker", "end beat"),
        *("stop redis", "stop postgres"),
    ]


def test_failed_step_shows_the_end_of_its_log(supervisor, tmp_path):
    with pytest.raises(
        Trouble, match=r"(?s)`sh -c .*` failed\. The log .*ends with:\nno such table"
    ):
        supervisor.step(
            "migrate", [*SHELL, "echo no such table; exit 1"], env=dict(os.environ), cwd=tmp_path
        )


def test_long_log_is_put_aside(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr("core.servers.supervisor.LONGEST_LOG", 3)
    log = tmp_path / "logs/web.log"
    log.write_text("old lines")

    assert not supervisor.log("web").exists()
    assert Path(f"{log}.1").read_text() == "old lines"
