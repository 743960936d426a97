"""How core asks "who is this user acting as" without knowing memberships: `institution` registers the answer."""

from collections.abc import Callable

from core.scoping import Actor

Resolver = Callable[..., Actor | None]
_resolvers: list[Resolver] = []


def register(resolver: Resolver) -> Resolver:
    """`resolver(user, post="") -> Actor | None`, set once by InstitutionConfig.ready()."""
    _resolvers[:] = [resolver]
    return resolver


def resolve(user, post: str = "") -> Actor | None:
    if not _resolvers or not getattr(user, "is_authenticated", False) or not user.is_active:
        return None
    return _resolvers[0](user, post)
