from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet


class EntryKind(models.Model):
    """A kind of daily-log entry that an institution adds for itself. Built-in kinds are in institution.kinds.

    `fields` is a list of {"name", "label", "type": "choice"|"number"|"text", "choices", "unit", "min", "max"}.
    """

    scope = Scope()

    institution = models.ForeignKey(
        "institution.Institution", models.CASCADE, related_name="entry_kinds"
    )
    code = models.SlugField(_("code"), max_length=30)
    label = models.CharField(_("name"), max_length=20)
    icon = models.CharField(_("icon"), max_length=30, default="notebook-pen")
    fields = models.JSONField(default=list)
    active = models.BooleanField(default=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "code"], name="institution_entrykind_once"
            ),
            models.CheckConstraint(
                condition=Q(code__startswith="own-"), name="institution_entrykind_own"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.code}"
