import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from core.scoping import ScopedQuerySet
from institution.models.admission import ADMISSION_SCOPE


class VisitSlotQuerySet(ScopedQuerySet):
    def coming(self, moment: dt.datetime) -> Self:
        return self.filter(starts_at__gte=moment)

    def with_free(self) -> Self:
        """Each with `free`, the places nobody has booked."""
        return self.annotate(free=F("places") - Count("bookings"))


class VisitSlot(models.Model):
    """A time at which families may look at the nursery, so many at once."""

    scope = ADMISSION_SCOPE

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("visit at"))
    places = models.PositiveSmallIntegerField(_("families at once"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    free: int  # of `with_free`

    objects = VisitSlotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["id", "institution"], name="institution_visitslot_tenant"
            ),
            models.UniqueConstraint(
                fields=["institution", "starts_at"], name="institution_visitslot_once"
            ),
            models.CheckConstraint(condition=Q(places__gt=0), name="institution_visitslot_places"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.starts_at}"


class VisitBooking(models.Model):
    """A family's visit. The database books no slot beyond its places (migration 0050)."""

    scope = ADMISSION_SCOPE

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    slot = models.ForeignKey(VisitSlot, models.PROTECT, related_name="bookings")
    application = models.ForeignKey(
        "institution.Application", models.PROTECT, related_name="visits"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application"], name="institution_visitbooking_once"),
        ]

    def __str__(self) -> str:
        return f"{self.slot_id} {self.application_id}"
