import time
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Func, Value
from django.db.models.fields.files import FieldFile
from django.urls import reverse

from core import audit, images, quotas
from core.errors import NotThere
from core.models.attachment import Attachment
from core.permissions import Role
from core.scoping import Actor

VARIANTS = {"full": "file", "thumb": "thumbnail"}
_signer = Signer(salt="core.attachments")


def store_image(
    *, actor: Actor, institution_id: int | None, upload: UploadedFile, child_ids: Iterable[int] = ()
) -> Attachment:
    """The same picture sent again by the same person, as an offline queue does, is the one already stored.

    Staff store for their own nursery, a guardian what shows the guardian's own children, for the nursery of theirs.
    """
    child_ids = list(child_ids)
    if institution_id is None or not _may_store(actor, institution_id, child_ids):
        raise NotThere
    image = images.clean(upload, size=upload.size or 0)
    if stored := _same(actor, image.sha256):
        return _again(stored, actor, child_ids)
    quotas.picture(actor=actor)
    attachment = Attachment(
        institution_id=institution_id,
        child_ids=sorted(set(child_ids)),
        owner_id=actor.user_id,
        sha256=image.sha256,
        width=image.width,
        height=image.height,
        size_bytes=len(image.data),
    )
    try:
        attachment.file.save("", ContentFile(image.data), save=False)
        attachment.thumbnail.save("", ContentFile(image.thumbnail), save=False)
        with transaction.atomic():
            # The same picture at the same moment: the second waits here and then finds the first.
            get_user_model().objects.select_for_update().get(pk=actor.user_id)
            stored = _same(actor, image.sha256)
            if stored is None:
                attachment.save(force_insert=True)
                audit.record(
                    actor=actor,
                    action="attachment.stored",
                    subject=attachment,
                    child_ids=attachment.child_ids,
                    data={"bytes": attachment.size_bytes},
                )
    except BaseException:
        _remove(attachment.file, attachment.thumbnail)
        raise
    if stored is not None:
        _remove(attachment.file, attachment.thumbnail)
        return _again(stored, actor, child_ids)
    return attachment


def _may_store(actor: Actor, institution_id: int, child_ids: list[int]) -> bool:
    if actor.role == Role.GUARDIAN:
        return bool(child_ids) and actor.child_ids.issuperset(child_ids)
    return actor.institution_id == institution_id


def _same(actor: Actor, sha256: str) -> Attachment | None:
    own = Attachment.objects.visible_to(actor).filter(owner_id=actor.user_id, sha256=sha256)
    return own.order_by("created_at", "id").first()


def _again(stored: Attachment, actor: Actor, child_ids: Iterable[int]) -> Attachment:
    show_children(actor=actor, attachment_ids=[stored.pk], child_ids=child_ids)
    stored.refresh_from_db(fields=["child_ids"])
    return stored


def _remove(*files: FieldFile) -> None:
    for file in files:
        if file.name:
            file.storage.delete(file.name)


def delete(attachment: Attachment) -> None:
    """The row now, its files when that is committed."""
    files = [attachment.file, attachment.thumbnail]
    attachment.delete()
    transaction.on_commit(lambda: _remove(*files), robust=True)


def show_children(
    *, actor: Actor, attachment_ids: Iterable[uuid.UUID], child_ids: Iterable[int]
) -> int:
    """Say whom these pictures show, which is what lets their families see them. The caller has checked the children."""
    shown = sorted(set(child_ids))
    if not shown:
        return 0
    column = Attachment._meta.get_field("child_ids")
    merged = Func(
        "child_ids",
        Value(shown, output_field=column),
        arg_joiner=" || ",
        template="ARRAY(SELECT DISTINCT unnest(%(expressions)s::bigint[]) ORDER BY 1)",
        output_field=column,
    )
    return (
        Attachment.objects.visible_to(actor)
        .filter(pk__in=list(attachment_ids))
        .exclude(child_ids__contains=shown)
        .update(child_ids=merged)
    )


def signed_url(attachment: Attachment, actor: Actor, variant: str = "full") -> str:
    """An address for this user only. It changes twice in its lifetime at most, so that a browser may keep the picture."""
    step = max(1, settings.ATTACHMENT_URL_SECONDS // 2)
    expires = (int(time.time()) // step + 2) * step
    token = _signer.sign(f"{attachment.pk.hex}-{actor.user_id}-{variant}-{expires}")
    return reverse("attachment", args=[token])


def opened_by(token: str, *, actor: Actor) -> FieldFile:
    """The file behind a signed address; whatever is wrong with the address, the answer is that nothing is there."""
    try:
        pk, user_id, variant, expires = _signer.unsign(token).split("-")
    except BadSignature as error:
        raise NotThere from error
    if int(user_id) != actor.user_id or int(expires) < time.time():
        raise NotThere
    attachment = Attachment.objects.visible_to(actor).filter(pk=uuid.UUID(pk)).first()
    file = attachment and getattr(attachment, VARIANTS[variant])
    if not attachment or not file:
        raise NotThere
    audit.viewed(
        actor=actor,
        child_ids=attachment.child_ids,
        fields=["photos"],
        purpose="photo",
        institution_id=attachment.institution_id,
    )
    return file
