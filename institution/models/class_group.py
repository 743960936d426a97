import datetime as dt
from typing import Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope, ScopedQuerySet
from institution.enums import ClassType
from institution.models.class_capacity import ClassCapacity


class ClassTypeRuleQuerySet(models.QuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))


class ClassTypeRule(models.Model):
    """Ages, size and ratio of a kind of class, as dated data with the clause it rests on.

    `children_per_carer` is empty where the text gives none (the mixed class); an operator may set a local figure.
    """

    class_type = models.CharField(max_length=20, choices=ClassType)
    min_months = models.PositiveSmallIntegerField(_("from, months"))
    below_months = models.PositiveSmallIntegerField(_("below, months"))
    max_children = models.PositiveSmallIntegerField(_("most children"))
    children_per_carer = models.PositiveSmallIntegerField(
        _("children per carer"), null=True, blank=True
    )
    basis = models.CharField(_("basis"), max_length=120)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = ClassTypeRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["class_type", "valid_from"], name="institution_classtyperule_once"
            ),
            models.CheckConstraint(
                condition=Q(below_months__gt=F("min_months")),
                name="institution_classtyperule_months",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.class_type} {self.valid_from}"


class ClassGroupQuerySet(ScopedQuerySet):
    def running(self, on: dt.date) -> Self:
        return self.filter(opened_on__lte=on).filter(Q(closed_on=None) | Q(closed_on__gt=on))

    def with_places(self, on: dt.date) -> Self:
        """Each with `places`, how many it has that day."""
        changed = ClassCapacity.objects.filter(class_group=OuterRef("pk")).begun(on)
        return self.annotate(places=Coalesce(Subquery(changed.values("places")[:1]), F("capacity")))


class ClassGroup(models.Model):
    scope = Scope(class_group="pk")

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="classes"
    )
    name = models.CharField(_("name"), max_length=40)
    class_type = models.CharField(_("type"), max_length=20, choices=ClassType)
    # from its opening until the first row of ClassCapacity begins: read `places` of `with_places`
    capacity = models.PositiveSmallIntegerField(_("places"))
    opened_on = models.DateField(default=dt.date(2000, 1, 1))
    closed_on = models.DateField(null=True, blank=True)

    # of institution.selectors.nursery.classes_on
    enrolled: int
    present: int
    absent: int
    carers: int
    planned: int
    clocks: bool
    places: int  # of `with_places`

    objects = ClassGroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "name"], name="institution_classgroup_name"
            ),
            models.UniqueConstraint(
                fields=["id", "institution"], name="institution_classgroup_tenant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.name}"
