import datetime as dt
from dataclasses import dataclass
from typing import Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import StrIndex
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedTextField, SealedRow
from core.permissions import FAMILY_ROLES, INSTITUTION_ROLES, REGION_ROLES, Permission
from core.scoping import NOTHING, Actor, Scope, ScopedQuerySet
from institution.enums import (
    BodyPart,
    IncidentAct,
    IncidentGravity,
    IncidentKind,
    IncidentState,
)


class ReportRuleQuerySet(models.QuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))

    def around(self, region_path: str) -> Self:
        """Those of the region and of everything it lies in."""
        starts = self.annotate(starts=StrIndex(Value(region_path), F("region_path")))
        return starts.filter(Q(region_path="") | Q(starts=1))


class ReportRule(models.Model):
    """To which authority a serious incident is reported, and within how long, as dated data of a region.

    No text that was found gives childcare institutions a time of their own: `basis` says what a loaded figure rests on.
    """

    code = models.CharField(max_length=30)
    authority = models.CharField(max_length=60)
    authority_en = models.CharField(max_length=80)
    region_path = models.CharField(max_length=100, blank=True, default="")
    minutes = models.PositiveIntegerField(null=True, blank=True)  # none: at once
    basis = models.CharField(_("basis"), max_length=120)
    source = models.CharField(_("source"), max_length=300)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = ReportRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "region_path", "valid_from"], name="institution_reportrule_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="institution_reportrule_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.region_path} {self.valid_from}"


@dataclass(frozen=True, kw_only=True)
class IncidentScope(Scope):
    """The nursery's own people who read incidents, a carer those of the own classes and what the carer wrote.

    Regulators see that a serious one happened and what was reported, and of the rest nothing: no text, no child.
    """

    region: str | None = None
    at: str = ""  # how the row reaches its incident

    def limit(self, actor: Actor) -> Q:
        if actor.role in FAMILY_ROLES:
            may = actor.may(Permission.INCIDENTS_ACKNOWLEDGE)
            return super().limit(actor) if may else NOTHING
        if actor.role in REGION_ROLES:
            if not actor.may(Permission.INCIDENTS_OVERSEE):
                return NOTHING
            return super().limit(actor) & Q(**{f"{self.at}serious_at__isnull": False})
        if actor.role not in INSTITUTION_ROLES or not actor.may(Permission.INCIDENTS_READ):
            return NOTHING
        own = super().limit(actor)
        if actor.class_ids is None:
            return own
        mine = Q(**{f"{self.at}class_group__in": actor.class_ids})
        return own & (mine | Q(**{f"{self.at}written_by": actor.user_id}))


class IncidentQuerySet(ScopedQuerySet):
    def serious(self) -> Self:
        return self.filter(serious_at__isnull=False)


class Incident(SealedRow):
    """Something happened to children, or nearly: from a carer's draft to closed. institution.services.incidents writes it.

    What stands here is the nursery's own record. A family reads an IncidentNotice and never this row.
    """

    scope = IncidentScope(region="institution__region__path")

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    class_group = models.ForeignKey(
        "institution.ClassGroup", models.PROTECT, null=True, blank=True, related_name="+"
    )
    room = models.ForeignKey(
        "institution.Room", models.PROTECT, null=True, blank=True, related_name="+"
    )
    place = models.CharField(_("another place"), max_length=40, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=10, choices=IncidentKind)
    gravity = models.CharField(_("how serious"), max_length=8, choices=IncidentGravity)
    happened_at = models.DateTimeField(_("happened at"))
    body = ArrayField(
        models.CharField(max_length=12, choices=BodyPart),
        verbose_name=_("where on the body"),
        default=list,
        blank=True,
    )
    what = EncryptedTextField(_("what happened"), purpose="incident", blank=True, default="")
    done = EncryptedTextField(_("what was done"), purpose="incident", blank=True, default="")
    seen_by = EncryptedTextField(_("who saw it"), purpose="incident", blank=True, default="")
    photo = models.UUIDField(_("photo"), null=True, blank=True)  # of an attachment
    child_count = models.PositiveSmallIntegerField(_("number of children"), default=0)
    state = models.CharField(
        _("state"), max_length=6, choices=IncidentState, default=IncidentState.DRAFT
    )
    serious_at = models.DateTimeField(_("serious since"), null=True, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(_("written at"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["id", "institution"], name="institution_incident_tenant"
            ),
            models.CheckConstraint(
                condition=Q(gravity="serious", serious_at__isnull=False)
                | (~Q(gravity="serious") & Q(serious_at=None)),
                name="institution_incident_serious",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False)
                | (~Q(state="closed") & Q(closed_at=None)),
                name="institution_incident_closed",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["shared", "closed"],
                    approved_by__isnull=False,
                    approved_at__isnull=False,
                )
                | Q(state__in=["draft", "review"], approved_by=None, approved_at=None),
                name="institution_incident_approved",
            ),
            models.CheckConstraint(
                condition=Q(happened_at__lte=F("written_at")), name="institution_incident_past"
            ),
        ]
        indexes = [
            models.Index(
                fields=["institution", "-happened_at"], name="institution_incident_latest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.kind} {self.happened_at}"


class IncidentChild(models.Model):
    """A child that an incident is about. Where the wrong child was chosen, the row stays with the moment it was taken off."""

    scope = IncidentScope(at="incident__")

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="children")
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=models.functions.Now())
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "child"],
                condition=Q(removed_at=None),
                name="institution_incidentchild_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.child_id}"


