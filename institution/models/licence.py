import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet
from institution.enums import LicenceKind, LicenceState


class LicenceQuerySet(ScopedQuerySet):
    def unrenewed(self) -> Self:
        """Without those that a later one of the same kind renewed. Documents of other kinds stand side by side."""
        later = Licence.objects.filter(
            institution=OuterRef("institution"),
            kind=OuterRef("kind"),
            issued_on__gt=OuterRef("issued_on"),
        )
        return self.filter(Q(kind=LicenceKind.OTHER) | ~Exists(later))

    def with_state(self, on: dt.date) -> Self:
        soon = on + dt.timedelta(days=settings.CERTIFICATE_WARNING_DAYS)
        return self.annotate(
            state=Case(
                When(valid_until__lt=on, then=Value(LicenceState.EXPIRED.value)),
                When(valid_until__lte=soon, then=Value(LicenceState.EXPIRING.value)),
                default=Value(LicenceState.VALID.value),
            )
        )

    def running_out(self) -> Self:
        """After `with_state`."""
        return self.exclude(state=LicenceState.VALID)


class Licence(models.Model):
    """A licence or document of an institution. Renewing adds a row; the last day it holds is `valid_until`."""

    scope = Scope()

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="licences"
    )
    kind = models.CharField(_("document"), max_length=12, choices=LicenceKind)
    number = models.CharField(_("number"), max_length=60)
    issuer = models.CharField(_("issued by"), max_length=60)
    issued_on = models.DateField(_("issued on"))
    valid_until = models.DateField(_("holds until"), null=True, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=models.functions.Now())

    state: str  # of `with_state`

    objects = LicenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "kind", "number", "issued_on"],
                name="institution_licence_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("issued_on")),
                name="institution_licence_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.kind} {self.number} {self.issued_on}"
