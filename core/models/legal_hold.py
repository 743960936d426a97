import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Q


class LegalHoldQuerySet(models.QuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(lifted_at=None, until__gte=day)


class LegalHold(models.Model):
    """Nothing of this nursery, or of this child, is deleted for its age before the day has passed.

    Core knows neither institutions nor children, so both stand here as plain numbers. A hold does not stand in the way
    of an erasure that a family asked for: that is decided by a person, who is told of it.
    """

    institution_id = models.BigIntegerField(null=True)
    child_id = models.BigIntegerField(null=True)
    until = models.DateField()
    reason = models.CharField(max_length=200)
    placed_by = models.BigIntegerField()
    placed_at = models.DateTimeField(db_default=models.functions.Now())
    lifted_at = models.DateTimeField(null=True)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(institution_id=None, child_id__isnull=False)
                | Q(institution_id__isnull=False, child_id=None),
                name="core_legalhold_of_one",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="core_legalhold_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} until {self.until}"
