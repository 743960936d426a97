from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.calendar import today
from core.permissions import FAMILY_ROLES, Permission
from core.scoping import NOTHING, Actor, Scope, ScopedQuerySet


class NoticeScope(Scope):
    """The staff of the nursery, a carer those of all and of the own classes; guardians of the children it is for today."""

    def limit(self, actor: Actor) -> Q:
        from institution.models.enrolment import Enrolment  # noqa: PLC0415 -- as in models.child

        if not actor.may(Permission.NOTICES_READ):
            return NOTHING
        for_all = Q(class_group=None)
        if actor.role in FAMILY_ROLES:
            places = Enrolment.objects.filter(
                child__in=actor.child_ids, institution=OuterRef("institution")
            ).on(today())
            own_class = places.filter(class_group=OuterRef("class_group"))
            shown = Q(Exists(own_class)) | for_all & Q(Exists(places))
            return Q(withdrawn_at=None) & shown
        here = super().limit(actor)
        if actor.class_ids is None:
            return here
        return here & (for_all | Q(class_group__in=actor.class_ids))


class NoticeQuerySet(ScopedQuerySet):
    def with_read_count(self) -> Self:
        reads = NoticeRead.objects.filter(notice=OuterRef("pk")).order_by()
        counted = reads.values("notice").annotate(n=models.Count("pk")).values("n")
        return self.annotate(read_count=Coalesce(Subquery(counted, output_field=IntegerField()), 0))

    def with_read_by(self, user_id: int) -> Self:
        reads = NoticeRead.objects.filter(notice=OuterRef("pk"), user=user_id)
        return self.annotate(read_at=Subquery(reads.values("read_at")[:1]))


class Notice(models.Model):
    """What a nursery tells all families, or those of a class. Never changed: it is withdrawn, and another one written."""

    scope = NoticeScope(region=None)

    institution = models.ForeignKey(
        "institution.Institution", models.PROTECT, related_name="notices"
    )
    class_group = models.ForeignKey(
        "institution.ClassGroup",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("class"),
    )
    title = models.CharField(max_length=60)
    body = models.TextField(max_length=2000)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    published_at = models.DateTimeField()
    reminders = models.PositiveSmallIntegerField(default=0)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    read_count: int  # of `with_read_count`

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "institution"], name="institution_notice_tenant"),
        ]
        indexes = [
            models.Index(fields=["institution", "-published_at"], name="institution_notice_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.pk} {self.published_at}"


class NoticeRead(models.Model):
    """A guardian has said that the notice was read."""

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    notice = models.ForeignKey(Notice, models.CASCADE, related_name="reads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    read_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "user"], name="institution_noticeread_once"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.user_id}"
