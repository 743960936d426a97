import datetime as dt
from collections.abc import Iterable
from typing import Self, cast

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedTextField, SealedRow
from core.scoping import Scope, ScopedQuerySet
from institution.enums import DietCode


class DietNeedQuerySet(ScopedQuerySet):
    def between(self, first: dt.date, last: dt.date) -> Self:
        """In force on one of these days."""
        started = self.filter(valid_from__lte=last)
        return started.filter(Q(valid_to=None) | Q(valid_to__gt=first))


class DietNeed(SealedRow):
    """What the kitchen keeps from a child from a day on, beside the allergies of its file."""

    scope = Scope(child="child", region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="diet_needs")
    code = models.CharField(_("not to be given"), max_length=12, choices=DietCode)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(null=True, blank=True)  # the day after the last
    note = EncryptedTextField(
        _("note"), purpose="child", subject="child__sealed_id", blank=True, default=""
    )

    objects = DietNeedQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "child", "code"],
                condition=Q(valid_to=None),
                name="institution_dietneed_one_open",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="institution_dietneed_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} {self.code}"

    @classmethod
    def load_keys(cls, needs: Iterable["DietNeed"]) -> None:
        """Before the notes of several children are read."""
        cast("EncryptedTextField", cls._meta.get_field("note")).load_keys(needs)

    @property
    def last_day(self) -> dt.date | None:
        return self.valid_to - dt.timedelta(days=1) if self.valid_to else None


class Substitute(models.Model):
    """What one child gets in place of a dish of the menu that it must not eat."""

    scope = Scope(child="child", region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    item = models.ForeignKey("institution.MenuItem", models.CASCADE, related_name="substitutes")
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="+")
    dish = models.ForeignKey("institution.Dish", models.PROTECT, related_name="+")
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "child"], name="institution_substitute_once"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.child_id} {self.dish_id}"
