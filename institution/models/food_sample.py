from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.calendar import now
from core.scoping import Scope, ScopedQuerySet


class FoodSampleQuerySet(ScopedQuerySet):
    def to_destroy(self) -> Self:
        """Kept for long enough, and still there."""
        return self.filter(destroyed_at=None, kept_until__lte=now())


class FoodSample(models.Model):
    """A sample of a dish served on a day, kept cold for as long as the rule of the day asks. It is never taken out again."""

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    day = models.DateField()
    dish = models.ForeignKey("institution.Dish", models.PROTECT, related_name="+")
    grams = models.DecimalField(_("grams"), max_digits=5, decimal_places=1)
    taken_at = models.DateTimeField(_("taken at"))
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kept_until = models.DateTimeField(_("kept until"))
    destroyed_at = models.DateTimeField(_("destroyed at"), null=True, blank=True)
    destroyed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = FoodSampleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "day", "dish"], name="institution_foodsample_once"
            ),
            models.CheckConstraint(condition=Q(grams__gt=0), name="institution_foodsample_grams"),
            models.CheckConstraint(
                condition=Q(kept_until__gt=F("taken_at")), name="institution_foodsample_kept"
            ),
            models.CheckConstraint(
                condition=Q(destroyed_at=None, destroyed_by=None)
                | Q(destroyed_at__gte=F("kept_until"), destroyed_by__isnull=False),
                name="institution_foodsample_destroyed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.day} {self.dish_id}"
