"""Entering a database scope: of an actor, of the system for a listed reason, or of the public.

The scope is the second wall behind `visible_to`: the policies of the database (core.postgres.policies) read it.
"""

from contextlib import _GeneratorContextManager

from core.permissions import FAMILY_ROLES, REGION_ROLES, Role
from core.postgres import scope
from core.postgres.scope import PUBLIC, DatabaseScope
from core.scoping import Actor


def scope_of(actor: Actor | None) -> DatabaseScope:
    """Of nobody, or of a role without a place, it is the public's."""
    if actor is None:
        return PUBLIC
    if actor.role in FAMILY_ROLES:
        return DatabaseScope(
            kind="family",
            role="app_parent",
            user_id=actor.user_id,
            child_ids=tuple(sorted(actor.child_ids)),
        )
    institution_ids = (
        actor.institution_ids if actor.role == Role.CLINIC_DOCTOR else {actor.institution_id}
    )
    return DatabaseScope(
        kind="staff",
        user_id=actor.user_id,
        institution_ids=tuple(sorted(pk for pk in institution_ids if pk is not None)),
        region_path=actor.region_path if actor.role in REGION_ROLES else "",
    )


def of_actor(actor: Actor | None) -> _GeneratorContextManager[None]:
    return scope.entered(scope_of(actor))


def of_request(request) -> _GeneratorContextManager[None]:
    """Of its actor; of the nursery of a paired tablet on which nobody has signed in; else the public's."""
    if request.actor is None and request.tablet is not None:
        return scope.entered(
            DatabaseScope(kind="tablet", institution_ids=(request.tablet.institution_id,))
        )
    return of_actor(request.actor)


def public() -> _GeneratorContextManager[None]:
    return scope.entered(PUBLIC)


def system(reason: str) -> _GeneratorContextManager[None]:
    """Also a decorator. The reason must be on the list core.postgres.scope.SYSTEM_REASONS."""
    return scope.entered(scope.system_scope(reason))


def now_at(institution_id: int) -> None:
    """A machine has shown by its key whose it is: from here on the request works at that nursery."""
    scope.change(DatabaseScope(kind="machine", institution_ids=(institution_id,)))


def now_acting(actor: Actor | None) -> None:
    """A request has learned who is asking; the middleware's block around it ends this scope."""
    scope.change(scope_of(actor))
