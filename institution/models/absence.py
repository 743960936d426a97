import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedTextField, SealedRow
from core.scoping import Scope, ScopedQuerySet
from institution.enums import AbsenceClose, Symptom


class IllnessRuleQuerySet(models.QuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))


class IllnessRule(models.Model):
    """A kind of illness that keeps a child away, as dated data: what it asks for before the child comes back.

    `away_days` counts from the first day; empty where the text names no number.
    """

    code = models.CharField(max_length=30)
    name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=60)
    infectious = models.BooleanField(default=False)
    needs_certificate = models.BooleanField(default=False)
    away_days = models.PositiveSmallIntegerField(null=True, blank=True)
    advice = models.CharField(max_length=120, blank=True, default="")
    basis = models.CharField(_("basis"), max_length=120)
    source = models.CharField(_("source"), max_length=300)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = IllnessRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "valid_from"], name="institution_illnessrule_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.valid_from}"


class AbsenceCaseQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        return self.filter(closed_at=None)


class AbsenceCase(SealedRow):
    """A child stays away because it is ill, and somebody asks every day how it is, until the case is closed."""

    scope = Scope(child="child", class_group="class_group", region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    class_group = models.ForeignKey("institution.ClassGroup", models.PROTECT, related_name="+")
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="absence_cases")
    first_day = models.DateField()
    opened_at = models.DateTimeField()
    symptoms = ArrayField(
        models.CharField(max_length=12, choices=Symptom),
        verbose_name=_("symptoms"),
        default=list,
        blank=True,
    )
    illness = models.CharField(_("illness"), max_length=30, blank=True, default="")
    hospital = EncryptedTextField(
        _("seen by"), purpose="child", subject="child__sealed_id", blank=True, default=""
    )
    # carried over from its rule on the day it was told, so that a later rule changes nothing about it
    infectious = models.BooleanField(_("infectious"), default=False)
    needs_certificate = models.BooleanField(_("needs a certificate"), default=False)
    next_due = models.DateField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    close_reason = models.CharField(
        _("closed because"), max_length=12, choices=AbsenceClose, blank=True, default=""
    )
    certificate_no = EncryptedTextField(
        _("certificate"), purpose="child", subject="child__sealed_id", blank=True, default=""
    )

    objects = AbsenceCaseQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["id", "institution"], name="institution_absencecase_tenant"
            ),
            models.UniqueConstraint(
                fields=["institution", "child"],
                condition=Q(closed_at=None),
                name="institution_absencecase_one_open",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, close_reason="")
                | (Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(close_reason="")),
                name="institution_absencecase_closed",
            ),
            models.CheckConstraint(
                condition=~Q(needs_certificate=True, close_reason=AbsenceClose.RECOVERED),
                name="institution_absencecase_certificate",
            ),
            models.CheckConstraint(
                condition=Q(next_due__gte=F("first_day")), name="institution_absencecase_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} {self.first_day}"


class AbsenceNote(SealedRow):
    """How the child is on one day, as the family says it."""

    scope = Scope(child="child", class_group="class_group", region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    class_group = models.ForeignKey("institution.ClassGroup", models.PROTECT, related_name="+")
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="+")
    case = models.ForeignKey(AbsenceCase, models.PROTECT, related_name="notes")
    day = models.DateField()
    note = EncryptedTextField(_("note"), purpose="child", subject="child__sealed_id")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.case_id} {self.day}"
