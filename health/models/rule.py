import datetime as dt
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from health.enums import RuleCode


def _said(limit: Decimal | None) -> str:
    return "–" if limit is None else f"{limit.normalize():f}"


class HealthRuleQuerySet(models.QuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))


class HealthRule(models.Model):
    """A limit that health records are held against, as dated data with what it rests on.

    `low` and `high` both belong to the range: 37.3 as `low` of fever says that 37.3 is a fever.
    """

    code = models.CharField(max_length=20, choices=RuleCode)
    low = models.DecimalField(
        _("lower limit"), max_digits=6, decimal_places=2, null=True, blank=True
    )
    high = models.DecimalField(
        _("upper limit"), max_digits=6, decimal_places=2, null=True, blank=True
    )
    unit = models.CharField(_("unit"), max_length=10)
    basis = models.CharField(_("basis"), max_length=200)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = HealthRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="health_healthrule_once"),
            models.CheckConstraint(
                condition=Q(low__isnull=False) | Q(high__isnull=False),
                name="health_healthrule_limit",
            ),
            models.CheckConstraint(
                condition=Q(low=None) | Q(high=None) | Q(high__gte=F("low")),
                name="health_healthrule_range",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="health_healthrule_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.valid_from}"

    @property
    def low_said(self) -> str:
        return _said(self.low)

    @property
    def high_said(self) -> str:
        return _said(self.high)

    def in_force(self, day: dt.date) -> bool:
        """As `on` says in SQL."""
        return self.valid_from <= day and (self.valid_to is None or self.valid_to > day)

    def holds(self, value) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
