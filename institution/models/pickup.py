import datetime as dt
import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedTextField, SealedRow
from core.scoping import Scope, ScopedQuerySet
from institution.enums import Direction, PassState, PickupRelation


class PickupPersonQuerySet(ScopedQuerySet):
    def standing(self) -> Self:
        """Not taken back; perhaps past its last day."""
        return self.filter(withdrawn_at=None)

    def valid(self, on: dt.date) -> Self:
        return (
            self.standing().filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))
        )


class PickupPerson(SealedRow):
    """An adult whom a guardian lets bring and fetch a child at one nursery. Another nursery is asked anew."""

    scope = Scope(child="child", region=None)

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="pickup_persons"
    )
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="pickup_persons")
    name = models.CharField(_("name"), max_length=40)
    relation = models.CharField(_("relation"), max_length=12, choices=PickupRelation)
    phone = EncryptedTextField(
        _("phone"), purpose="child", subject="child__sealed_id", blank=True, default=""
    )
    photo = models.UUIDField(_("photo"), null=True, blank=True)  # of an attachment
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # the day after the last
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=models.functions.Now())
    # the first time somebody of the nursery saw the person and the identity card
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = PickupPersonQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["id", "institution"], name="institution_pickupperson_tenant"
            ),
            models.UniqueConstraint(
                fields=["institution", "child", "name"],
                condition=Q(withdrawn_at=None),
                name="institution_pickupperson_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="institution_pickupperson_dates",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="institution_pickupperson_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by=None, withdrawn_at=None)
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False),
                name="institution_pickupperson_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} {self.name}"

    @property
    def last_day(self) -> dt.date | None:
        return self.valid_to - dt.timedelta(days=1) if self.valid_to else None


class PickupPass(models.Model):
    """One child on a pass that is shown at the door once. Children who go together have rows of one `bundle`, and its code.

    The code is computed from the bundle (institution.pass_codes) and stands here only as a keyed digest. The row's id is
    the id of the entry it makes, so that even two servers that both took it for unused store one entry.
    """

    scope = Scope(child="child", region=None)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="+")
    bundle = models.UUIDField()
    place = models.PositiveSmallIntegerField(default=0)  # in the bundle
    code_digest = models.BinaryField(max_length=32)
    direction = models.CharField(max_length=5, choices=Direction)
    guardianship = models.ForeignKey(
        "institution.Guardianship", models.CASCADE, null=True, blank=True, related_name="+"
    )
    person = models.ForeignKey(
        PickupPerson, models.PROTECT, null=True, blank=True, related_name="passes"
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_by = models.ForeignKey(  # the carer who handed the child over or took it in
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    used_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # taken back, or another took its place

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            # Among passes that may still be shown a code names one bundle.
            models.UniqueConstraint(
                fields=["code_digest", "place"],
                condition=Q(used_at=None, ended_at=None),
                name="institution_pickuppass_code",
            ),
            models.UniqueConstraint(
                fields=["bundle", "child"], name="institution_pickuppass_child_once"
            ),
            models.CheckConstraint(
                condition=Q(guardianship=None, person__isnull=False)
                | Q(guardianship__isnull=False, person=None),
                name="institution_pickuppass_bearer",
            ),
            models.CheckConstraint(
                condition=Q(used_by=None, used_at=None)
                | Q(used_by__isnull=False, used_at__isnull=False, ended_at=None),
                name="institution_pickuppass_used_or_ended",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="institution_pickuppass_time"
            ),
        ]
        indexes = [
            models.Index(fields=["child", "made_at"], name="institution_pickuppass_child"),
        ]

    def __str__(self) -> str:
        return f"{self.bundle} {self.child_id}"

    @property
    def bearer(self) -> str:
        if self.person is not None:
            return self.person.name
        return self.guardianship.user.name if self.guardianship is not None else ""

    @property
    def bearer_relation(self) -> str:
        """In the language in force."""
        if self.person is not None:
            return self.person.get_relation_display()
        return self.guardianship.get_relation_display() if self.guardianship is not None else ""

    def state(self, moment: dt.datetime) -> PassState:
        if self.used_at:
            return PassState.USED
        if self.ended_at:
            return PassState.ENDED
        return PassState.OPEN if self.expires_at > moment else PassState.EXPIRED


class PickupQuestion(SealedRow):
    """Somebody who is not on the list is at the door: the carer asks the family, whose yes holds once, on that day."""

    scope = Scope(child="child", class_group="class_group", region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    class_group = models.ForeignKey("institution.ClassGroup", models.PROTECT, related_name="+")
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="+")
    entry = models.UUIDField(default=uuid.uuid4, editable=False)  # that a yes is used for
    name = EncryptedTextField(_("name"), purpose="child", subject="child__sealed_id")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    agreed = models.BooleanField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    used_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(agreed=None, answered_by=None, answered_at=None)
                | Q(agreed__isnull=False, answered_by__isnull=False, answered_at__isnull=False),
                name="institution_pickupquestion_answered",
            ),
            models.CheckConstraint(
                condition=Q(used_by=None, used_at=None)
                | Q(used_by__isnull=False, used_at__isnull=False, agreed=True),
                name="institution_pickupquestion_used_after_yes",
            ),
        ]
        indexes = [
            models.Index(fields=["child", "asked_at"], name="institution_pickupquestion_day"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} {self.asked_at}"
