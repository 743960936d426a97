import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from core.permissions import REGION_ROLES
from core.scoping import NOTHING, Scope, ScopedQuerySet

REFUSE = "RAISE EXCEPTION 'audit records are append-only' USING ERRCODE = 'insufficient_privilege';"


class AuditScope(Scope):
    def limit(self, actor):
        if actor.role not in REGION_ROLES or not actor.region_path:
            return NOTHING
        return models.Q(region_path__startswith=actor.region_path)


class AuditEvent(models.Model):
    """Who did what to what, when. Append-only: the database refuses update, delete and truncate.

    No foreign keys, so that a record neither blocks nor vanishes with what it is about. `data` holds ids and field
    names only, never free text or values of sensitive fields.
    """

    scope = AuditScope(institution=None, region="region_path")

    at = models.DateTimeField(db_default=models.functions.Now())
    actor_user_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=64, blank=True, default="")
    actor_role = models.CharField(max_length=20, blank=True, default="")
    action = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60, blank=True, default="")
    subject_id = models.CharField(max_length=40, blank=True, default="")
    child_ids = ArrayField(models.BigIntegerField(), default=list)
    institution_id = models.BigIntegerField(null=True)
    region_path = models.CharField(max_length=120, blank=True, default="")
    request_id = models.CharField(max_length=40, blank=True, default="")
    outcome = models.CharField(max_length=10, default="done")
    data = models.JSONField(default=dict)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["region_path", "id"],
                name="core_audit_region",
                opclasses=["varchar_pattern_ops", "int8_ops"],  # searched by prefix
            ),
            models.Index(fields=["institution_id", "-id"], name="core_audit_institution"),
            models.Index(fields=["action", "-id"], name="core_audit_action"),
            BrinIndex(fields=["at"], name="core_audit_at"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="append_only",
                operation=pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func=REFUSE,
            ),
            pgtrigger.Trigger(
                name="no_truncate",
                operation=pgtrigger.Truncate,
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                func=REFUSE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.action}"
