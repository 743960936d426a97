import datetime as dt
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet
from institution.enums import FeeUnit, ServiceMode


class ServiceFeeQuerySet(ScopedQuerySet):
    def in_force(self, on: dt.date) -> Self:
        """Of each way of service and unit the newest that has begun, unless it says that nothing is charged any more."""
        newer = ServiceFee.objects.filter(
            institution=OuterRef("institution"),
            mode=OuterRef("mode"),
            unit=OuterRef("unit"),
            valid_from__gt=OuterRef("valid_from"),
            valid_from__lte=on,
        )
        begun = self.filter(valid_from__lte=on, amount__isnull=False)
        return begun.filter(~Exists(newer))


class ServiceFee(models.Model):
    """What a way of service costs from a day on, until a later row of the same way and unit begins.

    Without an amount the way is no longer charged by this unit. So no two rows can be in force at once.
    """

    scope = Scope()

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="fees")
    mode = models.CharField(_("way of service"), max_length=10, choices=ServiceMode)
    unit = models.CharField(_("charged by"), max_length=5, choices=FeeUnit)
    amount = models.DecimalField(_("yuan"), max_digits=12, decimal_places=2, null=True, blank=True)
    valid_from = models.DateField(_("from"))

    objects = ServiceFeeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "mode", "unit", "valid_from"],
                name="institution_servicefee_once",
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gte=Decimal(0)),
                name="institution_servicefee_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.mode} {self.unit} {self.valid_from}"
