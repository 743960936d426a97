from django.db import models

from core.scoping import Scope, ScopedQuerySet


class DailyCount(models.Model):
    """Entries stored per institution, day and kind, as signed amounts: each batch appends, a task folds them together.

    Always read as a sum. Appending costs the writer nothing, where an upsert would make writers wait for each other.
    """

    scope = Scope()

    institution = models.ForeignKey("institution.Institution", models.CASCADE, related_name="+")
    day = models.DateField()
    kind = models.CharField(max_length=40)
    amount = models.IntegerField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["day", "institution"], name="institution_dailycount_day")]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.day} {self.kind}"
