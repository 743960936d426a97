import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet


class TrainingRecordQuerySet(ScopedQuerySet):
    def in_year(self, day: dt.date) -> Self:
        return self.filter(held_on__year=day.year)


class TrainingRecord(models.Model):
    """Hours that a member of staff was trained on one topic on one day."""

    scope = Scope()

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="trainings"
    )
    membership = models.ForeignKey(
        "institution.Membership", models.PROTECT, related_name="trainings"
    )
    topic = models.CharField(_("topic"), max_length=60)
    hours = models.DecimalField(_("hours"), max_digits=4, decimal_places=1)
    held_on = models.DateField(_("held on"))
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = TrainingRecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "topic", "held_on"], name="training_trainingrecord_once"
            ),
            models.CheckConstraint(
                condition=models.Q(hours__gt=0, hours__lte=24), name="training_trainingrecord_hours"
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "-held_on"], name="training_record_institution"),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} {self.topic} {self.held_on}"
