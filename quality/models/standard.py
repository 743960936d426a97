import datetime as dt
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from quality.enums import Confidence, Level


def _shown(original: str, english: str) -> str:
    return english if english and get_language() == "en" else original


class StandardQuerySet(models.QuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))


class Standard(models.Model):
    """A published quality standard. What its source does not tell stays empty and is shown so."""

    code = models.CharField(_("number"), max_length=30, unique=True)
    name = models.CharField(_("title"), max_length=80)
    name_en = models.CharField(max_length=120, blank=True, default="")
    issuer = models.CharField(_("issued by"), max_length=80)
    issuer_en = models.CharField(max_length=120, blank=True, default="")
    published_on = models.DateField(_("published on"), null=True, blank=True)
    valid_from = models.DateField(_("in force from"))
    valid_to = models.DateField(null=True, blank=True)
    total = models.PositiveSmallIntegerField(_("points in all"))
    grades = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    basic_count = models.PositiveSmallIntegerField(_("basic indicators"), null=True, blank=True)
    url = models.URLField(_("official text"), max_length=300, blank=True, default="")

    objects = StandardQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="quality_standard_period",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def shown_name(self) -> str:
        return _shown(self.name, self.name_en)

    @property
    def shown_issuer(self) -> str:
        return _shown(self.issuer, self.issuer_en)


class StandardItemQuerySet(models.QuerySet):
    def indicators(self) -> Self:
        return self.filter(level=Level.INDICATOR)


class StandardItem(models.Model):
    """A dimension, an aspect or an indicator. `key` names it within the standard, as clause numbers may be unknown."""

    standard = models.ForeignKey(Standard, models.CASCADE, related_name="items")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children"
    )
    key = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField()
    level = models.CharField(max_length=10, choices=Level)
    clause = models.CharField(_("clause"), max_length=20, blank=True, default="")
    title = models.CharField(_("wording"), max_length=300, blank=True, default="")
    title_en = models.CharField(max_length=400, blank=True, default="")
    points = models.PositiveSmallIntegerField(_("points"), null=True, blank=True)
    is_basic = models.BooleanField(_("basic indicator"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True, default="")
    source_en = models.CharField(max_length=300, blank=True, default="")
    confidence = models.CharField(max_length=10, choices=Confidence, blank=True, default="")

    objects = StandardItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["standard", "key"], name="quality_standarditem_key"),
            models.UniqueConstraint(
                fields=["standard", "position"], name="quality_standarditem_position"
            ),
            models.CheckConstraint(
                condition=Q(level=Level.DIMENSION, parent=None)
                | (~Q(level=Level.DIMENSION) & Q(parent__isnull=False)),
                name="quality_standarditem_parent",
            ),
            models.CheckConstraint(
                condition=~Q(level=Level.INDICATOR) | ~Q(title=""), name="quality_standarditem_text"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.standard_id} {self.key}"

    @property
    def shown_title(self) -> str:
        return _shown(self.title, self.title_en)

    @property
    def shown_source(self) -> str:
        return _shown(self.source, self.source_en)
