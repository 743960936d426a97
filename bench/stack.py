"""A fresh PostgreSQL and Redis with the real migrations, thrown away at the end."""

import base64
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.recovery import wal
from core.servers.postgres import Postgres
from core.servers.redis import Redis

BACKUP_KEY = base64.urlsafe_b64encode(b"\2" * 32).decode()


@contextmanager
def running(*, archive_seconds: int = 0) -> Iterator[tuple[Postgres, Redis]]:
    """Starts both, sets the environment, migrates, and leaves Django set up in this process.

    With `archive_seconds` the server archives its WAL, and closes a segment after so long.
    """
    with tempfile.TemporaryDirectory(prefix="tuoyu-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = _postgres(folder, archive_seconds)
        redis = Redis(folder / "redis", folder / "logs" / "redis.log")
        try:
            postgres.start()
            redis.start()
            os.environ.update(_environment(folder, postgres, redis))
            _migrate()
            yield postgres, redis
        finally:
            redis.stop()
            postgres.stop()


def _postgres(folder: Path, archive_seconds: int) -> Postgres:
    place, log = folder / "postgres", folder / "logs" / "postgres.log"
    if not archive_seconds:
        return Postgres(place, log)
    os.environ["WAL_ARCHIVE_DIR"] = str(folder / "wal")
    return Postgres(
        place,
        log,
        wal.server_settings(archive_seconds),
        variables=wal.environment(folder / "wal", [BACKUP_KEY]),
    )


def _environment(folder: Path, postgres: Postgres, redis: Redis) -> dict[str, str]:
    (folder / "data" / "static").mkdir(parents=True)  # WhiteNoise warns when it is not there
    key = base64.urlsafe_b64encode(bytes(32)).decode()
    return {
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings"),
        "ENV_FILE": os.devnull,
        "DATABASE_URL": postgres.url,
        "MIGRATE_DATABASE_URL": postgres.owner_url,
        "BACKUP_DATABASE_URL": postgres.superuser_url,
        "REDIS_URL": redis.url,
        "DATA_DIR": str(folder / "data"),
        "SECRET_KEY": "bench" * 12,
        "FIELD_KEYS": key,
        "BLIND_INDEX_KEY": base64.urlsafe_b64encode(b"\1" * 32).decode(),
        "AUDIT_ANCHOR_KEY": "bench" * 12,
        "BACKUP_KEYS": BACKUP_KEY,
        "BACKUP_SIGNING_KEY": base64.urlsafe_b64encode(b"\3" * 32).decode(),
        "SECURE_SITE": "false",
        "LOG_JSON": "false",
        "LOG_LEVEL": "WARNING",
    }


def _migrate() -> None:
    import django  # noqa: PLC0415 -- settings read the environment made above
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0, skip_checks=True)
    from core.postgres import scope  # noqa: PLC0415

    scope.set_usual(scope.system_scope("benchmark"))  # of this process, which makes the world
