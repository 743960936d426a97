import datetime as dt
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.permissions import FAMILY_ROLES
from core.scoping import Actor, Scope, ScopedQuerySet
from institution.enums import ClosureReason
from institution.models.enrolment import Enrolment


class OfNurseryQuerySet(ScopedQuerySet):
    """Families read these of the nurseries that their children are or were in."""

    def visible_to(self, actor: Actor) -> Self:
        if actor.role in FAMILY_ROLES:
            places = Enrolment.objects.visible_to(actor)
            return self.filter(institution__in=places.values("institution"))
        return super().visible_to(actor)


class ClosureQuerySet(OfNurseryQuerySet):
    def between(self, first: dt.date, last: dt.date) -> Self:
        return self.filter(during__overlap=(first, last + dt.timedelta(days=1)))

    def concerning(self, class_group: int | None) -> Self:
        """Those of the whole nursery, and those of this class."""
        return self.filter(Q(class_group=None) | Q(class_group=class_group))


class Closure(models.Model):
    """Days on which a nursery, or one class of it, is closed though the calendar has it open."""

    scope = Scope()

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="closures"
    )
    class_group = models.ForeignKey(
        "institution.ClassGroup",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="closures",
    )
    during = DateRangeField(_("period"))
    reason = models.CharField(_("reason"), max_length=10, choices=ClosureReason)
    note = models.CharField(_("note"), max_length=120, blank=True, default="")

    objects = ClosureQuerySet.as_manager()

    class Meta:
        constraints = [
            # As for enrolments, a range made of one id stands for equality. 0 is the whole nursery.
            ExclusionConstraint(
                name="institution_closure_no_overlap",
                index_type="gist",
                expressions=[
                    (
                        Func(
                            F("institution_id"),
                            F("institution_id"),
                            Value("[]"),
                            function="int8range",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(
                            Coalesce(F("class_group_id"), Value(0)),
                            Coalesce(F("class_group_id"), Value(0)),
                            Value("[]"),
                            function="int8range",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False)
                & Q(during__startswith__isnull=False)
                & Q(during__endswith__isnull=False),
                name="institution_closure_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.class_group_id} {self.during}"

    @property
    def first_day(self) -> dt.date:
        return self.during.lower

    @property
    def last_day(self) -> dt.date:
        return self.during.upper - dt.timedelta(days=1)


class MakeupDay(models.Model):
    """A day on which a nursery is open though the calendar has it closed."""

    scope = Scope()

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="makeup_days"
    )
    day = models.DateField()
    note = models.CharField(_("note"), max_length=120, blank=True, default="")

    objects = OfNurseryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "day"], name="institution_makeupday_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.day}"
