import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

import redis

from core.servers import binaries
from core.servers.errors import Trouble
from core.servers.processes import Account, account_for, end, hand_over, last_lines, spawn

ATTEMPTS = 3


class Redis:
    """On a free port of this machine with a password nobody has to know.

    A socket file would need no password, but redis-py, Celery and Node each write its address
    differently, and one REDIS_URL is to serve all of them. Nothing is written to disk: what must
    not be lost stands in PostgreSQL, and the outbox is relayed again.
    """

    name = "redis"

    def __init__(self, folder: Path, log: Path) -> None:
        self._folder = folder
        self._log = log
        self._program = binaries.redis_server()
        self._password = secrets.token_hex(24)
        self._port = 0
        self._account: Account | None = None
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._account = account_for(self._program, self._folder)
        hand_over(self._folder, self._account)
        for _attempt in range(ATTEMPTS):
            self._port = _free_port()
            self.launch()
            if self.answers():
                return
            self.stop()
        raise Trouble(
            f"Redis did not start. Its log {self._log} ends with:\n{last_lines(self._log)}"
        )

    def launch(self) -> None:
        """The configuration goes through stdin: a command line is readable by everybody."""
        configuration = (
            f"bind 127.0.0.1\nport {self._port}\nrequirepass {self._password}\n"
            f'dir "{self._folder}"\nsave ""\nappendonly no\ndaemonize no\ndatabases 16\n'
            "tcp-backlog 511\n"
        )
        read_end, write_end = os.pipe()
        os.write(write_end, configuration.encode())
        os.close(write_end)
        with self._log.open("ab") as output, os.fdopen(read_end, "rb") as stdin:
            self.process = spawn(
                [self._program, "-"],
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                output=output,
                stdin=stdin,
                cwd=self._folder,
                account=self._account,
            )

    def answers(self, seconds: float = 10) -> bool:
        until = time.monotonic() + seconds
        with redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=1) as client:
            while (process := self.process) and process.poll() is None and time.monotonic() < until:
                try:
                    return bool(client.ping())
                except redis.RedisError:
                    time.sleep(0.02)
        return False

    def stop(self, seconds: float = 1) -> None:
        if self.process:
            end(self.process, signal.SIGTERM, before=time.monotonic() + seconds)
            self.process = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
