"""From a carer's tap to the parent's socket, at 100 entries a second, web and live as in production.

The yardstick does the same with nothing of ours between: INSERT of 15 and commit, then PUBLISH to a Redis subscriber.
"""

import os
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import stack
from bench.report import Report

NURSERIES = 8
ENTRIES_PER_SECOND = 100
SECONDS = 20
WEB, LIVE = 8981, 8982
ROOT = Path(__file__).parents[2]


def run(report: Report) -> None:
    report.title(f"From tap to the parent's socket, {ENTRIES_PER_SECOND} entries a second")
    with stack.running(), ExitStack() as servers:
        from bench.daily_log import world  # noqa: PLC0415 -- needs Django set up
        from bench.tap_to_parent import play  # noqa: PLC0415

        nurseries = world.build(NURSERIES)
        sessions = play.sessions(nurseries)
        servers.enter_context(
            _server(WEB, "gunicorn", "config.wsgi:application", f"--bind=127.0.0.1:{WEB}")
        )
        servers.enter_context(
            _server(
                LIVE,
                "uvicorn",
                "config.asgi:application",
                f"--port={LIVE}",
                "--log-level=warning",
                "--ws-per-message-deflate=false",
            )
        )
        bare = play.bare(nurseries, ENTRIES_PER_SECOND, SECONDS)
        ours = play.ours(nurseries, sessions, WEB, LIVE, ENTRIES_PER_SECOND, SECONDS)
    report.table(
        ["way", "hints", "lost", "doubled", "p50 ms", "p99 ms"],
        [
            [name, seen.hints, seen.lost, seen.doubled, f"{seen.p50:.1f}", f"{seen.p99:.1f}"]
            for name, seen in (("INSERT, commit, PUBLISH", bare), ("tap to socket", ours))
        ],
    )
    report.line(
        f"ratio to the yardstick: p50 {ours.p50 / bare.p50:.1f} x, p99 {ours.p99 / bare.p99:.1f} x"
    )
    report.goal("hints lost or doubled", ours.lost + ours.doubled, at_most=0)


@contextmanager
def _server(port: int, *command: str):
    extra = (
        ["--workers=2", "--threads=4", "--log-level=warning"] if command[0] == "gunicorn" else []
    )
    process = subprocess.Popen([sys.executable, "-m", *command, *extra], env=os.environ, cwd=ROOT)
    try:
        _wait_until_ready(port)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_ready(port: int) -> None:
    for _attempt in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers on port {port}")
