"""Tokens of programs: random, hashed, with an end. One that a password alone made cannot act for a post that asks for more."""

import hashlib
import secrets
from dataclasses import dataclass
from functools import cache

from django.db import connection, transaction

from core import actors, audit, calendar
from core.models import ApiToken, User
from core.signin import policy


@dataclass
class Credential:
    """What `request.auth` is for a program."""

    id: int
    second_factor: bool
    confirmed_at: float


def digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def issue(*, user: User, second_factor: str = "") -> str:
    """A new token of the user, as long as the strictest session of the user's posts may last."""
    actor = actors.resolve(user)
    __, life = policy.limits(policy.roles_of(actor) if actor else ())
    key = secrets.token_urlsafe(30)
    with transaction.atomic():
        ApiToken.objects.filter(user=user, expires_at__lte=calendar.now()).delete()
        ApiToken.objects.create(
            user=user,
            digest=digest(key),
            expires_at=calendar.now() + life,
            second_factor=bool(second_factor),
        )
        audit.record(actor=actor, action="token.issued", subject=user)
    return key


# The sealed phone number, for one, stays sealed until somebody asks for it.
_READ = {"id", "username", "name", "language", "is_active", "is_superuser"}


def holder(key: str) -> tuple[User, Credential] | None:
    """One statement that is not composed anew for each batch of entries."""
    fields, statement = _by_digest()
    with connection.cursor() as cursor:
        cursor.execute(statement, [digest(key), calendar.now()])
        row = cursor.fetchone()
    if row is None:
        return None
    pk, factor, confirmed_at = row[-3:]
    user = User.from_db(connection.alias, fields, row[:-3])
    return user, Credential(pk, factor, confirmed_at.timestamp())


@cache
def _by_digest() -> tuple[list[str], str]:
    """Fields in the order in which the model takes them from a row, and the statement that gives them so."""
    fields = [field for field in User._meta.concrete_fields if field.attname in _READ]
    columns = ", ".join(f"u.{field.column}" for field in fields)
    return [field.attname for field in fields], (
        f"SELECT {columns}, t.id, t.second_factor, t.confirmed_at"  # noqa: S608 -- our own columns
        " FROM core_user u JOIN core_apitoken t ON t.user_id = u.id"
        " WHERE t.digest = %s AND t.expires_at > %s"
    )


def confirm(credential: Credential) -> None:
    now = calendar.now()
    ApiToken.objects.filter(pk=credential.id).update(confirmed_at=now)
    credential.confirmed_at = now.timestamp()
