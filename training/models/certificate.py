import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedTextField, SealedRow
from core.scoping import Scope, ScopedQuerySet
from training.enums import CertificateState

HEALTH_CERTIFICATE = "health_cert"


class CertificateType(models.Model):
    """A kind of certificate and how long it holds; no months means that no term is known and the paper decides."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("title"), max_length=60)
    name_en = models.CharField(max_length=80, blank=True, default="")
    validity_months = models.PositiveSmallIntegerField(_("holds, months"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(validity_months=None) | Q(validity_months__gt=0),
                name="training_certificatetype_months",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def shown_name(self) -> str:
        return self.name_en if self.name_en and get_language() == "en" else self.name


class CertificateQuerySet(ScopedQuerySet):
    def of_working(self, on: dt.date) -> Self:
        return self.filter(membership__started_on__lte=on).filter(
            Q(membership__ended_on=None) | Q(membership__ended_on__gt=on)
        )

    def unrenewed(self) -> Self:
        """Without certificates that a later one of the same person and kind renewed."""
        later = Certificate.objects.filter(membership=OuterRef("membership"), type=OuterRef("type"))
        return self.filter(~Exists(later.filter(Q(issued_on__gt=OuterRef("issued_on")))))

    def with_state(self, on: dt.date) -> Self:
        soon = on + dt.timedelta(days=settings.CERTIFICATE_WARNING_DAYS)
        return self.annotate(
            state=Case(
                When(expires_on__lt=on, then=Value(CertificateState.EXPIRED.value)),
                When(expires_on__lte=soon, then=Value(CertificateState.EXPIRING.value)),
                default=Value(CertificateState.VALID.value),
            )
        )

    def in_state(self, state: str) -> Self:
        """After `with_state`."""
        return self.filter(state=state)

    def holding(self, on: dt.date) -> Self:
        return self.filter(issued_on__lte=on).filter(Q(expires_on=None) | Q(expires_on__gte=on))


class Certificate(SealedRow):
    """A certificate of a member of staff. Renewing adds a row; the last day it holds is `expires_on`.

    The number is sealed, as some (a doctor's) contain the resident id.
    """

    scope = Scope()

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="certificates"
    )
    membership = models.ForeignKey(
        "institution.Membership", models.PROTECT, related_name="certificates"
    )
    type = models.ForeignKey(CertificateType, models.PROTECT, related_name="certificates")
    number = EncryptedTextField(_("number"), purpose="staff", blank=True, default="")
    issued_on = models.DateField(_("issued on"))
    expires_on = models.DateField(_("holds until"), null=True, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=models.functions.Now())

    objects = CertificateQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "type", "issued_on"], name="training_certificate_once"
            ),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(expires_on__gte=F("issued_on")),
                name="training_certificate_dates",
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "expires_on"], name="training_certificate_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} {self.type_id} {self.issued_on}"

    @property
    def masked_number(self) -> str:
        """The last four characters, enough to tell two papers apart."""
        return f"****{self.number[-4:]}" if len(self.number) > 4 else self.number
