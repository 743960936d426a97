import datetime as dt
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet


class EnrolmentQuerySet(ScopedQuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(during__contains=day)

    def from_day(self, day: dt.date) -> Self:
        """That hold on the day or begin after it."""
        return self.filter(Q(during__endswith=None) | Q(during__endswith__gt=day))


class Enrolment(models.Model):
    """A child's place in a class of an institution, from the first day to the day after the last."""

    scope = Scope(child="child", class_group="class_group")

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="enrolments"
    )
    class_group = models.ForeignKey(
        "institution.ClassGroup", models.PROTECT, related_name="enrolments"
    )
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="enrolments")
    during = DateRangeField(_("period"))

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            # A range made of one id stands for equality, so that no extension (btree_gist) is needed.
            ExclusionConstraint(
                name="institution_enrolment_no_overlap",
                index_type="gist",
                expressions=[
                    (
                        Func(F("child_id"), F("child_id"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    ("during", RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This child already has a place on some of these days."),
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False) & Q(during__startswith__isnull=False),
                name="institution_enrolment_period",
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "class_group"], name="institution_enrolment_class"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} {self.class_group_id} {self.during}"
