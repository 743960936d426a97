from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.scoping import ScopedQuerySet
from health.enums import EntryPaper
from health.models.scope import HealthScope

# Before there is a child on file there is no family to read it.
ENTRY_SCOPE = HealthScope(region=None)


class EntryCheckQuerySet(ScopedQuerySet):
    def current(self) -> Self:
        """Without those that a later one of the same paper took the place of."""
        return self.filter(replaced_at=None)


class EntryCheck(models.Model):
    """A paper that the health worker looked at before a child starts. A correction is a new row."""

    scope = ENTRY_SCOPE

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    application = models.ForeignKey(
        "institution.Application", models.PROTECT, related_name="entry_checks"
    )
    paper = models.CharField(_("paper"), max_length=12, choices=EntryPaper)
    # of an examination or certificate the day it was made; of a vaccination certificate the day it was seen
    day = models.DateField(_("day of the check"))
    passed = models.BooleanField(_("in order"))
    issuer = models.CharField(_("made out by"), max_length=60, blank=True, default="")
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = EntryCheckQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "paper"],
                condition=Q(replaced_at=None),
                name="health_entrycheck_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.paper} {self.day}"
