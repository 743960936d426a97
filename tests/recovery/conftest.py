import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import environ
import psycopg2
import pytest
from django.conf import settings as plain_settings
from django.db import connection

from core.recovery import backups, database

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Source:
    """A database with a small city, and one backup of it that no test changes."""

    url: str
    folder: Path
    backup: backups.Backup

    @property
    def address(self) -> database.Address:
        return database.address(environ.Env.db_url_config(self.url))


def superuser(name: str) -> dict[str, str]:
    usual = database.address(plain_settings.DATABASES["default"])
    return {**usual, "user": "postgres", "dbname": name}


def url_of(name: str, user: str = "postgres") -> str:
    host = superuser(name)["host"].replace("/", "%2F")
    return f"postgresql://{user}@/{name}?host={host}"


def run_sql(name: str, *statements: str) -> list[tuple]:
    link = psycopg2.connect(**superuser(name))
    link.autocommit = True
    try:
        with link.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        link.close()


@contextmanager
def database_named(name: str, owner: str = "tuoyu"):
    run_sql("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    run_sql("postgres", f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0")
    try:
        yield name
    finally:
        run_sql("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def manage(*arguments: str, url: str, data: Path, check: bool = True, **extra: str):
    environment = os.environ | {
        "DATABASE_URL": url,
        "MIGRATE_DATABASE_URL": url.replace("//tuoyu_app@", "//tuoyu@"),
        "BACKUP_DATABASE_URL": url.replace("//tuoyu_app@", "//postgres@"),
        "DATA_DIR": str(data),
        "DEMO": "true",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    answer = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT, env=environment | extra, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not (check and answer.returncode), answer.stderr
    return answer


def store_uploads(name: str, folder: Path) -> None:
    """Two pictures more: the city's own are told of this morning, and at night there was none yet.

    The second shows the first child that has a key of its own, and nobody else.
    """
    first = "SELECT min(c.id) FROM institution_child c JOIN crypto_key k ON k.subject = c.sealed_id"
    shown = {1: "'{}'", 2: f"ARRAY({first})"}
    for number in (1, 2):
        path = f"attachments/0{number}/{number}.jpg"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)  # the city's may lie there
        (folder / path).write_bytes(bytes([number]) * 1000)
        run_sql(
            name,
            "INSERT INTO core_attachment (id, institution_id, child_ids, owner_id, kind, sha256, file, thumbnail,"
            " width, height, size_bytes) SELECT gen_random_uuid(), (SELECT min(id) FROM institution_institution),"
            f" {shown[number]}, (SELECT min(id) FROM core_user), 'image', repeat('{number}', 64), '{path}', '', 9, 9, 1000",
        )


def worker_name(base: str) -> str:
    """xdist workers share the server."""
    return f"{base}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    data = tmp_path_factory.mktemp("recovery")
    with database_named(worker_name("recovery_source")) as name:
        url = url_of(name, "tuoyu_app")
        manage("migrate", "-v0", url=url, data=data)
        manage("load_city", "--days", "2", url=url, data=data)
        store_uploads(name, data / "files")
        manage("backup", url=url, data=data)
        folder = backups.newest(data / "backups")
        yield Source(url_of(name), data, backups.opened(folder))


@pytest.fixture
def backup_copy(source, tmp_path) -> Path:
    """The backup with its uploads, to be damaged."""
    shutil.copytree(source.folder / "backups", tmp_path / "backups")
    return tmp_path / "backups" / source.backup.id


@pytest.fixture
def empty_database():
    with database_named(worker_name("recovery_target")) as name:
        yield name


@pytest.fixture
def usual_backups(settings, tmp_path, source):
    """Backups of this test read the source and are written to a folder of its own."""
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.DATA_DIR = tmp_path
    settings.BACKUP_DATABASE = environ.Env.db_url_config(source.url)
    return tmp_path / "backups"


@pytest.fixture
def own_database(settings):
    """The database of the test itself, read by its superuser."""
    settings.BACKUP_DATABASE = connection.settings_dict | {"USER": "postgres"}
