import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.calendar import today
from core.crypto import EncryptedTextField
from core.permissions import FAMILY_ROLES, Permission
from core.scoping import NOTHING, Actor, Scope, ScopedQuerySet
from institution.enums import Side


class MessageScope(Scope):
    """The guardians of the child, and of its nursery those who may read messages; a carer while the child is in the own class."""

    def limit(self, actor: Actor) -> Q:
        from institution.models.enrolment import Enrolment  # noqa: PLC0415 -- as in models.child

        if not actor.may(Permission.MESSAGES_READ):
            return NOTHING
        if actor.role in FAMILY_ROLES:
            return Q(child__in=actor.child_ids) if actor.child_ids else NOTHING
        here = super().limit(actor)
        if actor.class_ids is None:
            return here
        places = Enrolment.objects.filter(
            institution=actor.institution_id,
            child=OuterRef("child"),
            class_group__in=actor.class_ids,
        )
        return here & Q(Exists(places.on(today())))


MESSAGE_SCOPE = MessageScope(region=None, child="child")


class ThreadQuerySet(ScopedQuerySet):
    def with_unread(self, user_id: int) -> Self:
        """Each with `unread`, the messages after the last one that the user has read, and `asked`, requests still open."""
        marks = ReadMark.objects.filter(thread=OuterRef("pk"), user=user_id)
        asked = Message.objects.filter(thread=OuterRef("pk")).asked().order_by()
        counted = asked.values("thread").annotate(n=models.Count("pk")).values("n")
        return self.annotate(
            unread=F("last_seq") - Coalesce(Subquery(marks.values("seq")[:1]), 0),
            asked=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
        )


class Thread(models.Model):
    """What the guardians of a child and the team of its class write to each other. One for each nursery the child was in."""

    scope = MESSAGE_SCOPE

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="threads")
    last_seq = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(null=True, blank=True)

    unread: int  # of `with_unread`
    asked: int

    objects = ThreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "child"], name="institution_thread_once"
            ),
            models.UniqueConstraint(fields=["id", "institution"], name="institution_thread_tenant"),
        ]
        indexes = [
            models.Index(fields=["institution", "-last_at"], name="institution_thread_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.child_id}"


class MessageQuerySet(ScopedQuerySet):
    def asked(self) -> Self:
        """Requests that nobody has ticked off."""
        return self.filter(is_request=True, done_at=None)


class Message(models.Model):
    """One message. Its id is made by whoever sends it, so that the same one sent twice is stored once; it never changes.

    `seq` counts within the thread. A request of the family is a message too, with who did it and when.
    """

    scope = MESSAGE_SCOPE

    id = models.UUIDField(primary_key=True, editable=False)
    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    thread = models.ForeignKey(Thread, models.PROTECT, related_name="messages")
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="+")
    seq = models.PositiveIntegerField()
    side = models.CharField(max_length=6, choices=Side)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    body = EncryptedTextField(_("message"), purpose="child", subject="child__sealed_id")
    sent_at = models.DateTimeField()
    is_request = models.BooleanField(_("a request"), default=False)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["thread", "seq"], name="institution_message_seq"),
            models.CheckConstraint(
                condition=Q(is_request=False) | Q(side="family"),
                name="institution_message_request",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None)
                | Q(done_at__isnull=False, done_by__isnull=False, is_request=True),
                name="institution_message_done",
            ),
        ]
        indexes = [
            models.Index(
                fields=["institution", "sent_at"],
                condition=Q(is_request=True, done_at=None),
                name="institution_message_asked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.thread_id} {self.seq}"


class ReadMark(models.Model):
    """How far somebody has read a thread."""

    scope = MESSAGE_SCOPE

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="marks")
    child = models.ForeignKey("institution.Child", models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    side = models.CharField(max_length=6, choices=Side)
    seq = models.PositiveIntegerField()
    read_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["thread", "user"], name="institution_readmark_once"),
        ]

    def __str__(self) -> str:
        return f"{self.thread_id} {self.user_id} {self.seq}"


class MessageHoursQuerySet(ScopedQuerySet):
    def in_force(self, on: dt.date) -> Self:
        return self.filter(valid_from__lte=on).order_by("-valid_from", "pk")


class MessageHours(models.Model):
    """When a nursery answers messages, from a day on. Without one its opening hours count.

    Outside of them phones of the family stay quiet; what was written is stored and shown at once.
    """

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    begins = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))
    valid_from = models.DateField(_("from the day"))

    objects = MessageHoursQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "valid_from"], name="institution_messagehours_once"
            ),
            models.CheckConstraint(
                condition=Q(ends__gt=F("begins")), name="institution_messagehours_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.begins} {self.ends} {self.valid_from}"
