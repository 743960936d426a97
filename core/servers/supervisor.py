"""Keeps a set of processes running and ends all of them within five seconds."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn, Protocol

from core.servers.errors import Trouble
from core.servers.processes import Command, end, last_lines, spawn

PROGRAMS_STOP_WITHIN = 2.0
SERVERS_STOP_WITHIN = {"redis": 0.3, "postgres": 1.5}  # Redis has nothing to write down
FIRST_PAUSE, LONGEST_PAUSE, STEADY_AFTER = 0.5, 30.0, 30.0
LONGEST_LOG = 10 * 1024 * 1024


class Stop(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal."""

    def __init__(self, number: int) -> None:
        self.name = signal.Signals(number).name


class Runnable(Protocol):
    name: str
    process: subprocess.Popen[bytes] | None

    def launch(self) -> None: ...


class Server(Runnable, Protocol):
    """PostgreSQL or Redis: ready when `start` returns, started again by `launch`."""

    def start(self) -> None: ...
    def stop(self, seconds: float) -> None: ...


@dataclass
class Program:
    name: str
    command: Command
    env: Mapping[str, str]
    cwd: Path
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        with self.log.open("ab") as output:
            self.process = spawn(self.command, env=self.env, output=output, cwd=self.cwd)

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask(self) -> None:
        if self.process and self.running():
            with suppress(ProcessLookupError):
                self.process.terminate()

    def end(self, *, before: float) -> None:
        if self.process:
            end(self.process, None, before=before)
            self.process = None


@dataclass
class Pause:
    seconds: float = FIRST_PAUSE
    until: float = 0.0
    started: float = field(default_factory=time.monotonic)


class Supervisor:
    def __init__(self, *, logs: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._say = say
        self._servers: list[Server] = []
        self._programs: list[Program] = []
        self._pauses: dict[str, Pause] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def log(self, name: str) -> Path:
        path = self._logs / f"{name}.log"
        if path.is_file() and path.stat().st_size > LONGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
        return path

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _raise_stop)

    def serve(self, server: Server) -> None:
        self._servers.append(server)
        server.start()

    def run(self, name: str, command: Command, *, env: Mapping[str, str], cwd: Path) -> Program:
        program = Program(name=name, command=command, env=env, cwd=cwd, log=self.log(name))
        self._programs.append(program)
        program.launch()
        return program

    def step(
        self, name: str, command: Command, *, env: Mapping[str, str], cwd: Path, shown: bool = False
    ) -> None:
        """One command to its end; a stop ends it too. Shown ones draw their own progress."""
        log = self.log(name)
        with log.open("ab") as output:
            process = spawn(command, env=env, cwd=cwd, output=None if shown else output)
        try:
            failed = process.wait()
        finally:
            end(process, signal.SIGTERM, before=time.monotonic() + 1)
        if failed:
            said = "" if shown else f" The log {log} ends with:\n{last_lines(log)}"
            raise Trouble(f"`{_readable(command)}` failed.{said}")

    def watch(self) -> NoReturn:
        while True:
            self.revive()
            time.sleep(0.2)

    def revive(self) -> None:
        each: list[Runnable] = [*self._servers, *self._programs]
        for runnable in each:
            if runnable.process and runnable.process.poll() is not None:
                self._start_again(runnable, runnable.process)

    def _start_again(self, runnable: Runnable, dead: subprocess.Popen[bytes]) -> None:
        pause = self._pauses.setdefault(runnable.name, Pause())
        now = time.monotonic()
        if not pause.until:
            if now - pause.started > STEADY_AFTER:
                pause.seconds = FIRST_PAUSE
            pause.until = now + pause.seconds
            self._say(
                f"{runnable.name} ended ({_ending(dead.returncode)}, see "
                f"{self._logs / runnable.name}.log); starting it again in {pause.seconds:g} s."
            )
            end(dead, None, before=0)
        elif now >= pause.until:
            pause.seconds = min(pause.seconds * 2, LONGEST_PAUSE)
            pause.until = 0.0
            pause.started = now
            runnable.launch()

    def stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        programs = self._programs[::-1]
        before = time.monotonic() + PROGRAMS_STOP_WITHIN
        for program in programs:
            program.ask()
        for program in programs:
            program.end(before=before)
        for server in self._servers[::-1]:
            server.stop(SERVERS_STOP_WITHIN.get(server.name, 1.0))


def _raise_stop(number: int, _frame: FrameType | None) -> NoReturn:
    raise Stop(number)


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _readable(command: Sequence[str | Path]) -> str:
    return " ".join([Path(command[0]).name, *map(str, command[1:])])
