"""From a user to the Actor: one statement reads every post the person holds today, with its regions, classes and children."""

from dataclasses import dataclass

from django.db import connection

from core import rls
from core.calendar import today
from core.models import User
from core.permissions import Role
from core.scoping import Actor

POSTS = "institution_posts_of"  # migration 0004 has the statement


@dataclass(frozen=True)
class Post:
    key: str
    role: Role
    place: str
    actor: Actor

    @property
    def label(self) -> str:
        return f"{self.role.label} · {self.place}" if self.place else str(self.role.label)


def posts_of(user: User) -> list[Post]:
    """Everything the user may act as today, posts of office first."""
    rows = _rows_of(user.pk) if user.post_rows is None else user.post_rows
    roles = frozenset(Role(role) for __, role, *__ in rows)
    return [_post(user, roles, *row) for row in rows]


def _rows_of(user_id: int) -> list[tuple]:
    with rls.system("resolve actor"), connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {POSTS}(%s, %s)", [user_id, today()])  # noqa: S608 -- our own name
        return cursor.fetchall()


def actor_for(user: User, post: str = "") -> Actor | None:
    """The user acting in the chosen post, else in the first; None for a person without any."""
    return chosen(posts_of(user), post)


def chosen(posts: list[Post], key: str) -> Actor | None:
    return next(
        (post.actor for post in posts if post.key == key), posts[0].actor if posts else None
    )


def _post(user, roles, key, role, place, region_path, institution_id, ids, class_ids) -> Post:
    role = Role(role)
    family = role in (Role.GUARDIAN, Role.RELATIVE)
    actor = Actor(
        user_id=user.pk,
        name=user.name,
        role=role,
        post=key,
        roles=roles,
        region_path=region_path,
        institution_id=institution_id,
        institution_ids=frozenset(ids or ()) if role == Role.CLINIC_DOCTOR else frozenset(),
        class_ids=frozenset(class_ids) if role == Role.CARER else None,
        child_ids=frozenset(ids or ()) if family else frozenset(),
    )
    return Post(key, role, place, actor)
