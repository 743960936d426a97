import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet
from institution.enums import Relation


class GuardianshipQuerySet(ScopedQuerySet):
    def valid(self, on: dt.date) -> Self:
        return self.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))


class Guardianship(models.Model):
    """A guardian of a child. It belongs to the family and moves with the child from nursery to nursery."""

    scope = Scope(institution=None, region=None, child="child")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="guardianships")
    child = models.ForeignKey("institution.Child", models.CASCADE, related_name="guardianships")
    relation = models.CharField(_("relation"), max_length=12, choices=Relation)
    may_pick_up = models.BooleanField(_("may pick up"), default=True)
    valid_from = models.DateField(default=dt.date(2000, 1, 1))
    valid_to = models.DateField(null=True, blank=True)

    objects = GuardianshipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "child"],
                condition=Q(valid_to=None),
                name="institution_guardianship_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.child_id}"
