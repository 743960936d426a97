"""Gives a test session a database and a Redis before Django reads its settings.

With pytest-xdist only the controller starts them; the workers inherit the environment. Whoever has
set DATABASE_URL or REDIS_URL keeps their own.
"""

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from core.postgres import roles
from core.servers import catalogues
from core.servers.errors import Trouble
from core.servers.made_up import MADE_UP
from core.servers.ownership import Held, Ownership
from core.servers.postgres import FAST, Postgres
from core.servers.redis import Redis

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    options = early_config.known_args_namespace
    if not (options.help or options.version or "PYTEST_XDIST_WORKER" in os.environ):
        try:
            start(early_config)
        except Trouble as trouble:
            raise pytest.UsageError(str(trouble)) from trouble
    return (yield)


def start(config: pytest.Config) -> None:
    folder, ownership = _folder()
    config.add_cleanup(lambda: _leave(folder, ownership))
    os.environ.setdefault("MIGRATE_DATABASE_URL", os.environ.get("DATABASE_URL", ""))
    if "DATABASE_URL" in os.environ:
        os.environ["DATABASE_URL"] = application_login(os.environ["MIGRATE_DATABASE_URL"])
    else:
        postgres = Postgres(folder / "postgres", folder / "logs/postgres.log", FAST)
        config.add_cleanup(postgres.stop)
        postgres.start()
        os.environ |= {"DATABASE_URL": postgres.url, "MIGRATE_DATABASE_URL": postgres.owner_url}
    if "REDIS_URL" not in os.environ:
        redis = Redis(folder / "redis", folder / "logs/redis.log")
        config.add_cleanup(redis.stop)
        redis.start()
        os.environ["REDIS_URL"] = redis.url
    os.environ.update(MADE_UP)
    os.environ["DATA_DIR"] = str(folder / "data")
    if catalogues.stale(CHECKOUT):
        catalogues.compile_all(CHECKOUT, sys.executable, os.environ)


def application_login(owner_url: str) -> str:
    """On a server that was given: the application's login, with a password of this session."""
    owner, password = urlsplit(owner_url), secrets.token_urlsafe(12)
    connection = psycopg2.connect(owner_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(roles.making(owner.username or ""))
            cursor.execute(f"ALTER ROLE {roles.RUNTIME} PASSWORD %s", [password])
    except psycopg2.errors.InsufficientPrivilege as error:
        raise Trouble(
            f"{owner.username} may not make roles: give tests a superuser, or none."
        ) from error
    finally:
        connection.close()
    place = owner.netloc.rpartition("@")[2]
    return owner._replace(netloc=f"{roles.RUNTIME}:{password}@{place}").geturl()


def _folder() -> tuple[Path, Ownership]:
    """One folder per checkout; a second session beside the first gets one that is thrown away."""
    usual = CHECKOUT / "var" / "test"
    try:
        return usual, Ownership(usual)
    except Held:
        spare = Path(tempfile.mkdtemp(prefix="tuoyu-test-"))
        return spare, Ownership(spare)


def _leave(folder: Path, ownership: Ownership) -> None:
    ownership.release()
    if folder.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys share the machine's one browser and one stack: a single xdist worker runs them."""
    for item in items:
        if item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.xdist_group("browser"))
