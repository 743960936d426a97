import datetime as dt
import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.calendar import day_bounds
from core.display import WEEKDAYS
from core.scoping import Scope, ScopedQuerySet
from institution.enums import LedgerKind, LedgerRepeat


class LedgerScheduleQuerySet(ScopedQuerySet):
    def with_rhythm(self, on: dt.date) -> Self:
        """Each with `in_force`, the one rhythm that counts on the day, or an empty list."""
        begun = LedgerRhythm.objects.filter(valid_from__lte=on)
        latest = begun.order_by("schedule", "-valid_from").distinct("schedule")
        return self.prefetch_related(Prefetch("rhythms", latest, to_attr="in_force"))

    def with_last(self) -> Self:
        """Each with `last_at`, when it was last done."""
        done = LedgerEntry.objects.filter(schedule=OuterRef("pk")).counting().order_by("-at", "pk")
        return self.annotate(last_at=Subquery(done.values("at")[:1]))


class LedgerSchedule(models.Model):
    """Something that a nursery does again and again, in a room or in the whole house. How often is told apart."""

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    kind = models.CharField(_("ledger"), max_length=12, choices=LedgerKind)
    what = models.CharField(_("what is done"), max_length=60)
    room = models.ForeignKey(
        "institution.Room", models.PROTECT, null=True, blank=True, related_name="+"
    )

    # of `with_rhythm` and `with_last`
    in_force: "list[LedgerRhythm]"
    last_at: dt.datetime | None

    objects = LedgerScheduleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "kind", "what", "room"],
                name="institution_ledgerschedule_once",
            ),
            models.UniqueConstraint(
                fields=["institution", "kind", "what"],
                condition=Q(room=None),
                name="institution_ledgerschedule_house_once",
            ),
            models.UniqueConstraint(
                fields=["id", "institution"], name="institution_ledgerschedule_tenant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.kind} {self.what}"


class LedgerRhythm(models.Model):
    """How often from a day on, until a later row begins. Past rows stay, so what was late then can be told now."""

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    schedule = models.ForeignKey(LedgerSchedule, models.PROTECT, related_name="rhythms")
    repeat = models.CharField(_("how often"), max_length=9, choices=LedgerRepeat)
    every_days = models.PositiveSmallIntegerField(_("every, days"), null=True, blank=True)
    weekday = models.PositiveSmallIntegerField(_("weekday"), null=True, blank=True)  # 1: Monday
    needs_photo = models.BooleanField(_("needs a photo"), default=False)
    basis = models.CharField(_("basis"), max_length=120, blank=True, default="")  # empty: our own
    valid_from = models.DateField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "valid_from"], name="institution_ledgerrhythm_once"
            ),
            models.CheckConstraint(
                condition=Q(repeat=LedgerRepeat.DAYS, every_days__isnull=False, every_days__gte=1)
                | (~Q(repeat=LedgerRepeat.DAYS) & Q(every_days=None)),
                name="institution_ledgerrhythm_days",
            ),
            models.CheckConstraint(
                condition=Q(
                    repeat=LedgerRepeat.WEEKLY, weekday__isnull=False, weekday__range=(1, 7)
                )
                | (~Q(repeat=LedgerRepeat.WEEKLY) & Q(weekday=None)),
                name="institution_ledgerrhythm_weekday",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.repeat} {self.valid_from}"

    @property
    def weekday_name(self) -> str | Promise:
        return WEEKDAYS[self.weekday - 1] if self.weekday else ""


class LedgerEntryQuerySet(ScopedQuerySet):
    def current(self) -> Self:
        """Those in whose place no later one stands."""
        return self.filter(~Exists(LedgerEntry.objects.filter(corrects=OuterRef("pk"))))

    def counting(self) -> Self:
        return self.current().filter(void=False)

    def between(self, first: dt.date, last: dt.date) -> Self:
        return self.filter(at__gte=day_bounds(first)[0], at__lt=day_bounds(last)[1])

    def open(self) -> Self:
        """Hazards not mended yet, visitors not gone yet."""
        ended = LedgerEntry.objects.filter(closes=OuterRef("root")).counting()
        begun = Q(kind__in=(LedgerKind.HAZARD, LedgerKind.VISITOR), closes=None)
        return self.counting().filter(begun, ~Exists(ended))


class LedgerEntry(models.Model):
    """What was done, seen or found. Only ever added: the database refuses to change or delete it.

    A correction is a new row that takes the place of one before; `root` is the first of them. One that is void says that
    nothing of the kind was done. `closes` names the root of a hazard that was mended or of a visitor who left.
    """

    scope = Scope(region=None)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    kind = models.CharField(_("ledger"), max_length=12, choices=LedgerKind)
    schedule = models.ForeignKey(
        LedgerSchedule, models.PROTECT, null=True, blank=True, related_name="entries"
    )
    what = models.CharField(max_length=60, blank=True, default="")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    detail = models.JSONField(default=dict)
    note = models.CharField(_("note"), max_length=300, blank=True, default="")
    photos = ArrayField(models.UUIDField(), default=list, blank=True)  # of attachments
    mend_by = models.DateField(_("to be mended by"), null=True, blank=True)
    root = models.UUIDField(editable=False)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    reason = models.CharField(_("why it is corrected"), max_length=120, blank=True, default="")
    void = models.BooleanField(default=False)
    closes = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="closed_by"
    )
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["id", "institution"], name="institution_ledgerentry_tenant"
            ),
            models.CheckConstraint(
                condition=Q(corrects=None, root=F("id"), reason="", void=False)
                | (Q(corrects__isnull=False) & ~Q(root=F("id")) & ~Q(reason="")),
                name="institution_ledgerentry_correction",
            ),
            models.CheckConstraint(
                condition=Q(closes=None)
                | (
                    Q(kind__in=(LedgerKind.HAZARD, LedgerKind.VISITOR), schedule=None)
                    & ~Q(closes=F("id"))
                ),
                name="institution_ledgerentry_closes",
            ),
            models.CheckConstraint(
                condition=Q(mend_by=None) | Q(kind=LedgerKind.HAZARD, closes=None),
                name="institution_ledgerentry_mend_by",
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "at"], name="institution_ledgerentry_at"),
            models.Index(fields=["schedule", "-at"], name="institution_ledgerentry_last"),
            models.Index(fields=["root"], name="institution_ledgerentry_root"),
            models.Index(
                fields=["mend_by"],
                condition=Q(mend_by__isnull=False),
                name="institution_ledgerentry_mend",
            ),
            GinIndex(fields=["photos"], name="institution_ledgerentry_photos"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.kind} {self.at}"
