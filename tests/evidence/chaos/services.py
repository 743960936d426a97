"""The processes of production on this machine's loopback, each of which can be killed, frozen and started again.

Only processes started here are ever signalled, by the numbers of our own children.
"""

import asyncio
import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

import psutil

from core.servers.postgres import Postgres
from core.servers.processes import end, spawn
from core.servers.redis import Redis

CHECKOUT = Path(__file__).resolve().parents[3]
RESTART_PAUSE = 0.5  # what a supervisor waits
REDIS_IS_AWAY = 6.0  # longer, so that there are requests without it
READY_WITHIN = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Service:
    """A program of ours, with everything it starts."""

    name: str
    command: list[str]
    log: Path
    process: Popen | None = None

    def launch(self) -> None:
        with self.log.open("ab") as output:
            self.process = spawn(
                [sys.executable, "-m", *self.command],
                env=os.environ,
                output=output,
                cwd=CHECKOUT,
                when_orphaned=signal.SIGKILL,
            )

    @property
    def all(self) -> list[psutil.Process]:
        assert self.process is not None
        with suppress(psutil.NoSuchProcess):
            main = psutil.Process(self.process.pid)
            return [main, *main.children(recursive=True)]
        return []

    @property
    def workers(self) -> list[psutil.Process]:
        return self.all[1:]

    def stop(self) -> None:
        if self.process is None:
            return
        for each in self.all:
            with suppress(psutil.NoSuchProcess):
                each.resume()
        children = self.workers
        end(self.process, signal.SIGTERM, before=time.monotonic() + 8)
        for each in children:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        self.process = None


@dataclass
class Stack:
    postgres: Postgres
    redis: Redis
    logs: Path
    web_port: int = field(default_factory=free_port)
    live_port: int = field(default_factory=free_port)
    programs: dict[str, Service] = field(default_factory=dict)

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def live_url(self) -> str:
        return f"http://127.0.0.1:{self.live_port}"

    def start(self, *names: str) -> None:
        """As in docker-compose.yml, without nginx before it."""
        commands = {
            "web": "gunicorn --config deploy/gunicorn.conf.py config.wsgi:application"
            f" --bind 127.0.0.1:{self.web_port}",
            "live": f"uvicorn config.asgi:application --host 127.0.0.1 --port {self.live_port}"
            " --lifespan off --no-access-log --log-level warning --ws websockets-sansio"
            " --ws-max-size 16384 --ws-ping-interval 25 --ws-ping-timeout 25"
            " --ws-per-message-deflate false",
            "worker": "celery -A config worker --loglevel warning --concurrency 1",
            "beat": f"celery -A config beat --loglevel warning --schedule {self.logs}/schedule --pidfile=",
        }
        for name in names or commands:
            self.programs[name] = Service(name, commands[name].split(), self.logs / f"{name}.log")
            self.programs[name].launch()
        for name, url in (("web", self.web_url), ("live", self.live_url)):
            if name in self.programs:
                wait_until_answering(url)

    def stop(self) -> None:
        for program in reversed(self.programs.values()):
            program.stop()

    # What can be done to it. Each leaves the thing broken; `mend` of the fault makes it whole.

    def service_pids(self, name: str) -> list[psutil.Process]:
        if name == "postgres":
            return _family(self.postgres.process)
        if name == "redis":
            return _family(self.redis.process)
        if name == "web worker":
            return self.programs["web"].workers[:1]
        return self.programs[name].all

    def freeze(self, name: str) -> list[psutil.Process]:
        frozen = self.service_pids(name)
        for each in frozen:
            with suppress(psutil.NoSuchProcess):
                each.suspend()
        return frozen

    @staticmethod
    def thaw(frozen: list[psutil.Process]) -> None:
        for each in reversed(frozen):
            with suppress(psutil.NoSuchProcess):
                each.resume()

    async def kill(self, name: str, number: int) -> Callable[[], None]:
        """Kill -9; answers what starts it again."""
        if name == "postgres":
            return self._kill_postgres(number)
        for each in reversed(self.service_pids(name)):
            with suppress(psutil.NoSuchProcess):
                each.kill()
        if name == "web worker":  # gunicorn itself starts another
            return lambda: None
        await asyncio.sleep(REDIS_IS_AWAY if name == "redis" else RESTART_PAUSE)
        if name == "redis":
            end(self.redis.process, None, before=0)
            return self.redis.launch
        program = self.programs[name]
        end(program.process, None, before=0)
        return program.launch

    def _kill_postgres(self, number: int) -> Callable[[], None]:
        """In turn: one backend, so that the server starts over by itself; the whole server at once; an immediate stop."""
        kind, server = number % 3, self.postgres.process
        if kind == 0:
            backends = [p for p in psutil.Process(server.pid).children() if _is_backend(p)]
            backends[0].kill()
            return lambda: None
        if kind == 1:
            for each in _family(server):
                with suppress(psutil.NoSuchProcess):
                    each.kill()
        else:
            server.send_signal(signal.SIGQUIT)
        server.wait(20)
        return self._start_postgres

    def _start_postgres(self) -> None:
        self.postgres._wait_for_the_last_owner()
        self.postgres.launch()
        self.postgres.wait_until_ready()


def _family(process: Popen) -> list[psutil.Process]:
    main = psutil.Process(process.pid)
    return [main, *main.children(recursive=True)]


def _is_backend(process: psutil.Process) -> bool:
    """A connection of somebody, by the title PostgreSQL gives it."""
    with suppress(psutil.NoSuchProcess):
        return "[local]" in " ".join(process.cmdline())
    return False


def wait_until_answering(url: str) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise TimeoutError(url)
