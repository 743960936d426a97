import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.permissions import Role
from core.scoping import Scope, ScopedQuerySet

STAFF_ROLES = [
    (role.value, role.label) for role in (Role.DIRECTOR, Role.CARER, Role.HEALTH_WORKER, Role.CLERK)
]


class MembershipQuerySet(ScopedQuerySet):
    def working(self, on: dt.date) -> Self:
        return self.filter(started_on__lte=on).filter(Q(ended_on=None) | Q(ended_on__gt=on))


class Membership(models.Model):
    """A member of an institution's staff."""

    scope = Scope()

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=20, choices=STAFF_ROLES)
    started_on = models.DateField(_("started on"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "institution", "role"],
                condition=Q(ended_on=None),
                name="institution_membership_once",
            ),
            models.UniqueConstraint(
                fields=["id", "institution"], name="institution_membership_tenant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.institution_id}"


class ClassDuty(models.Model):
    """A carer's class for a time. A carer sees and writes only the children of the carer's own classes."""

    scope = Scope(class_group="class_group")

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="duties")
    class_group = models.ForeignKey("institution.ClassGroup", models.CASCADE, related_name="duties")
    during = DateRangeField()

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.membership_id} {self.class_group_id}"
