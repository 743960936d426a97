import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet


class ClassCapacityQuerySet(ScopedQuerySet):
    def begun(self, on: dt.date) -> Self:
        """The newest comes first and is the one that counts."""
        return self.filter(valid_from__lte=on).order_by("-valid_from", "pk")


class ClassCapacity(models.Model):
    """How many places a class has from a day on, until a later row begins. Before the first row it is `capacity` of the class.

    So no two rows can be in force at once.
    """

    scope = Scope(class_group="class_group")

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="class_capacities"
    )
    class_group = models.ForeignKey(
        "institution.ClassGroup", models.PROTECT, related_name="capacities"
    )
    places = models.PositiveSmallIntegerField(_("places"))
    valid_from = models.DateField()

    objects = ClassCapacityQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["class_group", "valid_from"], name="institution_classcapacity_once"
            ),
            models.CheckConstraint(
                condition=Q(places__gte=1), name="institution_classcapacity_places"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.class_group_id} {self.places} {self.valid_from}"
