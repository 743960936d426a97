import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet
from institution.enums import AbsenceReason


class PlannedDayQuerySet(ScopedQuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(day=day)

    def away(self) -> Self:
        return self.filter(coming=False)


class PlannedDay(models.Model):
    """What the family told about a day to come: other hours than usual, or that the child stays away and why.

    It plans nothing by itself: whether the child came says the daily log, and a carer confirms an absence.
    """

    scope = Scope(child="child", region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="planned_days")
    day = models.DateField()
    coming = models.BooleanField(_("comes"))
    arrives_at = models.TimeField(_("comes at"), null=True, blank=True)
    leaves_at = models.TimeField(_("is fetched at"), null=True, blank=True)
    reason = models.CharField(
        _("reason"), max_length=10, choices=AbsenceReason, blank=True, default=""
    )
    note = models.CharField(_("note"), max_length=80, blank=True, default="")
    late = models.BooleanField(_("told late"), default=False)
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    told_at = models.DateTimeField()

    objects = PlannedDayQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child", "day"], name="institution_plannedday_once"),
            models.CheckConstraint(
                condition=Q(coming=True, reason="")
                | (Q(coming=False, arrives_at=None, leaves_at=None) & ~Q(reason="")),
                name="institution_plannedday_coming_or_why",
            ),
            models.CheckConstraint(
                condition=Q(leaves_at=None) | Q(arrives_at=None) | Q(leaves_at__gt=F("arrives_at")),
                name="institution_plannedday_hours",
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "day"], name="institution_plannedday_day"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} {self.day}"
