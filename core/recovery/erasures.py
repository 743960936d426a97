"""Children erased after a backup was made are erased again in what is restored from it, before anybody can read it."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from django.conf import settings

from core.recovery import database
from core.recovery.errors import Trouble

_DESTROY = """
UPDATE crypto_key SET wrapped = '', state = 'destroyed', ended_at = now()
 WHERE purpose = 'child' AND state <> 'destroyed' AND subject = ANY(%s::uuid[]) RETURNING subject
"""


@dataclass(frozen=True)
class Erased:
    listed: int  # in the ledger
    again: int  # whose key the backup had brought back

    def __str__(self) -> str:
        if not self.listed:
            return "The erasure ledger names nobody."
        return f"The erasure ledger names {self.listed} children; erased again: {self.again}."


NOBODY = Erased(0, 0)


def ledger() -> list[str]:
    """The ids of the erased, each once. Raises Trouble when a line cannot be read: nobody is left out silently."""
    path = Path(settings.ERASURE_LEDGER)
    if not path.is_file():
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return sorted({json.loads(line)["subject"] for line in lines if line.strip()})
    except (ValueError, KeyError, TypeError) as error:
        raise Trouble(f"The erasure ledger {path} cannot be read: {error}.") from error


def apply(where: database.Address, files: Path | None = None) -> Erased:
    """First the keys, by one statement that no older schema prevents; then names, links and pictures by the command."""
    subjects = ledger()
    if not subjects:
        return NOBODY
    with database.connected(where) as connection:
        again = {subject for (subject,) in database.rows(connection, _DESTROY, [subjects])}
    _by_the_command(where, files)
    return Erased(len(subjects), len(again))


def _by_the_command(where: database.Address, files: Path | None) -> None:
    """In a process of its own, because settings and connections belong to one database."""
    url = _url(where)
    with tempfile.TemporaryDirectory(prefix="tuoyu-erasures-") as name:
        folder = Path(name)
        copy = folder / "erasures.jsonl"  # the command notes anew what it erases
        copy.write_bytes(Path(settings.ERASURE_LEDGER).read_bytes())
        (folder / "files").symlink_to(files or folder / "none", target_is_directory=True)
        environment = os.environ | {
            "DATABASE_URL": url,
            "MIGRATE_DATABASE_URL": url,
            "DATA_DIR": str(folder),
            "ERASURE_LEDGER": str(copy),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        answer = subprocess.run(
            [sys.executable, settings.BASE_DIR / "manage.py", "erase_child", "--again", copy],
            env=environment,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
    if answer.returncode:
        raise Trouble(
            "The keys of erased children are destroyed again, their names are not yet: "
            f"{answer.stderr.strip()[-300:]} After `manage.py migrate` run "
            f"`manage.py erase_child --again {settings.ERASURE_LEDGER}` before anybody signs in."
        )


def _url(where: database.Address) -> str:
    login = quote(where.get("user", ""), safe="")
    if password := where.get("password"):
        login += f":{quote(password, safe='')}"
    host = where.get("host", "localhost")
    options = {name: value for name, value in where.items() if name.startswith("ssl")}
    if host.startswith("/"):  # a socket's folder
        place, options = "", options | {"host": host}
    else:
        place = f"{host}:{where['port']}" if where.get("port") else host
    return f"postgresql://{login}@{place}/{quote(where['dbname'], safe='')}?{urlencode(options)}"
