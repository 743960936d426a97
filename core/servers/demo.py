"""`make demo`: the whole system on one machine, nothing installed outside this folder.

Pages and sockets share one port and so one process here (config/demo.py); in production gunicorn
and uvicorn stand behind nginx (docker-compose.yml).
"""

import argparse
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path

import psycopg2

from core.recovery import wal
from core.servers import catalogues, keys
from core.servers.errors import Trouble
from core.servers.ownership import Held, Ownership
from core.servers.postgres import Postgres
from core.servers.processes import last_lines
from core.servers.redis import Redis
from core.servers.supervisor import Program, Stop, Supervisor
from core.servers.terminal import say, step, table

CHECKOUT = Path(__file__).resolve().parents[2]
OURS = ("postgres", "postgres-socket", "redis", "files", "stamps", "beat", "logs", "demo.env")
READY_WITHIN = 90
ERRORS_TO_GIVE_UP = 10
SECOND_STEP = {
    "offered": "  演示只需密码；在“账号与安全”可试用第二步验证，或用 SECOND_FACTOR=required make demo 强制开启"
    " · Passwords are enough here; try the second step under 'Account and security', or require it:"
    " SECOND_FACTOR=required make demo",
    "required": "  监管、审计、管理员和园长须先设置第二步验证"
    " · Regulators, auditor, administrator and directors set up a second step first",
}
HEADINGS = ("角色 Role", "姓名 Name", "账号 Login", "密码 Password", "地址 Address")


