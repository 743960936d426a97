"""Stored entries a second: batches of 15 over HTTP, against the bare INSERT and against one DRF request per event.

All three write the same rows into the same table of the same PostgreSQL. The HTTP variants run on the same gunicorn
command; the yardstick (`yardstick.py`) is the common way of baby-log programs: a ModelViewSet, a token, one event each.
"""

import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from bench import stack
from bench.report import Report

ROUNDS = 5
SECONDS = 4
BATCH = 15
WORKERS, THREADS = 2, 4
CONNECTIONS = 8
PORT = 8971


def run(report: Report) -> None:
    report.title("Daily log: entries stored per second")
    with stack.running():
        from bench.daily_log import clients, world  # noqa: PLC0415 -- needs Django set up

        nurseries = world.build(CONNECTIONS)
        with gunicorn():
            rates: dict[str, list[float]] = {
                "bare INSERT of 15": [],
                "batch of 15": [],
                "one by one": [],
            }
            clients.post_batches(nurseries, PORT, 1.0)
            clients.post_single(nurseries, PORT, 1.0)
            for _round in range(ROUNDS):
                rates["bare INSERT of 15"].append(clients.bare_insert(nurseries, SECONDS))
                rates["batch of 15"].append(clients.post_batches(nurseries, PORT, SECONDS))
                rates["one by one"].append(clients.post_single(nurseries, PORT, SECONDS))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    bare, batch, single = medians.values()
    report.table(
        ["way", "entries/s (median)", "x bare INSERT", "x one by one"],
        [
            [name, f"{value:,.0f}", f"{value / bare:.2f}", f"{value / single:.1f}"]
            for name, value in medians.items()
        ],
    )
    report.goal("batches against the bare INSERT", batch / bare, at_least=0.3)
    report.goal("batches against one DRF request per event", batch / single, at_least=30)


@contextmanager
def gunicorn():
    """The production command of web, with the yardstick's address added to the URLs."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "config.wsgi:application",
        f"--bind=127.0.0.1:{PORT}",
        f"--workers={WORKERS}",
        f"--threads={THREADS}",
        "--log-level=warning",
    ]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "bench.daily_log.settings"}
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2])
    try:
        _wait_until_ready()
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_ready() -> None:
    import http.client  # noqa: PLC0415

    for _attempt in range(100):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=2)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("gunicorn did not start")
