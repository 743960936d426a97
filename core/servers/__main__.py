"""`python -m core.servers COMMAND …` runs a command with a PostgreSQL and a Redis of its own."""

import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from core.servers.errors import Trouble
from core.servers.made_up import MADE_UP
from core.servers.postgres import FAST, Postgres
from core.servers.processes import end, spawn
from core.servers.redis import Redis
from core.servers.supervisor import Stop, Supervisor
from core.servers.terminal import say


def main(command: list[str]) -> int:
    folder = Path(tempfile.mkdtemp(prefix="tuoyu-scratch-"))
    supervisor = Supervisor(logs=folder / "logs", say=say)
    supervisor.listen()
    try:
        postgres = Postgres(folder / "postgres", supervisor.log("postgres"), FAST)
        redis = Redis(folder / "redis", supervisor.log("redis"))
        supervisor.serve(postgres)
        supervisor.serve(redis)
        env = {**os.environ, **MADE_UP, "DATA_DIR": str(folder / "data")}
        env |= {
            "DATABASE_URL": postgres.url,
            "MIGRATE_DATABASE_URL": postgres.owner_url,
            "BACKUP_DATABASE_URL": postgres.superuser_url,
            "REDIS_URL": redis.url,
        }
        process = spawn(command, env=env)
        try:
            return process.wait()
        finally:
            end(process, signal.SIGTERM, before=time.monotonic() + 2)
    except Trouble as trouble:
        say(str(trouble))
        return 1
    except Stop:
        return 130
    finally:
        supervisor.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m core.servers COMMAND …")
    sys.exit(main(sys.argv[1:]))
