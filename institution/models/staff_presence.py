import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet
from institution.models.staff import alone


class StaffPresenceQuerySet(ScopedQuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(day=day)

    def running(self) -> Self:
        """Nobody has clocked out of these yet."""
        return self.filter(during__endswith=None)


class StaffPresence(models.Model):
    """A stretch of time that somebody of the staff spent with one class, or in the house without one.

    Going to another class ends one stretch and begins the next at the same moment.
    """

    scope = Scope(class_group="class_group")

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    membership = models.ForeignKey(
        "institution.Membership", models.PROTECT, related_name="presence"
    )
    class_group = models.ForeignKey(
        "institution.ClassGroup", models.PROTECT, related_name="presence", null=True, blank=True
    )
    day = models.DateField()
    during = DateTimeRangeField(_("here"))
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    reason = models.CharField(_("reason"), max_length=120, blank=True, default="")

    objects = StaffPresenceQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="institution_staffpresence_no_overlap",
                index_type="gist",
                expressions=[alone("membership_id"), ("during", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False) & Q(during__startswith__isnull=False),
                name="institution_staffpresence_period",
            ),
            models.CheckConstraint(
                condition=Q(corrected_by=None) | ~Q(reason=""),
                name="institution_staffpresence_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "day"], name="institution_staffpresence_day"),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} {self.class_group_id} {self.during}"
