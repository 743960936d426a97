import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.permissions import FAMILY_ROLES
from core.scoping import Actor, Scope
from institution.enums import AgeBand, Confidence, MealTime
from institution.models.closure import OfNurseryQuerySet
from institution.models.food import Dish

WEEK = dt.timedelta(days=7)


class FoodRuleQuerySet(models.QuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))

    def of_band(self, band: str) -> Self:
        return self.filter(band__in=["", band])


class FoodRule(models.Model):
    """A figure for the kitchen as dated data, with what it rests on and how sure it is.

    `code` is a nutrient, whose `least` and `most` are the reference intake of a whole day (for a girl and a boy where they
    differ) and `upper` the tolerable intake; or one of institution.food. Without a figure none is known here.
    """

    code = models.CharField(max_length=20)
    band = models.CharField(max_length=4, choices=AgeBand, blank=True, default="")
    least = models.DecimalField(_("least"), max_digits=8, decimal_places=2, null=True, blank=True)
    most = models.DecimalField(_("most"), max_digits=8, decimal_places=2, null=True, blank=True)
    upper = models.DecimalField(_("upper"), max_digits=8, decimal_places=2, null=True, blank=True)
    basis = models.CharField(_("basis"), max_length=120)
    source = models.CharField(_("source"), max_length=300)
    confidence = models.CharField(_("confidence"), max_length=12, choices=Confidence)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = FoodRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "band", "valid_from"], name="institution_foodrule_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="institution_foodrule_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.band} {self.valid_from}"


class MenuQuerySet(OfNurseryQuerySet):
    def visible_to(self, actor: Actor) -> Self:
        """Families read what is published."""
        found = super().visible_to(actor)
        return found.published() if actor.role in FAMILY_ROLES else found

    def published(self) -> Self:
        return self.filter(published_at__isnull=False)


class Menu(models.Model):
    """What an age band eats in one week. Nobody but the kitchen reads it before it is published."""

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    band = models.CharField(_("age"), max_length=4, choices=AgeBand)
    monday = models.DateField(_("week"))
    meals = ArrayField(
        models.CharField(max_length=16, choices=MealTime), verbose_name=_("meals at the nursery")
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = MenuQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "band", "monday"], name="institution_menu_once"
            ),
            models.UniqueConstraint(fields=["id", "institution"], name="institution_menu_tenant"),
            models.CheckConstraint(
                condition=Q(monday__iso_week_day=1), name="institution_menu_monday"
            ),
            models.CheckConstraint(condition=Q(meals__len__gt=0), name="institution_menu_meals"),
            models.CheckConstraint(
                condition=Q(published_at=None, published_by=None)
                | Q(published_at__isnull=False, published_by__isnull=False),
                name="institution_menu_published",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.band} {self.monday}"

    @property
    def band_order(self) -> int:
        return AgeBand.values.index(self.band)

    @property
    def days(self) -> list[dt.date]:
        return [self.monday + dt.timedelta(days=number) for number in range(WEEK.days)]

    @property
    def meal_times(self) -> list[MealTime]:
        """In the order of the day."""
        return [meal for meal in MealTime if meal in self.meals]


class MenuItemQuerySet(OfNurseryQuerySet):
    def visible_to(self, actor: Actor) -> Self:
        found = super().visible_to(actor)
        if actor.role in FAMILY_ROLES:
            return found.filter(menu__published_at__isnull=False)
        return found


class MenuItem(models.Model):
    """One dish of one meal."""

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    menu = models.ForeignKey(Menu, models.CASCADE, related_name="items")
    day = models.DateField()
    meal = models.CharField(_("meal"), max_length=16, choices=MealTime)
    dish = models.ForeignKey(Dish, models.PROTECT, related_name="+")

    objects = MenuItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["menu", "day", "meal", "dish"], name="institution_menuitem_once"
            ),
            models.UniqueConstraint(
                fields=["id", "institution"], name="institution_menuitem_tenant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.menu_id} {self.day} {self.meal} {self.dish_id}"
