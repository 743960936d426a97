from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.permissions import REGION_ROLES, Permission
from core.scoping import NOTHING, Actor, Scope, ScopedQuerySet


class Deed(models.TextChoices):
    ADDED = "added", _("Added")
    CHANGED = "changed", _("Changed")
    REMOVED = "removed", _("Removed")


class RowChangeScope(Scope):
    """The history of a row is for whom the row itself is for, and who may read histories at all.

    Regulators see no child's. What belongs to no nursery, such as accounts and posts, is for a whole city's auditor.
    """

    def limit(self, actor: Actor) -> Q:
        if not actor.may(Permission.HISTORY_READ):
            return NOTHING
        if actor.role not in REGION_ROLES:
            return super().limit(actor) & Q(table__in=_tables_for(actor))
        found = super().limit(actor)
        if actor.region_path.count("/") == 1:
            found |= Q(institution=None)
        return found & Q(child_id=None)


def _tables_for(actor: Actor) -> list[str]:
    return [
        model._meta.db_table
        for model in apps.get_models()
        if (scope := getattr(model, "scope", None)) is not None
        and model is not RowChange  # whose own scope asks here
        and scope.limit(actor) is not NOTHING
    ]


class RowChange(models.Model):
    """What became of a row of the tables that institution.history lists. A trigger writes it, nobody else (docs/adr/0013).

    `before` and `after` hold the columns that changed, `before` alone a whole removed row; of an added row there is
    only that it was added, since every later change tells what was there before. Sealed columns stand in `sealed`, by
    name. `tx` is also in the audit record of the deed.
    """

    scope = RowChangeScope()

    table = models.CharField(max_length=63)
    row = models.CharField(max_length=40)
    deed = models.CharField(max_length=7, choices=Deed)
    at = models.DateTimeField()
    tx = models.BigIntegerField()
    person_id = models.BigIntegerField(null=True)  # in whose name; none: the system
    # of the row; where it has none, of the person
    institution = models.ForeignKey(
        "institution.Institution",
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    child_id = models.BigIntegerField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    sealed = ArrayField(models.CharField(max_length=63), default=list)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["child_id", "-id"], name="institution_rowchange_child"),
            models.Index(fields=["institution", "-id"], name="institution_rowchange_place"),
            models.Index(fields=["tx"], name="institution_rowchange_tx"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.row} {self.deed}"
