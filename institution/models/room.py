import datetime as dt
from decimal import Decimal
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet
from institution.enums import RoomPurpose


class Room(models.Model):
    """A room of a nursery. Who uses it, and when, is told apart."""

    scope = Scope()

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="rooms")
    name = models.CharField(_("name"), max_length=40)
    purpose = models.CharField(_("purpose"), max_length=10, choices=RoomPurpose)
    storey = models.SmallIntegerField(_("floor"))
    area = models.DecimalField(_("area, m²"), max_digits=6, decimal_places=1)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "name"], name="institution_room_name"),
            models.UniqueConstraint(fields=["id", "institution"], name="institution_room_tenant"),
            models.CheckConstraint(condition=Q(area__gt=Decimal(0)), name="institution_room_area"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.name}"


class RoomUseQuerySet(ScopedQuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(during__contains=day)


class RoomUse(models.Model):
    """A class has a room from the first day to the day after the last. Two classes may share one."""

    scope = Scope(class_group="class_group")

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="room_uses"
    )
    room = models.ForeignKey(Room, models.PROTECT, related_name="uses")
    class_group = models.ForeignKey("institution.ClassGroup", models.PROTECT, related_name="rooms")
    during = DateRangeField(_("period"))

    objects = RoomUseQuerySet.as_manager()

    class Meta:
        constraints = [
            # A range made of one id stands for equality, as for enrolments.
            ExclusionConstraint(
                name="institution_roomuse_no_overlap",
                index_type="gist",
                expressions=[
                    (
                        Func(F("room_id"), F("room_id"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(
                            F("class_group_id"),
                            F("class_group_id"),
                            Value("[]"),
                            function="int8range",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False) & Q(during__startswith__isnull=False),
                name="institution_roomuse_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.room_id} {self.class_group_id} {self.during}"

    @property
    def first_day(self) -> dt.date:
        return self.during.lower

    @property
    def last_day(self) -> dt.date | None:
        return self.during.upper - dt.timedelta(days=1) if self.during.upper else None
