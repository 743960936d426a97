import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models

from core.calendar import day_bounds
from core.scoping import Scope, ScopedQuerySet


class DailyEntryQuerySet(ScopedQuerySet):
    def between(self, first: dt.date, last: dt.date) -> Self:
        """Bounded by plain comparisons of `at`, so that only the partitions of these days are read."""
        return self.filter(at__gte=day_bounds(first)[0], at__lt=day_bounds(last)[1])

    def on(self, day: dt.date) -> Self:
        return self.between(day, day)

    def current(self) -> Self:
        """Without entries that a later version replaced or withdrew."""
        return self.filter(replaced_by=None, void=False)

    def after(self, seq: int) -> Self:
        return self.filter(seq__gt=seq)


class DailyEntry(models.Model):
    """One thing that happened in a child's day. The table is partitioned by month of `at` (migration 0002).

    `id` is made by the client, so the same entry sent twice is stored once. A correction is a new row with the same
    `root` and the next `version`; the old row only learns who replaced it. `seq` is the number in the institution's
    stream (core.models.stream): its order is the commit order, and it is the cursor of the live page.
    """

    scope = Scope(child="child", class_group="class_group", region=None)

    id = models.UUIDField(primary_key=True, editable=False)
    institution = models.ForeignKey("institution.Institution", models.DO_NOTHING, related_name="+")
    class_group = models.ForeignKey("institution.ClassGroup", models.DO_NOTHING, related_name="+")
    child = models.ForeignKey("institution.Child", models.DO_NOTHING, related_name="entries")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)
    root = models.UUIDField()
    version = models.PositiveSmallIntegerField(default=1)
    void = models.BooleanField(default=False)
    replaced_by = models.UUIDField(null=True)
    reason = models.CharField(max_length=120, blank=True, default="")
    seq = models.BigIntegerField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="+")
    recorded_at = models.DateTimeField()

    objects = DailyEntryQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.id} {self.kind} {self.at}"
