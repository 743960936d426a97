import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import StrIndex
from django.utils.translation import gettext_lazy as _

from core.scoping import Actor, Scope, ScopedQuerySet
from institution.alert_kinds import answered_by
from institution.enums import (
    AlertKind,
    AlertLevel,
    AlertOutcome,
    AlertSeverity,
    AlertState,
    PushAbout,
)


class AlertRuleQuerySet(models.QuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))

    def around(self, region_path: str) -> Self:
        """Those of the region and of everything it lies in."""
        starts = self.annotate(starts=StrIndex(Value(region_path), F("region_path")))
        return starts.filter(Q(region_path="") | Q(starts=1))


class AlertRule(models.Model):
    """Within how many minutes somebody has to take an alert of this kind, as dated data of a region.

    No source that was found names such a figure: those loaded are our own choice, and say so in `basis`.
    """

    kind = models.CharField(max_length=24, choices=AlertKind)
    region_path = models.CharField(max_length=100, blank=True, default="")
    minutes = models.PositiveIntegerField(_("minutes"))
    basis = models.CharField(_("basis"), max_length=120)
    source = models.CharField(_("source"), max_length=300)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = AlertRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "region_path", "valid_from"], name="institution_alertrule_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="institution_alertrule_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.region_path} {self.valid_from}"


class AlertQuerySet(ScopedQuerySet):
    def visible_to(self, actor: Actor) -> Self:
        return super().visible_to(actor).filter(kind__in=answered_by(actor))

    def unsettled(self) -> Self:
        return self.exclude(state=AlertState.CLOSED)

    def overdue(self, moment: dt.datetime) -> Self:
        """Nobody has taken these in time, and nobody above has been told."""
        return self.filter(
            state=AlertState.OPEN, due_at__lt=moment, level__lt=max(AlertLevel.values)
        )

    def most_urgent_first(self) -> Self:
        """Open before taken, the gravest first, of these the one due first."""
        taken = Case(When(state=AlertState.OPEN, then=Value(0)), default=Value(1))
        graveness = Case(
            *(
                When(severity=severity, then=Value(place))
                for place, severity in enumerate(AlertSeverity.values)
            )
        )
        return self.order_by(taken, graveness, "due_at", "pk")


class Alert(models.Model):
    """Something that somebody has to see to: who, until when, and what came of it. institution.services.alerts writes it.

    `key` tells alerts of one kind apart, such as a class's number; of each there is at most one that is not closed.
    `evidence` is numbers, ids, moments and codes, never a name or a text.
    """

    scope = Scope(class_group="class_group", region=None)

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="alerts"
    )
    kind = models.CharField(_("kind"), max_length=24, choices=AlertKind)
    key = models.CharField(max_length=80)
    severity = models.CharField(_("severity"), max_length=10, choices=AlertSeverity)
    state = models.CharField(_("state"), max_length=6, choices=AlertState, default=AlertState.OPEN)
    class_group = models.ForeignKey(
        "institution.ClassGroup", models.PROTECT, null=True, blank=True, related_name="+"
    )
    child = models.ForeignKey(
        "institution.Child", models.PROTECT, null=True, blank=True, related_name="+"
    )
    evidence = models.JSONField(default=dict)
    rule = models.CharField(max_length=80, blank=True, default="")
    raised_at = models.DateTimeField()
    due_at = models.DateTimeField()
    owner = models.ForeignKey(
        "institution.Membership", models.PROTECT, null=True, blank=True, related_name="+"
    )
    taken_at = models.DateTimeField(null=True, blank=True)
    level = models.PositiveSmallIntegerField(choices=AlertLevel, default=AlertLevel.DUTY)
    escalated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(
        _("outcome"), max_length=12, choices=AlertOutcome, blank=True, default=""
    )
    note = models.CharField(_("note"), max_length=200, blank=True, default="")

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "kind", "key"],
                condition=~Q(state="closed"),
                name="institution_alert_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False)
                | (~Q(state="closed") & Q(closed_at=None, outcome="")),
                name="institution_alert_closed",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", outcome__gt="") | ~Q(state="closed"),
                name="institution_alert_outcome",
            ),
            models.CheckConstraint(
                condition=Q(owner=None, taken_at=None)
                | Q(owner__isnull=False, taken_at__isnull=False),
                name="institution_alert_owner",
            ),
            models.CheckConstraint(
                condition=~Q(state="taken") | Q(owner__isnull=False),
                name="institution_alert_taken",
            ),
            models.CheckConstraint(
                condition=Q(level=0, escalated_at=None)
                | Q(level__gt=0, escalated_at__isnull=False),
                name="institution_alert_escalated",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state="open"), name="institution_alert_due"
            ),
            models.Index(
                fields=["institution", "-closed_at"],
                condition=Q(state="closed"),
                name="institution_alert_closed_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.kind} {self.key} {self.raised_at}"


class PushQuerySet(ScopedQuerySet):
    def due(self, moment: dt.datetime) -> Self:
        return self.filter(sent_at=None, given_up=False, due_at__lte=moment)


class Push(models.Model):
    """One person to be told outside the platform that something is there: by which channel, and whether it went out.

    Ids only. A row for each person, channel and step is what makes telling safe to do twice.
    """

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=20)
    about = models.CharField(max_length=10, choices=PushAbout)
    subject = models.CharField(max_length=40)
    step = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up = models.BooleanField(default=False)

    objects = PushQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "channel", "about", "subject", "step"],
                name="institution_push_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(sent_at=None, given_up=False),
                name="institution_push_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.channel} {self.about} {self.subject} {self.step}"
