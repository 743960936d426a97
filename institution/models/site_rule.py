import datetime as dt
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import StrIndex
from django.utils.translation import gettext_lazy as _

from institution.enums import InstitutionForm, SiteRuleCode


class SiteRuleQuerySet(models.QuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))

    def around(self, region_path: str) -> Self:
        """Those of the region and of everything it lies in."""
        starts = self.annotate(starts=StrIndex(Value(region_path), F("region_path")))
        return starts.filter(Q(region_path="") | Q(starts=1))


class SiteRule(models.Model):
    """A limit for the site, its fees or its documents as dated data, with the clause it rests on.

    Without `least` and `most` no figure is known here: an operator adds the local one, for a region and from a day on.
    """

    code = models.CharField(max_length=30, choices=SiteRuleCode)
    forms = ArrayField(
        models.CharField(max_length=20, choices=InstitutionForm), default=list, blank=True
    )
    region_path = models.CharField(max_length=100, blank=True, default="")
    least = models.DecimalField(_("least"), max_digits=8, decimal_places=2, null=True, blank=True)
    most = models.DecimalField(_("most"), max_digits=8, decimal_places=2, null=True, blank=True)
    basis = models.CharField(_("basis"), max_length=120)
    source = models.CharField(_("source"), max_length=300)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = SiteRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "forms", "region_path", "valid_from"],
                name="institution_siterule_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="institution_siterule_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.region_path} {self.valid_from}"
