import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet
from institution.enums import MealEntryKind

INCOME = [kind.value for kind in MealEntryKind if kind.comes_in]


class MealEntryQuerySet(ScopedQuerySet):
    def between(self, first: dt.date, before: dt.date) -> Self:
        return self.filter(day__gte=first, day__lt=before)


class MealEntry(models.Model):
    """A row of the money for meals, which is kept apart. It is never changed: another row takes it back.

    What comes in is above nothing, what goes out below; a row that takes another back has the opposite of its amount.
    """

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    day = models.DateField(_("Day"))
    kind = models.CharField(_("kind"), max_length=10, choices=MealEntryKind)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    text = models.CharField(_("what for"), max_length=80)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(db_default=Now())

    objects = MealEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["id", "institution"], name="institution_mealentry_tenant"
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=False)
                | (Q(kind__in=INCOME) & Q(amount__gt=0))
                | (~Q(kind__in=INCOME) & Q(amount__lt=0)),
                name="institution_mealentry_sign",
            ),
            models.CheckConstraint(
                condition=~Q(amount=0) & (Q(reverses=None) | ~Q(reverses=F("id"))),
                name="institution_mealentry_amount",
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "day"], name="institution_mealentry_day"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.day} {self.kind} {self.amount}"


class MealMonth(models.Model):
    """A month of the ledger that is closed. No row is entered in it any more."""

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    month = models.DateField(_("month"))
    income = models.DecimalField(_("income"), max_digits=12, decimal_places=2)
    spending = models.DecimalField(_("spending"), max_digits=12, decimal_places=2)
    balance = models.DecimalField(_("balance"), max_digits=12, decimal_places=2)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(db_default=Now())

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "month"], name="institution_mealmonth_once"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="institution_mealmonth_first"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.month}"
