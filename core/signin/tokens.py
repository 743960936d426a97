"""Tokens of programs: random, hashed, with an end. One that a password alone made cannot act for a post that asks for more."""

import hashlib
import secrets
from dataclasses import dataclass
from functools import cache

from django.db import connection, transaction

from core import actors, audit, calendar, rls
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


# In the order of core_token_holder (migration 0021). The sealed phone number, for one, stays sealed until asked for.
_READ = ("id", "username", "name", "language", "is_active", "is_superuser")
_HOLDER = (
    "SELECT h.*, p.* FROM core_token_holder(%s, %s) h LEFT JOIN LATERAL {}(h.id, %s) p ON true"
)


def holder(key: str) -> tuple[User, Credential] | None:
    """The user with what the user may act as, in one statement: every batch of entries asks for both."""
    statement = _HOLDER.format(actors.posts_function())
    with rls.system("resolve actor"), connection.cursor() as cursor:
        cursor.execute(statement, [digest(key), calendar.now(), calendar.today()])
        rows = cursor.fetchall()
    if not rows:
        return None
    known, (pk, factor, confirmed_at) = rows[0][: len(_READ)], rows[0][len(_READ) : len(_READ) + 3]
    user = User.from_db(
        connection.alias, _fields(), [known[_READ.index(name)] for name in _fields()]
    )
    posts = [row[len(_READ) + 3 :] for row in rows]
    user.post_rows = [post for post in posts if post[0] is not None]
    return user, Credential(pk, factor, confirmed_at.timestamp())


@cache
def _fields() -> list[str]:
    """What was read, in the order in which the model takes it."""
    return [field.attname for field in User._meta.concrete_fields if field.attname in _READ]


def confirm(credential: Credential) -> None:
    now = calendar.now()
    ApiToken.objects.filter(pk=credential.id).update(confirmed_at=now)
    credential.confirmed_at = now.timestamp()
