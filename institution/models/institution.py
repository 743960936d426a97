import datetime as dt
from decimal import Decimal
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from core.crypto import holds_number
from core.scoping import Scope, ScopedQuerySet
from institution.enums import (
    FeeUnit,
    InstitutionForm,
    InstitutionNature,
    InstitutionStatus,
    OperationMode,
    ServiceMode,
)


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

    def with_fee(self, on: dt.date) -> Self:
        """Each with `monthly_fee`, what a full day costs a month on that day; None where none is told."""
        from institution.models.service_fee import ServiceFee  # noqa: PLC0415 -- fees point at institution

        fees = ServiceFee.objects.filter(
            institution=OuterRef("pk"),
            mode=ServiceMode.FULL_DAY,
            unit=FeeUnit.MONTH,
            valid_from__lte=on,
        )
        return self.annotate(
            monthly_fee=Subquery(fees.order_by("-valid_from", "pk").values("amount")[:1])
        )

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
    nature = models.CharField(
        _("nature"), max_length=10, choices=InstitutionNature, blank=True, default=""
    )
    inclusive = models.BooleanField(_("inclusive (affordable) service"), default=False)
    inclusive_from = models.DateField(_("inclusive from"), null=True, blank=True)
    inclusive_until = models.DateField(_("inclusive until"), null=True, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=InstitutionStatus, default=InstitutionStatus.OPEN
    )
    address = models.CharField(_("address"), max_length=160)
    phone = models.CharField(_("telephone"), max_length=20, blank=True, default="")
    legal_representative = models.CharField(
        _("legal representative"), max_length=40, blank=True, default=""
    )
    person_in_charge = models.CharField(
        _("person in charge"), max_length=40, blank=True, default=""
    )
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    places = models.PositiveIntegerField(_("places"), default=0)
    floor_area = models.DecimalField(
        _("floor area, m²"), max_digits=8, decimal_places=1, null=True, blank=True
    )
    outdoor_area = models.DecimalField(
        _("outdoor area, m²"), max_digits=8, decimal_places=1, null=True, blank=True
    )
    # of the rooms where children live; a basement is below zero
    lowest_storey = models.SmallIntegerField(_("lowest floor"), null=True, blank=True)
    highest_storey = models.SmallIntegerField(_("highest floor"), null=True, blank=True)
    service_modes = ArrayField(
        models.CharField(max_length=10, choices=ServiceMode),
        verbose_name=_("ways of service"),
        default=list,
        blank=True,
    )
    opens_at = models.TimeField(_("opens"), default=dt.time(7, 30))
    closes_at = models.TimeField(_("closes"), default=dt.time(17, 30))
    introduction = models.TextField(_("introduction"), blank=True, default="")
    opened_on = models.DateField(_("opened on"), null=True, blank=True)

    # of `with_enrolled` and `with_fee`
    enrolled: int
    free: int
    monthly_fee: Decimal | None

    objects = InstitutionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(highest_storey__gte=F("lowest_storey"))
                | Q(lowest_storey=None)
                | Q(highest_storey=None),
                name="institution_institution_storeys",
            ),
            models.CheckConstraint(
                condition=Q(inclusive_until__gte=F("inclusive_from"))
                | Q(inclusive_from=None)
                | Q(inclusive_until=None),
                name="institution_institution_inclusive",
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gt=models.F("opens_at")),
                name="institution_institution_hours",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.credit_code}"

    @property
    def service_mode_labels(self) -> list[str]:
        return [str(mode.label) for mode in ServiceMode if mode in self.service_modes]

    def is_inclusive(self, on: dt.date) -> bool:
        """Recognised, and the recognition has begun and not run out."""
        begun = self.inclusive_from is None or self.inclusive_from <= on
        return self.inclusive and begun and not self.inclusive_ended(on)

    def inclusive_ended(self, on: dt.date) -> bool:
        return self.inclusive and self.inclusive_until is not None and self.inclusive_until < on


class InstitutionGrant(UserObjectPermissionBase):
    """A revocable grant outside the organisation tree: a contracted clinic's doctor on one institution."""

    content_object = models.ForeignKey(Institution, models.CASCADE, related_name="grants")
