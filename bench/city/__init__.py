"""A quarter of the city at its morning peak, played by `manage.py simulate_day` against gunicorn and uvicorn.

8,000 children come in one hour. The hour is played ten times faster than the clock: 50 writes a second, most of them one
child's arrival in a request of its own, from players who share the machine with the servers. 1,500 parents follow by
socket.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench import stack
from bench.report import Report

CHECKOUT = Path(__file__).resolve().parents[2]
SPEED = 10
START = "07:50"
MINUTES = 1
PARENTS = 1500
READY_WITHIN = 30


def run(report: Report) -> None:
    report.title("A quarter of the city in the morning, ten times faster than the clock")
    with stack.running():
        manage("load_city", "--scale", "quarter", "--days", "2", env={"DEMO": "true"})
        with served() as (pages, live):
            played = manage(
                *("simulate_day", "--base-url", pages, "--live-url", live),
                *("--speed", str(SPEED), "--start", START, "--minutes", str(MINUTES)),
                *("--parents", str(PARENTS)),
            )
    report.line(played.stdout)
    for name in ("errors", "lost", "doubled"):
        report.goal(name, number_of(played.stdout, name), at_most=0)


def number_of(text: str, name: str) -> float:
    """The figure of a row that simulate_day printed; no such row is a failed play."""
    for line in text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.removeprefix(name).replace(",", ""))
    return float("inf")


def manage(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env=os.environ | (env or {}),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    """Pages by gunicorn and sockets by uvicorn, as in production, without nginx between."""
    pages, live = free_port(), free_port()
    servers = [
        start(
            f"gunicorn config.wsgi -b 127.0.0.1:{pages} -k gthread -w 2 --threads 4 --keep-alive 75"
        ),
        start(
            f"uvicorn config.asgi:application --lifespan off --host 127.0.0.1 --port {live} --log-level warning"
        ),
    ]
    try:
        for port in (pages, live):
            wait_for(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{pages}", f"http://127.0.0.1:{live}"
    finally:
        for server in servers:
            server.send_signal(signal.SIGTERM)
        for server in servers:
            server.wait(timeout=40)


def start(command: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", *command.split()],
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise TimeoutError(url)
