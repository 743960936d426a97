"""Whether a restored database works: its audit, its keys, its sign-in. Runs on the database of the settings."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command, get_commands
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils.crypto import get_random_string

from core import crypto
from core.crypto.fields import EncryptedTextField
from core.models import CryptoKey, User
from core.recovery import erasures, needs

VALUES = 100  # sealed values that are opened, over all columns


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    detail: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Wrong(Exception):
    pass


def all_checks() -> list[Check]:
    return [
        _tried("migrations", _migrations),
        _tried("sealed values", _sealed_values),
        _tried("erasures", _erasures),
        _tried("audit chain", _audit),
        _tried("sign-in", _sign_in),
    ]


def _tried(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, detail=check())
    except Wrong as wrong:
        return Check(name, ok=False, detail=str(wrong))
    except Exception as fault:  # noqa: BLE001 -- whatever goes wrong in a check is its result
        return Check(name, ok=False, detail=f"{type(fault).__name__}: {fault}"[:500])


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in waiting)
        return f"the backup is older than this version; `manage.py migrate` will run {names}"
    return f"all {len(executor.loader.applied_migrations)} are applied"


def _sealed_values() -> str:
    opened, fields = 0, needs.sealed_fields()
    for number, field in enumerate(fields):
        share = (VALUES - opened) // (len(fields) - number)
        opened += sum(_opens(row, field) for row in _some(field, max(share, 1)))
    if not opened and any(_some(field, 1) for field in fields):
        raise Wrong("No sealed value could be opened.")
    return f"{opened} values of {len(fields)} columns opened"


def _some(field: EncryptedTextField, count: int) -> list[Model]:
    rows = field.model._meta.base_manager.exclude(**{f"{field.name}__isnull": True})
    filled = rows.extra(where=[f'octet_length("{field.column}") > 0'])  # noqa: S610 -- nothing compares a sealed field
    return list(filled.order_by("?")[:count])


def _opens(row: Model, field: EncryptedTextField) -> bool:
    """Whether it opened; False where its key was destroyed on purpose."""
    try:
        getattr(row, field.attname)
    except crypto.Erased:
        return False
    except crypto.CannotOpen as fault:
        raise Wrong(str(fault)) from fault
    return True


def _erasures() -> str:
    listed = erasures.ledger()
    keys = CryptoKey.objects.filter(purpose="child", subject__in=listed)
    if readable := keys.exclude(state="destroyed").values("subject").distinct().count():
        raise Wrong(
            f"{readable} erased children can be read again: "
            f"`manage.py erase_child --again {settings.ERASURE_LEDGER}`"
        )
    return f"none of {len(listed)} erased children can be read"


def _audit() -> str:
    if "verify_audit" not in get_commands():
        return "no chain in this version"
    said = StringIO()
    try:
        call_command("verify_audit", stdout=said, stderr=said)
    except (CommandError, SystemExit) as fault:
        raise Wrong(f"{said.getvalue()} {fault}".strip()[-500:]) from fault
    return said.getvalue().strip()[-500:] or "verified"


def _sign_in() -> str:
    """Somebody made for this signs in and is gone again with the transaction."""
    password = get_random_string(24)
    with transaction.atomic():
        user = User.objects.create_user(username=f"drill-{get_random_string(8)}", password=password)
        client = Client(headers={"host": settings.ALLOWED_HOSTS[0].lstrip("*.") or "localhost"})
        given = {"username": user.username, "password": password}
        answer = client.post(reverse("portal:sign-in"), given, secure=True)
        who = client.get(reverse("portal:whoami"), secure=True)
        transaction.set_rollback(True)
    if who.status_code != HTTPStatus.OK or who.json().get("user") != user.pk:
        raise Wrong(f"A person with the right password could not sign in: {answer.status_code}.")
    return "a person signed in"
