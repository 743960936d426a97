import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.utils.translation import gettext_lazy as _

from core.crypto import BlindIndexField, EncryptedTextField, NextBlindIndexField, SealedRow
from core.permissions import INSTITUTION_ROLES
from core.scoping import NOTHING, Actor, Scope, ScopedQuerySet
from institution.enums import ContractKind, Education, Employment, StaffPost


def alone(column: str) -> tuple[Func, str]:
    """A range made of one id stands for equality, so that no extension (btree_gist) is needed."""
    one = Func(F(column), F(column), Value("[]"), function="int8range")
    return one, RangeOperators.OVERLAPS


class StaffFileQuerySet(ScopedQuerySet):
    def on(self, day: dt.date) -> Self:
        return self.filter(during__contains=day)

    def not_ended(self, day: dt.date) -> Self:
        """Those who work here, and those who begin later."""
        return self.filter(Q(during__endswith=None) | Q(during__endswith__gt=day))


class StaffFile(SealedRow):
    """A person's post at a nursery, from the first day to the day after the last, with what an inspection asks for.

    Whoever signs in for the post also has a membership; cooks and guards have none. A new post is a new file.
    The law lets nobody work with children of whom the police or the prosecution know such a deed, so the only answer
    that is kept is the day on which it came and was clear.
    """

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="staff")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="staff_files")
    membership = models.OneToOneField(
        "institution.Membership",
        models.PROTECT,
        related_name="staff_file",
        null=True,
        blank=True,
        verbose_name=_("post on the platform"),
    )
    post = models.CharField(_("post"), max_length=16, choices=StaffPost)
    employment = models.CharField(_("employment"), max_length=10, choices=Employment)
    education = models.CharField(
        _("education"), max_length=10, choices=Education, blank=True, default=""
    )
    during = DateRangeField(_("works here"))
    contract_kind = models.CharField(
        _("labour contract"), max_length=10, choices=ContractKind, blank=True, default=""
    )
    contract_from = models.DateField(_("contract from"), null=True, blank=True)
    contract_until = models.DateField(_("contract until"), null=True, blank=True)
    health_number = EncryptedTextField(
        _("number of the health certificate"), purpose="staff", blank=True, default=""
    )
    health_until = models.DateField(_("health certificate until"), null=True, blank=True)
    clearance_asked_on = models.DateField(_("records asked for on"), null=True, blank=True)
    clearance_clear_on = models.DateField(_("answered without a record on"), null=True, blank=True)
    leave_reason = models.CharField(_("reason of leaving"), max_length=80, blank=True, default="")

    objects = StaffFileQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        constraints = [
            # Also against two nurseries that take the same person on in the same second.
            ExclusionConstraint(
                name="institution_stafffile_full_time_once",
                index_type="gist",
                expressions=[alone("user_id"), ("during", RangeOperators.OVERLAPS)],
                condition=Q(employment=Employment.FULL_TIME),
            ),
            ExclusionConstraint(
                name="institution_stafffile_one_post",
                index_type="gist",
                expressions=[
                    alone("user_id"),
                    alone("institution_id"),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False) & Q(during__startswith__isnull=False),
                name="institution_stafffile_period",
            ),
            models.CheckConstraint(
                condition=Q(contract_until=None)
                | Q(contract_from=None)
                | Q(contract_until__gte=F("contract_from")),
                name="institution_stafffile_contract",
            ),
            models.CheckConstraint(
                condition=Q(clearance_clear_on=None)
                | Q(clearance_clear_on__gte=F("clearance_asked_on")),
                name="institution_stafffile_clearance",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.user_id} {self.post} {self.during}"

    @property
    def last_day(self) -> dt.date | None:
        return self.during.upper - dt.timedelta(days=1) if self.during.upper else None


class StaffIdentityScope(Scope):
    """The person is known to the nurseries where the person has a file."""

    def limit(self, actor: Actor) -> Q:
        if actor.role not in INSTITUTION_ROLES or actor.institution_id is None:
            return NOTHING
        files = StaffFile.objects.filter(user=OuterRef("user"), institution=actor.institution_id)
        return Q(Exists(files))


class StaffIdentity(SealedRow):
    """Which person an account is: one document number has one account, wherever in the city the person works.

    The rule that nobody works full time in two places counts accounts, and so counts people.
    """

    scope = StaffIdentityScope()

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="staff_identity"
    )
    document_number = EncryptedTextField(_("document number"), purpose="staff")
    document_number_index = BlindIndexField(source="document_number", unique=True)
    document_number_index_next = NextBlindIndexField()

    objects = ScopedQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.user_id}"
