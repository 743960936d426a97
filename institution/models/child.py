import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from core.calendar import today
from core.crypto import BlindIndexField, EncryptedTextField, NextBlindIndexField, SealedRow
from core.permissions import Role
from core.scoping import NOTHING, Actor, Scope, ScopedQuerySet
from institution.enums import AllergySeverity, Sex


class ChildScope(Scope):
    """Tenancy hangs on enrolment: a child is a nursery's while, and after, enrolled there. Regulators see figures, not children."""

    def limit(self, actor: Actor) -> Q:
        from institution.models.enrolment import Enrolment  # noqa: PLC0415 -- enrolment points at child

        if actor.child_ids:
            return Q(pk__in=actor.child_ids)
        enrolled = Enrolment.objects.filter(child=OuterRef("pk"))
        if actor.role == Role.CLINIC_DOCTOR:
            return Q(Exists(enrolled.filter(institution__in=actor.institution_ids).on(today())))
        if actor.institution_id is None:
            return NOTHING
        enrolled = enrolled.filter(institution=actor.institution_id)
        if actor.class_ids is not None:
            enrolled = enrolled.filter(class_group__in=actor.class_ids).on(today())
        return Q(Exists(enrolled))


class ChildQuerySet(ScopedQuerySet):
    def enrolled(self, on: dt.date) -> Self:
        from institution.models.enrolment import Enrolment  # noqa: PLC0415 -- enrolment points at child

        return self.filter(Exists(Enrolment.objects.filter(child=OuterRef("pk")).on(on)))

    def in_class(self, class_group, on: dt.date) -> Self:
        from institution.models.enrolment import Enrolment  # noqa: PLC0415 -- enrolment points at child

        enrolled = Enrolment.objects.filter(child=OuterRef("pk"), class_group=class_group)
        return self.filter(Exists(enrolled.on(on)))


class Child(SealedRow):
    """What is sealed here, and the health notes, is sealed with a key of this child alone: erasing is destroying it."""

    scope = ChildScope()

    name = models.CharField(_("name"), max_length=40)
    sex = models.CharField(_("sex"), max_length=10, choices=Sex)
    born_on = models.DateField(_("born on"))
    resident_id = EncryptedTextField(
        _("resident id"), purpose="child", subject="sealed_id", blank=True, default=""
    )
    resident_id_index = BlindIndexField(source="resident_id", null=True, unique=True)
    resident_id_index_next = NextBlindIndexField()
    # The nursery that entered the child: it sees the row before it can give the child a place.
    registered_by = models.ForeignKey(
        "institution.Institution",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    objects = ChildQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"


class ChildGrant(UserObjectPermissionBase):
    """A revocable grant on one child, outside the guardians: a grandparent who may look."""

    content_object = models.ForeignKey(Child, models.CASCADE, related_name="grants")


class Allergy(models.Model):
    """Shown wherever food or medicine is handled."""

    scope = Scope(child="child", region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    child = models.ForeignKey(Child, models.CASCADE, related_name="allergies")
    substance = models.CharField(_("substance"), max_length=40)
    severity = models.CharField(_("severity"), max_length=10, choices=AllergySeverity)
    icon = models.CharField(max_length=30, default="triangle-alert")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "child", "substance"], name="institution_allergy_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} {self.substance}"
