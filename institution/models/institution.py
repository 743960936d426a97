import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from core.crypto import holds_number
from core.scoping import Scope, ScopedQuerySet
from institution.enums import InstitutionForm, InstitutionStatus, OperationMode


class InstitutionQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        return self.filter(status=InstitutionStatus.OPEN)

    def public(self) -> Self:
        """What anybody may look up without signing in: name, address, fee and places of the open ones."""
        return self.open()

    def with_enrolled(self, on: dt.date) -> Self:
        """Each with `enrolled`, its children that day, and `free`, its places still free."""
        from institution.models.enrolment import Enrolment  # noqa: PLC0415 -- enrolment points at institution

        enrolments = Enrolment.objects.filter(institution=OuterRef("pk")).on(on)
        counted = enrolments.order_by().values("institution").annotate(n=Count("pk")).values("n")
        return self.annotate(
            enrolled=Coalesce(Subquery(counted, output_field=IntegerField()), 0)
        ).annotate(free=Greatest(F("places") - F("enrolled"), 0))

    def having_room(self) -> Self:
        """After `with_enrolled`: those with a place still free."""
        return self.filter(free__gt=0)

    def inviting_first(self) -> Self:
        """After `with_enrolled`: inclusive ones first, then those with most places free."""
        return self.order_by("-inclusive", "-free", "pk")

    def in_region(self, path: str) -> Self:
        return self.filter(region__path__startswith=path)

    def search(self, words: str) -> Self:
        """Every word must stand in the name, the address or the region's name."""
        if holds_number(words):
            return self.none()
        found = self
        for word in words.split():
            found = found.filter(
                Q(name__icontains=word)
                | Q(address__icontains=word)
                | Q(region__name__icontains=word)
                | Q(region__parent__name__icontains=word)
            )
        return found


class Institution(models.Model):
    """A place of care for children under three (托育机构)."""

    scope = Scope(institution="", region="region__path")

    name = models.CharField(_("name"), max_length=80)
    credit_code = models.CharField(_("unified social credit code"), max_length=18, unique=True)
    region = models.ForeignKey("core.Region", models.PROTECT, related_name="institutions")
    form = models.CharField(_("form"), max_length=20, choices=InstitutionForm)
    operation = models.CharField(_("operation"), max_length=20, choices=OperationMode)
    inclusive = models.BooleanField(_("inclusive (affordable) service"), default=False)
    status = models.CharField(
        _("status"), max_length=10, choices=InstitutionStatus, default=InstitutionStatus.OPEN
    )
    address = models.CharField(_("address"), max_length=160)
    phone = models.CharField(_("telephone"), max_length=20, blank=True, default="")
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    places = models.PositiveIntegerField(_("places"), default=0)
    floor_area = models.DecimalField(
        _("floor area, m²"), max_digits=8, decimal_places=1, null=True, blank=True
    )
    outdoor_area = models.DecimalField(
        _("outdoor area, m²"), max_digits=8, decimal_places=1, null=True, blank=True
    )
    monthly_fee = models.DecimalField(
        _("full-day fee, yuan per month"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    opens_at = models.TimeField(_("opens"), default=dt.time(7, 30))
    closes_at = models.TimeField(_("closes"), default=dt.time(17, 30))
    introduction = models.TextField(_("introduction"), blank=True, default="")
    opened_on = models.DateField(_("opened on"), null=True, blank=True)

    objects = InstitutionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=models.F("opens_at")),
                name="institution_institution_hours",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.credit_code}"


class InstitutionGrant(UserObjectPermissionBase):
    """A revocable grant outside the organisation tree: a contracted clinic's doctor on one institution."""

    content_object = models.ForeignKey(Institution, models.CASCADE, related_name="grants")
