import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg2

from core.postgres import roles
from core.servers import binaries
from core.servers.errors import Trouble
from core.servers.processes import Account, account_for, end, hand_over, last_lines, spawn

LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
FIRST_BUILTIN_LOCALE = 17
NAME = "tuoyu"  # of the role that owns the database, and of the database

CAREFUL: Mapping[str, str] = {}
FAST: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "1d",
}


class Postgres:
    """A server on a unix socket only, in a folder of its own, for one owner."""

    name = "postgres"

    def __init__(
        self,
        folder: Path,
        log: Path,
        settings: Mapping[str, str] = CAREFUL,
        *,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """`variables` are for the commands that the server runs itself: those of a WAL archive."""
        self.folder = folder
        self._log = log
        self._settings = settings
        self._variables = variables or {}
        self._program = binaries.postgres()
        self.socket = Path()
        self._account: Account | None = None
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Of the application's login, which owns nothing."""
        return self._url_of(roles.RUNTIME)

    @property
    def owner_url(self) -> str:
        return self._url_of(NAME)

    def _url_of(self, role: str) -> str:
        return f"postgresql://{role}@/{NAME}?host={quote(str(self.socket), safe='')}"

    @property
    def superuser_url(self) -> str:
        """For backups and restores: the one login that sees everything whatever the policies say."""
        return f"postgresql://postgres@/{NAME}?host={quote(str(self.socket), safe='')}"

    def start(self, patience: float = 60) -> None:
        """`patience` is in seconds, for a server that first reads much WAL."""
        major = binaries.postgres_major(self._program)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._account = account_for(self._program, self.folder, *self._run_by_it())
        self.socket = self._socket_folder()
        hand_over(self.folder, self._account)
        hand_over(self.socket, self._account)
        if self._settings.get("archive_mode") == "on":
            self._archive.mkdir(parents=True, exist_ok=True, mode=0o700)
            hand_over(self._archive, self._account)
        self._same_version(major)
        if not (self.folder / "PG_VERSION").is_file():
            self._initialise(major)
        self._wait_for_the_last_owner()
        self.launch()
        self.wait_until_ready(patience)
        self._create_role_and_database()

    def launch(self) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "128MB",
            "wal_keep_size": "512MB",  # pg_basebackup fetches at its end what was written meanwhile
            "log_timezone": "UTC",
            **self._settings,
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with self._log.open("ab") as output:
            self.process = spawn(
                [self._program, "-D", self.folder, "-k", self.socket, *options],
                env={**_environment(), **self._variables},
                output=output,
                cwd=self.folder,
                account=self._account,
                when_orphaned=signal.SIGINT,
            )

    def wait_until_ready(self, seconds: float = 60) -> None:
        """Line 8 of postmaster.pid is the state; line 1 guards against a file somebody left."""
        until = time.monotonic() + seconds
        while (process := self.process) and process.poll() is None and time.monotonic() < until:
            lines = self._pid_file()
            if lines[:1] == [str(process.pid)] and lines[7:8] and lines[7].strip() == "ready":
                return
            time.sleep(0.02)
        raise Trouble(
            f"PostgreSQL did not start. Its log {self._log} ends with:\n{last_lines(self._log)}"
        )

    def stop(self, seconds: float = 2) -> None:
        if self.process:
            end(self.process, signal.SIGINT, before=time.monotonic() + seconds)
            self.process = None
        if self.socket.parent == Path(tempfile.gettempdir()):
            shutil.rmtree(self.socket, ignore_errors=True)

    @property
    def _archive(self) -> Path:
        return Path(self._variables["WAL_ARCHIVE_DIR"])

    def _run_by_it(self) -> list[Path]:
        """What commands of the server have to reach: this Python, and what is archived."""
        if not self._variables:
            return []
        return [Path(sys.executable).resolve(), *list(self._archive.glob("*"))[:1]]

    def _socket_folder(self) -> Path:
        beside = self.folder.with_name(f"{self.folder.name}-socket")
        if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
            beside.mkdir(exist_ok=True, mode=0o700)
            return beside
        return Path(tempfile.mkdtemp(prefix="tuoyu-"))

    def _same_version(self, major: int) -> None:
        with suppress(FileNotFoundError):
            made_by = (self.folder / "PG_VERSION").read_text().strip()
            if made_by != str(major):
                raise Trouble(
                    f"The database in {self.folder} was made by PostgreSQL {made_by}; installed is "
                    f"{major}. Nothing was changed. Use version {made_by} to export it, or start "
                    "anew with `make demo-reset`."
                )

    def _initialise(self, major: int) -> None:
        if any(self.folder.iterdir()):
            raise Trouble(
                f"{self.folder} holds an unfinished database. Delete it with `make demo-reset`."
            )
        command: list[str | Path] = [
            binaries.initdb(),
            "-D",
            self.folder,
            "-U",
            "postgres",
            "--auth=trust",
        ]
        command += ["--no-sync", "--locale=C", "--encoding=UTF8"]
        if major >= FIRST_BUILTIN_LOCALE:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        with self._log.open("ab") as output:
            process = spawn(
                command,
                env=_environment(),
                output=output,
                cwd=self.folder,
                account=self._account,
                when_orphaned=signal.SIGKILL,
            )
        try:
            failed = process.wait(120)
        finally:
            end(process, signal.SIGKILL, before=0)
        if failed:
            raise Trouble(
                f"The database could not be made. The log {self._log} ends with:\n{last_lines(self._log)}"
            )

    def _wait_for_the_last_owner(self) -> None:
        """After `kill -9` of a supervisor its server needs a moment to write everything down."""
        until = time.monotonic() + 10
        while (pid := self._last_pid()) and _is_postgres(pid):
            if time.monotonic() > until:
                raise Trouble(
                    f"Another PostgreSQL (process {pid}) works in {self.folder}. Stop it first."
                )
            time.sleep(0.05)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _create_role_and_database(self) -> None:
        connection = psycopg2.connect(dbname="postgres", user="postgres", host=str(self.socket))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [NAME])
                if not cursor.fetchone():
                    cursor.execute(f"CREATE ROLE {NAME} LOGIN CREATEDB")
                cursor.execute(roles.making(NAME))
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
                if not cursor.fetchone():
                    cursor.execute(f"CREATE DATABASE {NAME} OWNER {NAME}")
        finally:
            connection.close()

    def _last_pid(self) -> int:
        lines = self._pid_file()
        return int(lines[0]) if lines and lines[0].isdigit() else 0

    def _pid_file(self) -> list[str]:
        try:
            return (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _is_postgres(pid: int) -> bool:
    """A number in an old file may belong to anybody by now."""
    if not Path("/proc/self").exists():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    with suppress(OSError):
        return "postgres" in Path(f"/proc/{pid}/comm").read_text()
    return False
