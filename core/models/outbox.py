from django.db import models
from django.db.models import Q


class OutboxMessage(models.Model):
    """What must not be lost with Redis: written in the business transaction, published on commit, relayed until it is.

    Either a hint for the live hub (`topic`, `groups`, `cursor`) or a task for a worker (`task`, `arguments`); ids only,
    never personal data. core.outbox writes, deletes and relays.
    """

    topic = models.CharField(max_length=40, blank=True, default="")
    groups = models.JSONField(default=list)
    cursor = models.CharField(max_length=40, blank=True, default="")
    task = models.CharField(max_length=100, blank=True, default="")
    arguments = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    attempts = models.PositiveSmallIntegerField(db_default=0)
    next_attempt_at = models.DateTimeField(db_default=models.functions.Now())
    dead = models.BooleanField(db_default=False)
    fault = models.CharField(
        max_length=80, db_default=""
    )  # the kind of the last fault, never its text

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(dead=False), name="core_outbox_due"
            ),
            models.Index(fields=["created_at"], condition=Q(dead=True), name="core_outbox_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.task or self.topic}"
