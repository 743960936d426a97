from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet
from quality.enums import Answer


class SelfCheck(models.Model):
    """A nursery's own answer to one indicator, as it stands now; the audit records tell how it came to be."""

    scope = Scope()

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="self_checks"
    )
    item = models.ForeignKey("quality.StandardItem", models.PROTECT, related_name="self_checks")
    answer = models.CharField(_("answer"), max_length=15, choices=Answer)
    note = models.CharField(_("note"), max_length=300, blank=True, default="")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(_("answered at"))

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "item"], name="quality_selfcheck_once"),
            models.CheckConstraint(
                condition=models.Q(answer__in=Answer.values), name="quality_selfcheck_answer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.item_id} {self.answer}"
