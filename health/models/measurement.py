from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.scoping import ScopedQuerySet
from health.enums import Position
from health.models.scope import HEALTH_SCOPE


class MeasurementQuerySet(ScopedQuerySet):
    def current(self) -> Self:
        """Without measurements that a corrected one of the same day took the place of."""
        return self.filter(replaced_at=None)

    def latest_per_child(self) -> Self:
        return self.order_by("child", "-measured_on", "-pk").distinct("child")


class Measurement(models.Model):
    """Weight, length and head of a child on a day; length always says whether lying or standing."""

    scope = HEALTH_SCOPE

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="measurements"
    )
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="measurements")
    measured_on = models.DateField(_("measured on"))
    weight_kg = models.DecimalField(
        _("weight"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    length_cm = models.DecimalField(
        _("length or height"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    measure = models.CharField(
        _("measured"), max_length=10, choices=Position, blank=True, default=""
    )
    head_cm = models.DecimalField(
        _("head circumference"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    measured_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = MeasurementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["child", "measured_on"],
                condition=Q(replaced_at=None),
                name="health_measurement_once",
            ),
            models.CheckConstraint(
                condition=Q(weight_kg__isnull=False)
                | Q(length_cm__isnull=False)
                | Q(head_cm__isnull=False),
                name="health_measurement_something",
            ),
            models.CheckConstraint(
                condition=Q(length_cm=None, measure="")
                | Q(length_cm__isnull=False, measure__in=Position.values),
                name="health_measurement_position",
            ),
            models.CheckConstraint(
                condition=(Q(weight_kg=None) | Q(weight_kg__gt=0))
                & (Q(length_cm=None) | Q(length_cm__gt=0))
                & (Q(head_cm=None) | Q(head_cm__gt=0)),
                name="health_measurement_positive",
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "-measured_on"], name="health_measurement_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} {self.measured_on} {self.pk}"
