from django.db.models import Q

from core.permissions import FAMILY_ROLES, Permission
from core.scoping import NOTHING, Actor, Scope


class HealthScope(Scope):
    """A child's health is for the family and for those at the nursery or its clinic who may read health at all.

    Regulators see figures, never a child's row (region=None).
    """

    def limit(self, actor: Actor) -> Q:
        if actor.role not in FAMILY_ROLES and not actor.may(Permission.HEALTH_READ):
            return NOTHING
        return super().limit(actor)


HEALTH_SCOPE = HealthScope(region=None, child="child")
