import datetime as dt
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet
from institution.enums import AbsenceReason, Presence


class AttendanceQuerySet(ScopedQuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(day=day)

    def present(self) -> Self:
        return self.filter(arrived_at__isnull=False, left_at=None)


class Attendance(models.Model):
    """A child's day at the nursery: came, went, or absent with a reason. Kept from the arrive, leave and absence entries."""

    scope = Scope(child="child", class_group="class_group")

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="attendance"
    )
    class_group = models.ForeignKey(
        "institution.ClassGroup", models.PROTECT, related_name="attendance"
    )
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="attendance")
    day = models.DateField()
    arrived_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    absence = models.CharField(
        _("reason"), max_length=10, choices=AbsenceReason, blank=True, default=""
    )
    absence_note = models.CharField(max_length=80, blank=True, default="")

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child", "day"], name="institution_attendance_once"),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(arrived_at=None) | Q(left_at__gte=F("arrived_at")),
                name="institution_attendance_order",
            ),
            models.CheckConstraint(
                condition=Q(absence="") | Q(arrived_at=None),
                name="institution_attendance_absent_or_here",
            ),
        ]
        indexes = [
            models.Index(fields=["day", "institution"], name="institution_attendance_day"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} {self.day}"

    @property
    def presence(self) -> Presence:
        if self.absence:
            return Presence.ABSENT
        if self.left_at:
            return Presence.LEFT
        return Presence.PRESENT if self.arrived_at else Presence.EXPECTED
