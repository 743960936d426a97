import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.permissions import Role
from core.scoping import Scope, ScopedQuerySet


class RegionLevel(models.TextChoices):
    CITY = "city", _("City")
    COUNTY = "county", _("County")
    TOWN = "town", _("Town")


class RegionQuerySet(ScopedQuerySet):
    def counties(self) -> Self:
        return self.filter(level=RegionLevel.COUNTY)

    def valid(self, on: dt.date) -> Self:
        return self.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gte=on))


class Region(models.Model):
    """A division of the city, as dated data. The path is codes with a trailing slash; codes are never parsed.

    Functional zones have no national code (national_code=False) and often no outline.
    """

    scope = Scope(institution=None, region="path")

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=64)
    name_en = models.CharField(max_length=64, blank=True, default="")
    short_name = models.CharField(max_length=32)
    level = models.CharField(max_length=10, choices=RegionLevel)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    path = models.CharField(max_length=120, unique=True)
    national_code = models.BooleanField(default=True)
    population = models.PositiveIntegerField(null=True, blank=True)
    valid_from = models.DateField(default=dt.date(2000, 1, 1))
    valid_to = models.DateField(null=True, blank=True)

    nurseries: int  # of portal.selectors.counties_with_institutions

    objects = RegionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(path__endswith="/"), name="core_region_path_slash"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"

    @property
    def shown_name(self) -> str:
        """The name in the language in force; a region without an English name keeps its own."""
        english = get_language() == "en" and self.name_en
        return self.name_en if english else self.name

    @property
    def county(self) -> "Region":
        """The county or zone a town lies in; a county itself. Load towns with their parent."""
        return self.parent if self.level == RegionLevel.TOWN and self.parent else self

    @property
    def shown_short(self) -> str:
        english = get_language() == "en" and self.name_en
        return self.name_en if english else self.short_name


class RegionPost(models.Model):
    """A user's post in a region: regulator, auditor, assessor, trainer or platform administrator."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="region_posts")
    region = models.ForeignKey(Region, models.PROTECT, related_name="posts")
    role = models.CharField(max_length=20, choices=Role)
    valid_from = models.DateField(default=dt.date(2000, 1, 1))
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "region", "role"], name="core_regionpost_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.region_id}"