class Demo:
    def __init__(self, *, data: Path, host: str, port: int) -> None:
        self.data = data
        self.host = host
        self.port = port
        self.supervisor = Supervisor(logs=data / "logs", say=say)
        self.env: dict[str, str] = {}

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def run(self) -> None:
        self.supervisor.listen()
        try:
            self.start_servers()
            self.prepare()
            self.start_programs()
            self.supervisor.watch()
        finally:
            self.supervisor.stop()

    def start_servers(self) -> None:
        self.env = environment(data=self.data, host=self.host, port=self.port)
        with step("PostgreSQL and Redis"):
            if "DATABASE_URL" not in os.environ:
                postgres = self.postgres()
                self.supervisor.serve(postgres)
                self.env |= {
                    "DATABASE_URL": postgres.url,
                    "MIGRATE_DATABASE_URL": postgres.owner_url,
                    "BACKUP_DATABASE_URL": postgres.superuser_url,
                }
            if "REDIS_URL" not in os.environ:
                redis = Redis(self.data / "redis", self.supervisor.log("redis"))
                self.supervisor.serve(redis)
                self.env["REDIS_URL"] = redis.url
        write_privately(self.data / "demo.env", self.env_file())

    def postgres(self) -> Postgres:
        """With WAL_ARCHIVE_DIR set it archives its WAL there, for point-in-time recovery."""
        place, log = self.data / "postgres", self.supervisor.log("postgres")
        if not (archive := self.env.get("WAL_ARCHIVE_DIR")):
            return Postgres(place, log)
        variables = wal.environment(Path(archive), self.env["BACKUP_KEYS"].split(","))
        return Postgres(place, log, wal.server_settings(), variables=variables)

    def prepare(self) -> None:
        if catalogues.stale(CHECKOUT):
            with step("Translations"):
                catalogues.compile_all(CHECKOUT, sys.executable, self.env)
        self.once("Database tables", "migrate", [*CHECKOUT.glob("*/migrations/*.py")])
        self.once("Static files", "collectstatic", static_inputs(), "--clear")
        self.load_city()

    def load_city(self) -> None:
        """A later day is told to a city we loaded ourselves; a database given to us is left alone."""
        stamp = self.data / "stamps" / "city"
        today = time.strftime("%Y-%m-%d")
        if city_is_missing(self.env["DATABASE_URL"]):
            task = ["load_city", "--scale", "demo"]
        elif stamp.is_file() and stamp.read_text() != today:
            task = ["load_city", "--scale", "demo", "--catch-up"]
        else:
            return
        say("  … Demonstration city")
        self.manage(*task, shown=True)
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(today)

    def once(self, title: str, command: str, inputs: Iterable[Path], *options: str) -> None:
        """Again only when an input changed."""
        stamp = self.data / "stamps" / command
        print_of_inputs = fingerprint([*inputs, CHECKOUT / "requirements.txt"])
        if stamp.is_file() and stamp.read_text() == print_of_inputs:
            return
        with step(title):
            self.manage(command, "--no-input", *options)
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(print_of_inputs)

    def manage(self, *arguments: str, shown: bool = False) -> None:
        self.supervisor.step(
            arguments[0],
            [sys.executable, "manage.py", *arguments],
            env=self.env,
            cwd=CHECKOUT,
            shown=shown,
        )

    def start_programs(self) -> None:
        beat = self.data / "beat"
        beat.mkdir(exist_ok=True)
        celery = ["-m", "celery", "-A", "config"]
        self.launch("beat", *celery, "beat", "-l", "warning", "-s", beat / "schedule", "--pidfile=")
        self.launch(
            *("worker", *celery, "worker", "-l", "warning", "--pool", "threads", "-c", "2"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        )
        with step("Web, sockets, worker and schedule"):
            web = self.launch(
                *("web", "-m", "uvicorn", "config.demo:application", "--lifespan", "off"),
                *("--host", self.host, "--port", str(self.port), "--no-server-header"),
                *("--log-level", "warning", "--timeout-graceful-shutdown", "1"),
                *("--ws-max-size", "16384", "--ws-per-message-deflate", "false"),
                *("--ws-ping-interval", "25", "--ws-ping-timeout", "25"),
            )
            logins = self.logins()
            self.wait_until_ready(web)
        self.greet(logins)

    def launch(self, name: str, *arguments: str | Path) -> Program:
        command = [sys.executable, *arguments]
        return self.supervisor.run(name, command, env=self.env, cwd=CHECKOUT)

    def wait_until_ready(self, web: Program) -> None:
        until = time.monotonic() + READY_WITHIN
        errors = 0
        while time.monotonic() < until and errors < ERRORS_TO_GIVE_UP and web.running():
            status = status_of(f"{self.address}/healthz")
            if status == HTTPStatus.OK:
                return
            errors += status is not None
            time.sleep(0.2)
        raise Trouble(f"The web process is not ready. {web.log} ends with:\n{last_lines(web.log)}")

    def logins(self) -> list[dict[str, str]]:
        answer = subprocess.run(
            [sys.executable, "manage.py", "demo_logins", "--json"],
            env=self.env,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if answer.returncode:
            raise Trouble(f"The logins cannot be listed:\n{answer.stderr.strip()}")
        return json.loads(answer.stdout)

    def greet(self, logins: list[dict[str, str]]) -> None:
        rows = [
            [
                *(login[key] for key in ("role", "name", "username", "password")),
                self.address + login["path"],
            ]
            for login in logins
        ]
        say()
        say(table(HEADINGS, rows))
        say()
        say(f"  已就绪 Ready: {self.address}/")
        say(SECOND_STEP[self.env["SECOND_FACTOR"]])
        say(f"  按 Ctrl-C 停止 Stop with Ctrl-C · 日志 Logs: {readable(self.data / 'logs')}")

    def env_file(self) -> str:
        """What this run added to the environment, so that manage.py can be used beside it."""
        added = {key: value for key, value in self.env.items() if os.environ.get(key) != value}
        added.pop("ENV_FILE", None)
        return keys.lines(dict(sorted(added.items())))


def environment(*, data: Path, host: str, port: int) -> dict[str, str]:
    beyond = "*" if host not in ("127.0.0.1", "localhost") else "localhost,127.0.0.1"
    return {
        **os.environ,
        **read_secrets(data / "secrets.env"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ENV_FILE": os.devnull,
        "DATA_DIR": str(data),
        "DEBUG": "false",
        "DEMO": "true",
        # in the evening the log of the made-up city stops before the children go
        "LATE_PICKUP_MINUTES": os.environ.get("LATE_PICKUP_MINUTES", "0"),
        "SECOND_FACTOR": os.environ.get("SECOND_FACTOR", "offered"),
        "SECURE_SITE": "false",
        "ALLOWED_HOSTS": beyond,
        "CSRF_TRUSTED_ORIGINS": f"http://localhost:{port},http://127.0.0.1:{port}",
        "LOG_JSON": "false",
        "PYTHONUNBUFFERED": "1",
    }


def read_secrets(path: Path) -> dict[str, str]:
    """Made once: with other keys the stored phone numbers and resident ids cannot be read. New versions add theirs."""
    lines = path.read_text().splitlines() if path.is_file() else []
    known = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    secrets = keys.make() | known
    if secrets != known:
        write_privately(path, keys.lines(secrets))
    return secrets


def write_privately(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def status_of(url: str) -> int | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 -- its own pages
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def city_is_missing(url: str) -> bool:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT NOT EXISTS (SELECT FROM institution_institution)")
            return cursor.fetchone()[0]
    finally:
        connection.close()


def static_inputs() -> list[Path]:
    ours = [path for path in CHECKOUT.glob("*/static/**/*") if path.is_file()]
    wanted = ("package.json", "package-lock.json", "core/staticfiles.py")
    return [*ours, *(path for name in wanted if (path := CHECKOUT / name).is_file())]


def fingerprint(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(set(paths)):
        digest.update(f"{path.relative_to(CHECKOUT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def forget(data: Path) -> None:
    """Only what the demonstration made: DATA_DIR may be a folder with other things in it."""
    if "DATABASE_URL" in os.environ:
        raise Trouble("DATABASE_URL is set; that database is not for demo-reset to delete.")
    for name in OURS:
        path = data / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise Trouble(
                f"Port {port} is reserved. Choose another: make demo PORT=8001"
            ) from error
        except OSError as error:
            another = port + 1 if port < 65535 else 8001
            raise Trouble(
                f"Port {port} is taken by another program. Stop it, or choose another: "
                f"make demo PORT={another}"
            ) from error


def settings(given: Mapping[str, str]) -> tuple[Path, str, int]:
    data = Path(given.get("DATA_DIR") or "var").expanduser().resolve()
    written = given.get("PORT") or "8000"
    if not (written.isdecimal() and 0 < int(written) < 65536):
        raise Trouble(f"PORT must be a number from 1 to 65535, not {written!r}.")
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble(f"DATA_DIR {data} cannot be used: {error.strerror}.") from error
    return data, given.get("HOST") or "127.0.0.1", int(written)


def readable(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def own(data: Path, address: str) -> Ownership:
    try:
        ownership = Ownership(data)
    except Held as held:
        raise Trouble(
            f"The demonstration is already running with {readable(data)}: {held}. Stop it there "
            "with Ctrl-C, or start another one: make demo PORT=8001 DATA_DIR=other"
        ) from held
    ownership.note(f"{address} (process {os.getpid()})")
    return ownership


def main(*, reset: bool) -> int:
    try:
        data, host, port = settings(os.environ)
        ownership = own(data, f"http://localhost:{port}")
        free(host, port)
        if reset:
            forget(data)
        say(f"托育云 Tuoyu Cloud · {readable(data)}")
        Demo(data=data, host=host, port=port).run()
        ownership.release()
    except Trouble as trouble:
        say(f"\n{trouble}")
        return 1
    except Stop as stop:
        say(f"\n已停止 Stopped ({stop.name}).")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The demonstration on this machine.")
    parser.add_argument("--reset", action="store_true", help="delete its data first")
    sys.exit(main(reset=parser.parse_args().reset))
