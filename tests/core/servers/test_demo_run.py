import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.core.servers.test_processes import CHECKOUT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.skipif(not (CHECKOUT / "node_modules").is_dir(), reason="run `make test`: npm ci"),
]
GIVEN_BY_THE_TESTS = (
    "DATABASE_URL",
    "REDIS_URL",
    "DJANGO_SETTINGS_MODULE",
    "ENV_FILE",
    "LOG_LEVEL",
)


class Run:
    def __init__(self, data):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.data = data
        self.output = data.with_name("output")
        env = {key: value for key, value in os.environ.items() if key not in GIVEN_BY_THE_TESTS}
        env |= {"DATA_DIR": str(data), "PORT": str(self.port)}
        command = [sys.executable, "-m", "core.servers.demo"]
        self.output.write_bytes(b"")
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=CHECKOUT, env=env, stdout=output, stderr=output
            )

    def ready_within(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            if f"Ready: http://localhost:{self.port}/" in self.output.read_text():
                return True
            time.sleep(0.1)
        return False

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return answer.status, answer.read()

    def family(self):
        """Everything started for this data folder: its environment, arguments or place name it."""
        mark = os.fsencode(self.data)
        found = set()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
                told += os.fsencode((process / "cwd").readlink())
            except OSError:
                continue
            if mark in told:
                found.add(int(process.name))
        return found - {os.getpid()}

    def all_gone_within(self, seconds):
        until = time.monotonic() + seconds
        while self.family() and time.monotonic() < until:
            time.sleep(0.05)
        return not self.family()


@pytest.fixture
def start(tmp_path):
    runs = []

    def start():
        runs.append(Run(tmp_path / "data"))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.terminate()
            run.process.wait(20)


def test_demonstration_starts_stops_and_starts_again(start):
    first = start()
    assert first.ready_within(240), first.output.read_text()
    said = first.output.read_text()

    assert first.get("/healthz") == (200, b"ok")
    assert first.get("/")[0] == 200
    assert "账号 Login" in said
    assert len(re.findall(rf"http://localhost:{first.port}/\S+", said)) >= 8
    assert len(first.family()) >= 6

    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(30) == 0
    assert first.all_gone_within(5)

    again = start()
    assert again.ready_within(120), again.output.read_text()
    assert "Demonstration city" not in again.output.read_text()

    again.process.kill()
    again.process.wait(10)
    assert again.all_gone_within(10)
