from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _


class UpkeepKind(models.TextChoices):
    BACKUP = "backup", _("Backup")
    DRILL = "drill", _("Restore drill")
    RETENTION = "retention", _("Deletion after the time of keeping")


class UpkeepState(models.TextChoices):
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class UpkeepRunQuerySet(models.QuerySet):
    def newest(self, kind: UpkeepKind) -> Self:
        return self.filter(kind=kind).order_by("-started_at", "-pk")

    def ended(self) -> Self:
        return self.exclude(state=UpkeepState.RUNNING)


class UpkeepRun(models.Model):
    """One backup, drill or deletion run, for whoever keeps the platform running. Counts and ids, nobody's data."""

    kind = models.CharField(max_length=10, choices=UpkeepKind)
    state = models.CharField(max_length=10, choices=UpkeepState, default=UpkeepState.RUNNING)
    started_at = models.DateTimeField(db_default=models.functions.Now())
    finished_at = models.DateTimeField(null=True)
    report = models.JSONField(default=dict)

    objects = UpkeepRunQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["kind", "-started_at"], name="core_upkeep_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def backup(self) -> str:
        return self.report.get("backup", "")

    @property
    def rows(self) -> int | None:
        return self.report.get("rows")

    @property
    def uploads(self) -> int | None:
        return self.report.get("uploads")

    @property
    def bytes(self) -> int:
        return self.report.get("bytes", 0)

    @property
    def deleted(self) -> int:
        return self.report.get("deleted", 0)