class IncidentNotice(SealedRow):
    """What the guardians of one child are told, from the approval on, and who of them acknowledged it.

    It repeats the facts of the incident, because a family reaches this row and no other.
    """

    scope = IncidentScope(at="incident__", child="child")

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="notices")
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=IncidentKind)
    gravity = models.CharField(_("how serious"), max_length=8, choices=IncidentGravity)
    happened_at = models.DateTimeField(_("happened at"))
    place = models.CharField(_("where"), max_length=40, blank=True, default="")
    body = ArrayField(
        models.CharField(max_length=12, choices=BodyPart),
        verbose_name=_("where on the body"),
        default=list,
        blank=True,
    )
    text = EncryptedTextField(
        _("what the family reads"), purpose="child", subject="child__sealed_id"
    )
    photo = models.UUIDField(_("photo"), null=True, blank=True)
    shown_at = models.DateTimeField(_("shown at"))
    remind_at = models.DateTimeField(_("reminder at"))
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("acknowledged by"),
    )
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "child"], name="institution_incidentnotice_once"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_by=None, acknowledged_at=None)
                | Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False),
                name="institution_incidentnotice_acknowledged",
            ),
        ]
        indexes = [
            models.Index(
                fields=["remind_at"],
                condition=Q(acknowledged_at=None),
                name="institution_incidentnotice_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.child_id}"


class IncidentReport(models.Model):
    """That an authority has to be told of a serious incident: until when, and by whom and how it was."""

    scope = IncidentScope(at="incident__", region="institution__region__path")

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="reports")
    rule = models.ForeignKey(ReportRule, models.PROTECT, related_name="+")
    # carried over on the day the clock began, so that a later rule changes nothing about it
    authority = models.CharField(_("authority"), max_length=60)
    authority_en = models.CharField(_("authority, in English"), max_length=80)
    started_at = models.DateTimeField(_("clock began"))
    due_at = models.DateTimeField(_("due"))
    reported_at = models.DateTimeField(_("reported at"), null=True, blank=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reported by"),
    )
    reported_to = models.CharField(_("to whom"), max_length=60, blank=True, default="")
    reference_no = models.CharField(_("reference number"), max_length=60, blank=True, default="")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "rule"], name="institution_incidentreport_once"
            ),
            models.CheckConstraint(
                condition=Q(due_at__gte=F("started_at")), name="institution_incidentreport_due"
            ),
            models.CheckConstraint(
                condition=Q(reported_at=None, reported_by=None, reported_to="")
                | (Q(reported_at__isnull=False, reported_by__isnull=False) & ~Q(reported_to="")),
                name="institution_incidentreport_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(reported_at=None),
                name="institution_report_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.authority}"


class IncidentStep(SealedRow):
    """One step in the course of an incident. A correction keeps here the wording that it took the place of."""

    scope = IncidentScope(at="incident__")

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="steps")
    act = models.CharField(max_length=12, choices=IncidentAct)
    state = models.CharField(max_length=6, choices=IncidentState)  # after it
    at = models.DateTimeField()
    by = models.ForeignKey(  # none: the platform
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = EncryptedTextField(purpose="incident", blank=True, default="")
    before = EncryptedTextField(purpose="incident", blank=True, default="")

    objects = ScopedQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        triggers = [
            *SealedRow.Meta.triggers,
            # the sealed texts change their keys, and are emptied when a child is erased
            pgtrigger.ReadOnly(name="step_stays", exclude=["reason", "before"]),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.act} {self.pk}"
