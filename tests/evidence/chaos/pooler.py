"""A pgbouncer of our own before a server of our own, on the loopback, as the account that the server runs as."""

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from subprocess import Popen

from core.postgres import roles
from core.servers.errors import Trouble
from core.servers.postgres import NAME, Postgres
from core.servers.processes import account_for, end, hand_over, last_lines, spawn
from tests.evidence.chaos.services import free_port
from tests.evidence.runner import programs

PROGRAM = "pgbouncer"
READY_WITHIN = 20
SETTINGS = """
[databases]
{name} = host={socket} dbname={name}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/people
pool_mode = transaction
default_pool_size = {pool}
max_client_conn = 200
"""


class Pooler:
    def __init__(self, postgres: Postgres, folder: Path, *, pool: int) -> None:
        self.port = free_port()
        self._folder = folder
        self._log = folder / "log"
        self._pool = pool
        self._postgres = postgres
        self._process: Popen | None = None

    def start(self) -> None:
        program = programs.found(PROGRAM)
        if program is None:
            raise Trouble(programs.how_to_get(PROGRAM))
        self._folder.mkdir()
        settings = self._folder / "settings.ini"
        settings.write_text(
            SETTINGS.format(
                name=NAME,
                socket=self._postgres.socket,
                port=self.port,
                folder=self._folder,
                pool=self._pool,
            )
        )
        (self._folder / "people").write_text(f'"{roles.RUNTIME}" ""\n')
        account = account_for(self._folder)
        hand_over(self._folder, account)
        with self._log.open("ab") as output:
            self._process = spawn(
                [program, settings],
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                output=output,
                cwd=self._folder,
                account=account,
                when_orphaned=signal.SIGINT,
            )
        self._wait()

    def stop(self) -> None:
        if self._process:
            end(self._process, signal.SIGINT, before=time.monotonic() + 3)
            self._process = None

    def _wait(self) -> None:
        until = time.monotonic() + READY_WITHIN
        while self._process and self._process.poll() is None and time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise Trouble(f"{PROGRAM} did not start. Its log ends with:\n{last_lines(self._log)}")
