import datetime as dt
from collections.abc import Iterable
from typing import Self, cast

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from core.crypto import EncryptedTextField, SealedRow
from core.scoping import ScopedQuerySet
from health.enums import Action, Finding
from health.models.scope import HEALTH_SCOPE


class MorningCheckQuerySet(ScopedQuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(day=day)

    def current(self) -> Self:
        """Without checks that a corrected one took the place of."""
        return self.filter(replaced_at=None)

    def with_findings(self) -> Self:
        return self.exclude(findings=[])


class MorningCheck(SealedRow):
    """A child looked over on arrival. A correction is a new row; the old one only learns when it was replaced."""

    scope = HEALTH_SCOPE

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="morning_checks"
    )
    class_group = models.ForeignKey(
        "institution.ClassGroup", models.PROTECT, related_name="morning_checks"
    )
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="morning_checks")
    day = models.DateField()
    checked_at = models.DateTimeField(_("checked at"))
    temperature = models.DecimalField(_("temperature"), max_digits=3, decimal_places=1)
    findings = ArrayField(
        models.CharField(max_length=20, choices=Finding), default=list, blank=True
    )
    action = models.CharField(_("what was done"), max_length=10, choices=Action)
    note = EncryptedTextField(
        _("note"),
        purpose="child",
        subject="child__sealed_id",
        max_length=200,
        blank=True,
        default="",
    )
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = MorningCheckQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["child", "day"],
                condition=Q(replaced_at=None),
                name="health_morningcheck_once",
            ),
            models.CheckConstraint(
                condition=Q(temperature__gte=30, temperature__lte=45),
                name="health_morningcheck_temperature",
            ),
            models.CheckConstraint(
                condition=Q(findings__contained_by=Finding.values),
                name="health_morningcheck_findings",
            ),
            models.CheckConstraint(
                condition=~(Q(findings__contains=[Finding.FEVER]) & Q(action=Action.ADMITTED)),
                name="health_morningcheck_fever_not_admitted",
            ),
        ]
        indexes = [
            models.Index(fields=["day", "institution"], name="health_morningcheck_day"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} {self.day} {self.pk}"

    @classmethod
    def load_keys(cls, checks: Iterable["MorningCheck"]) -> None:
        """Every child's notes have a key of their own: fetch those of a list at once."""
        cast("EncryptedTextField", cls._meta.get_field("note")).load_keys(checks)

    @property
    def findings_said(self) -> str:
        return pgettext("between listed words", ", ").join(
            str(Finding(code).label) for code in self.findings
        )

    @property
    def fever(self) -> bool:
        return Finding.FEVER in self.findings
