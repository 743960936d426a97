import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import DateTimeField, ExpressionWrapper, F, Func, Q
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet
from institution.enums import LeaveState, StaffLeaveKind
from institution.models.staff import alone


def _moment(column: str) -> ExpressionWrapper:
    return ExpressionWrapper(F("day") + F(column), output_field=DateTimeField())


class Shift(models.Model):
    """Who is planned with which class on a day, and when. The right to see its children is the duty (ClassDuty)."""

    scope = Scope(class_group="class_group")

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    membership = models.ForeignKey("institution.Membership", models.PROTECT, related_name="shifts")
    class_group = models.ForeignKey("institution.ClassGroup", models.PROTECT, related_name="shifts")
    day = models.DateField()
    starts_at = models.TimeField(_("from"))
    ends_at = models.TimeField(_("until"))

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="institution_shift_no_overlap",
                index_type="gist",
                expressions=[
                    alone("membership_id"),
                    (
                        Func(_moment("starts_at"), _moment("ends_at"), function="tsrange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="institution_shift_hours"
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "day"], name="institution_shift_day"),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} {self.class_group_id} {self.day}"


class StaffLeaveQuerySet(ScopedQuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(during__contains=day)

    def granted(self) -> Self:
        return self.filter(state=LeaveState.GRANTED)


class StaffLeave(models.Model):
    """Days on which somebody of the staff is away: asked for by the person, granted or refused by the director."""

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    membership = models.ForeignKey("institution.Membership", models.PROTECT, related_name="leaves")
    kind = models.CharField(_("kind"), max_length=10, choices=StaffLeaveKind)
    during = DateRangeField(_("days"))
    note = models.CharField(_("note"), max_length=120, blank=True, default="")
    state = models.CharField(_("state"), max_length=8, choices=LeaveState, default=LeaveState.ASKED)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    asked_at = models.DateTimeField(db_default=models.functions.Now())

    objects = StaffLeaveQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="institution_staffleave_no_overlap",
                index_type="gist",
                expressions=[alone("membership_id"), ("during", RangeOperators.OVERLAPS)],
                condition=~Q(state=LeaveState.REFUSED),
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False)
                & Q(during__startswith__isnull=False)
                & Q(during__endswith__isnull=False),
                name="institution_staffleave_period",
            ),
            models.CheckConstraint(
                condition=Q(state=LeaveState.ASKED, decided_by=None)
                | (~Q(state=LeaveState.ASKED) & Q(decided_by__isnull=False)),
                name="institution_staffleave_decided",
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "state"], name="institution_staffleave_state"),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} {self.kind} {self.during}"

    @property
    def last_day(self) -> dt.date:
        return self.during.upper - dt.timedelta(days=1)
