from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Q

from core.permissions import REGION_ROLES, Role
from core.scoping import NOTHING, Scope, ScopedQuerySet


@models.CharField.register_lookup
class Under(models.Lookup):
    """Paths that begin with this one, by the operators of the index. Unlike LIKE they keep to themselves what they
    compare, so that the database may use them before the policy has been asked.
    """

    lookup_name = "under"

    def as_sql(self, compiler, connection):
        path, parameters = self.process_lhs(compiler, connection)
        first = str(self.rhs)
        beyond = first[:-1] + chr(ord(first[-1]) + 1)
        return f"({path} ~>=~ %s AND {path} ~<~ %s)", [*parameters, first, *parameters, beyond]


class AuditScope(Scope):
    """Regional roles see the records of their region, a whole city also those of no place, such as failed sign-ins.

    A guardian sees who read the file of an own child, and nothing else.
    """

    def limit(self, actor):
        if actor.role == Role.GUARDIAN:
            return Q(action="child.viewed", child_ids__overlap=sorted(actor.child_ids))
        if actor.role not in REGION_ROLES or not actor.region_path:
            return NOTHING
        within = Q(region_path__under=actor.region_path)
        is_city = actor.region_path.count("/") == 1
        return within | Q(region_path="", institution_id=None) if is_city else within


class AuditEvent(models.Model):
    """Who did what to what, when. Append-only and chained: docs/adr/0009.

    No foreign keys, so that a record neither blocks nor vanishes with what it is about. `data` holds ids and field
    names only, never free text or values of sensitive fields. The database itself fills `chain`, `seq`, `prev_hash`,
    `hash` and `tx` (the transaction, by which the row history is found), whatever the statement says.
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

    chain = models.CharField(max_length=140, db_default="", editable=False)
    seq = models.BigIntegerField(null=True, editable=False)
    prev_hash = models.BinaryField(null=True)
    hash = models.BinaryField(null=True)
    tx = models.BigIntegerField(null=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "seq"], name="core_auditevent_chain"),
        ]
        indexes = [
            models.Index(
                fields=["region_path", "id"],
                name="core_audit_region",
                opclasses=["varchar_pattern_ops", "int8_ops"],  # searched by prefix
            ),
            models.Index(fields=["institution_id", "-id"], name="core_audit_institution"),
            models.Index(fields=["action", "-id"], name="core_audit_action"),
            BrinIndex(fields=["at"], name="core_audit_at"),
            GinIndex(
                fields=["child_ids"],
                condition=Q(action="child.viewed"),
                name="core_audit_reads",  # who read this child's file; writes of other kinds do not pay for it
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.action}"


class AuditChain(models.Model):
    """The last link of each chain. Only the trigger that links a new record writes here, under the row's lock."""

    chain = models.CharField(max_length=140, primary_key=True)
    seq = models.BigIntegerField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.chain}:{self.seq}"


class AuditRead(models.Model):
    """When a viewer last left a record for the same look at the same thing: the memory of `audit.viewed`, kept a day.

    The table is unlogged: what a crash takes from it only makes one more record.
    """

    viewer = models.BigIntegerField()
    what = models.CharField(max_length=240)
    thing = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["viewer", "what", "thing"], name="core_auditread_once"),
        ]
        indexes = [models.Index(fields=["at"], name="core_auditread_at")]

    def __str__(self) -> str:
        return f"{self.viewer} {self.what} {self.thing}"
