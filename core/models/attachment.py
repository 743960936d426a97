import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.permissions import FAMILY_ROLES
from core.scoping import NOTHING, Actor, Scope, ScopedQuerySet


class AttachmentKind(models.TextChoices):
    IMAGE = "image", _("Image")


class AttachmentScope(Scope):
    def limit(self, actor: Actor) -> Q:
        if actor.role in FAMILY_ROLES:
            return Q(child_ids__overlap=sorted(actor.child_ids)) if actor.child_ids else NOTHING
        return super().limit(actor)


def stored_name(attachment: "Attachment", _filename: str) -> str:
    return f"attachments/{attachment.id.hex[:2]}/{attachment.id.hex}.jpg"


def thumbnail_name(attachment: "Attachment", _filename: str) -> str:
    return f"attachments/{attachment.id.hex[:2]}/{attachment.id.hex}_thumb.jpg"


class AttachmentQuerySet(ScopedQuerySet):
    def showing(self, child_id: int) -> Self:
        return self.filter(child_ids__contains=[child_id])


class Attachment(models.Model):
    """A file of a nursery, cleaned on the way in. Regulators do not see children's pictures.

    Core knows neither institutions nor children, so both stand here as plain numbers. A family sees what shows one of
    its children; until a picture is linked to a child only the nursery sees it.
    """

    scope = AttachmentScope(institution="institution_id", region=None)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    institution_id = models.BigIntegerField(null=True)
    child_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attachments")
    kind = models.CharField(max_length=10, choices=AttachmentKind, default=AttachmentKind.IMAGE)
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to=stored_name)
    thumbnail = models.FileField(upload_to=thumbnail_name, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size_bytes = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=models.functions.Now())

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["institution_id", "sha256"], name="core_attachment_content"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
