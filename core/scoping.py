"""Who is asking, and which rows that person may see.

`Actor` is resolved once per request, task or socket and passed down explicitly. `Model.objects.visible_to(actor)` is
the only door to tenant rows; a role that a scope does not know sees nothing.
"""

from dataclasses import dataclass, field
from typing import Self

from django.db import models
from django.db.models import Q

from core.errors import NotThere
from core.permissions import (
    FAMILY_ROLES,
    INSTITUTION_ROLES,
    PERMISSIONS,
    REGION_ROLES,
    TABLET_PERMISSIONS,
    Permission,
    Role,
)

NOTHING = Q(pk__in=[])


@dataclass(frozen=True, kw_only=True)
class Actor:
    user_id: int
    role: Role
    name: str = ""
    region_path: str = ""
    institution_id: int | None = None
    # granted outside the organisation tree (django-guardian)
    institution_ids: frozenset[int] = frozenset()
    class_ids: frozenset[int] | None = None  # None: every class of the institution
    child_ids: frozenset[int] = frozenset()
    device_id: int | None = None  # signed in by PIN on this tablet
    # which of the user's posts this is; the key of the role switch
    post: str = field(default="", compare=False)
    # every role of the person, in whichever post
    roles: frozenset[Role] = field(default=frozenset(), compare=False)

    def may(self, permission: Permission) -> bool:
        on_tablet = self.device_id is None or permission in TABLET_PERMISSIONS
        return on_tablet and permission in PERMISSIONS[self.role]

    @property
    def workplace(self) -> int:
        """The institution the actor works in; NotThere for anybody else."""
        if self.institution_id is None:
            raise NotThere
        return self.institution_id


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Where a model keeps its region path, institution, class and child, as lookup paths.

    `child` answers families, `class_group` narrows a carer to the carer's own classes, `institution` answers nursery
    staff and granted clinics, `region` answers regulators. A path left None sees nothing on that side; an empty
    string for `institution` or `child` means the row itself.
    """

    institution: str | None = "institution"
    region: str | None = "institution__region__path"
    class_group: str | None = None
    child: str | None = None

    def limit(self, actor: Actor) -> Q:
        if actor.role in FAMILY_ROLES:
            return self._among(self.child, actor.child_ids)
        if actor.role in INSTITUTION_ROLES:
            own = self._among(self.institution, {actor.institution_id} - {None})
            if self.class_group and actor.class_ids is not None:
                return own & Q(**{f"{self.class_group}__in": actor.class_ids})
            return own
        if actor.role == Role.CLINIC_DOCTOR:
            return self._among(self.institution, actor.institution_ids)
        if actor.role in REGION_ROLES and self.region and actor.region_path:
            return Q(**{f"{self.region}__startswith": actor.region_path})
        return NOTHING

    @staticmethod
    def _among(path: str | None, ids) -> Q:
        if path is None or not ids:
            return NOTHING
        return Q(**{f"{path or 'pk'}__in": ids})


class ScopedQuerySet(models.QuerySet):
    """The model says its scope in a class attribute `scope`; a different rule overrides `visible_to`."""

    def visible_to(self, actor: Actor) -> Self:
        scope: Scope = self.model.scope  # type: ignore[attr-defined]  # said by each scoped model
        return self.filter(scope.limit(actor))
