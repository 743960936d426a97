import datetime as dt
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.calendar import age_months, today
from core.crypto import BlindIndexField, EncryptedTextField, NextBlindIndexField, SealedRow
from core.permissions import INSTITUTION_ROLES, Permission
from core.scoping import NOTHING, Actor, Scope, ScopedQuerySet
from institution import admissions
from institution.enums import (
    AdmissionSource,
    AdmissionState,
    ClassType,
    FeeUnit,
    LeavingReason,
    OfferState,
    Relation,
    ServiceMode,
    Sex,
)


class AdmissionScope(Scope):
    """For the office of the nursery alone."""

    def limit(self, actor: Actor) -> Q:
        if actor.role not in INSTITUTION_ROLES or not actor.may(Permission.ADMISSIONS_READ):
            return NOTHING
        return super().limit(actor)


class ApplicationScope(AdmissionScope):
    """Also for the health worker, once a place is offered: what a child must bring has to be looked at before it starts."""

    def limit(self, actor: Actor) -> Q:
        if actor.role in INSTITUTION_ROLES and not actor.may(Permission.ADMISSIONS_READ):
            if not actor.may(Permission.HEALTH_WRITE):
                return NOTHING
            about_to_start = (AdmissionState.OFFERED, AdmissionState.CONTRACTED)
            return Q(institution=actor.institution_id, state__in=about_to_start)
        return super().limit(actor)


ADMISSION_SCOPE = AdmissionScope(region=None)


class ApplicationQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        return self.filter(state__in=admissions.OPEN)

    def in_order(self) -> Self:
        """Of the waiting list: priority, then brothers and sisters of children here, then who has waited longest."""
        return self.order_by("-priority", "-sibling", F("waiting_since").asc(nulls_last=True), "pk")


class Application(SealedRow):
    """A family that asks for a place, before there is a child on file and until it leaves again.

    Sealed with a key of its own. Once the child has started, its own file holds number and phone, and this none.
    """

    scope = ApplicationScope(region=None)

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="applications"
    )
    child = models.ForeignKey(
        "institution.Child", models.PROTECT, null=True, blank=True, related_name="applications"
    )
    name = models.CharField(_("child's name"), max_length=40)
    sex = models.CharField(_("sex"), max_length=10, choices=Sex)
    born_on = models.DateField(_("born on"))
    resident_id = EncryptedTextField(
        _("resident id"), purpose="child", subject="sealed_id", blank=True, default=""
    )
    resident_id_index = BlindIndexField(source="resident_id", null=True)
    resident_id_index_next = NextBlindIndexField(unique=False)
    guardian_name = models.CharField(_("guardian's name"), max_length=64)
    guardian_phone = EncryptedTextField(
        _("guardian's mobile phone"),
        purpose="child",
        subject="sealed_id",
        blank=True,
        default="",
    )
    relation = models.CharField(_("relation"), max_length=12, choices=Relation)
    wished_month = models.DateField(_("wished month"))  # its first day
    class_type = models.CharField(
        _("wished class"), max_length=20, choices=ClassType, blank=True, default=""
    )
    source = models.CharField(_("how the family came"), max_length=12, choices=AdmissionSource)
    sibling = models.BooleanField(_("brother or sister here"), default=False)
    priority = models.PositiveSmallIntegerField(_("priority"), default=0)  # the higher the sooner
    priority_reason = models.CharField(
        _("reason of the priority"), max_length=60, blank=True, default=""
    )
    note = models.CharField(_("note of the office"), max_length=200, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=AdmissionState)
    state_since = models.DateTimeField(_("in this state since"))
    waiting_since = models.DateField(_("waiting since"), null=True, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=models.functions.Now())

    objects = ApplicationQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["id", "institution"], name="institution_application_tenant"
            ),
            models.UniqueConstraint(
                fields=["institution", "resident_id_index"],
                condition=Q(state__in=admissions.OPEN),
                name="institution_application_once",
            ),
            models.CheckConstraint(
                condition=Q(wished_month__day=1), name="institution_application_month"
            ),
            models.CheckConstraint(
                condition=Q(priority=0, priority_reason="")
                | (Q(priority__gt=0) & ~Q(priority_reason="")),
                name="institution_application_priority",
            ),
            models.CheckConstraint(
                condition=~Q(state=AdmissionState.WAITING) | Q(waiting_since__isnull=False),
                name="institution_application_waiting",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(AdmissionState.STARTED, AdmissionState.LEFT))
                | Q(child__isnull=False),
                name="institution_application_started",
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "state"], name="institution_application_state"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.institution_id} {self.state}"

    @property
    def months_at_start(self) -> int:
        """Age on the first day of the wished month."""
        return age_months(self.born_on, self.wished_month)

    @property
    def is_open(self) -> bool:
        return self.state in admissions.OPEN


class ApplicationStep(models.Model):
    """That an application came into a state: when, by whom and why. Only ever added."""

    scope = ADMISSION_SCOPE

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    application = models.ForeignKey(Application, models.PROTECT, related_name="steps")
    before = models.CharField(max_length=10, choices=AdmissionState, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=AdmissionState)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=models.functions.Now())

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.application_id} {self.state} {self.pk}"


class OfferQuerySet(ScopedQuerySet):
    def holding(self, on: dt.date) -> Self:
        """Open and not run out: these hold a place."""
        return self.filter(state=OfferState.OPEN, expires_on__gte=on)


class Offer(models.Model):
    """A place offered to a family. It is held for it until the end of `expires_on`."""

    scope = ADMISSION_SCOPE

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    application = models.ForeignKey(Application, models.PROTECT, related_name="offers")
    class_group = models.ForeignKey("institution.ClassGroup", models.PROTECT, related_name="offers")
    start_on = models.DateField(_("first day"))
    expires_on = models.DateField(_("holds until"))
    state = models.CharField(_("state"), max_length=10, choices=OfferState, default=OfferState.OPEN)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=models.functions.Now())

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(state=OfferState.OPEN),
                name="institution_offer_one_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["class_group"],
                condition=Q(state=OfferState.OPEN),
                name="institution_offer_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.class_group_id} {self.start_on}"

    @property
    def ran_out(self) -> bool:
        return self.state == OfferState.OPEN and self.expires_on < today()


class Contract(models.Model):
    """The agreement with a family. The fees are those of the day it was signed, and stay."""

    scope = ADMISSION_SCOPE

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    application = models.ForeignKey(Application, models.PROTECT, related_name="contracts")
    class_group = models.ForeignKey("institution.ClassGroup", models.PROTECT, related_name="+")
    mode = models.CharField(_("way of service"), max_length=10, choices=ServiceMode)
    fee_terms = models.JSONField(_("fees agreed"), encoder=DjangoJSONEncoder)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("agreed until"), null=True, blank=True)  # the last day
    signed_on = models.DateField(_("signed on"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)  # the last day
    end_reason = models.CharField(
        _("why it ended"), max_length=14, choices=LeavingReason, blank=True, default=""
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=models.functions.Now())

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(ended_on=None),
                name="institution_contract_one_running",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="institution_contract_period",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None, end_reason="")
                | (Q(ended_on__isnull=False) & ~Q(end_reason="")),
                name="institution_contract_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.starts_on}"

    @property
    def fees(self) -> list[dict]:
        """As people read them."""
        return [
            {"amount": Decimal(fee["amount"]), "unit": FeeUnit(fee["unit"]).label}
            for fee in self.fee_terms
        ]
