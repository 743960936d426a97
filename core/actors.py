"""How core asks "who is this user acting as" without knowing memberships: `institution` registers the answer."""

from collections import defaultdict
from collections.abc import Callable, Collection

from django.db import connection

from core import rls
from core.calendar import today
from core.scoping import Actor

Resolver = Callable[..., Actor | None]
_resolvers: list[Resolver] = []
_posts: list[str] = []


def register(resolver: Resolver, *, posts: str) -> None:
    """`resolver(user, post="") -> Actor | None`, set once by InstitutionConfig.ready().

    `posts` names the database's function (user, day) whose rows the resolver reads. Whoever has to ask for the user
    anyway asks for them in the same statement and leaves them in `user.post_rows`.
    """
    _resolvers[:] = [resolver]
    _posts[:] = [posts]


def posts_function() -> str:
    return _posts[0]


def read_posts(users: Collection) -> None:
    """Into `user.post_rows` of each, in one statement."""
    if not users:
        return
    statement = f"SELECT u.id, p.* FROM unnest(%s) u (id), {posts_function()}(u.id, %s) p"  # noqa: S608 -- our own name
    with rls.system("resolve actor"), connection.cursor() as cursor:
        cursor.execute(statement, [[user.pk for user in users], today()])
        rows = cursor.fetchall()
    posts = defaultdict(list)
    for pk, *post in rows:
        posts[pk].append(post)
    for user in users:
        user.post_rows = posts[user.pk]


def resolve(user, post: str = "") -> Actor | None:
    if not _resolvers or not getattr(user, "is_authenticated", False) or not user.is_active:
        return None
    return _resolvers[0](user, post)
