"""Erasing a child's data by destroying its key. What was sealed with it opens nowhere any more, in no copy of the rows."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from core import attachments, audit
from core.calendar import now
from core.crypto import keyring
from core.crypto.rotation import sealed_fields
from core.errors import Refused
from core.models import Attachment, CryptoKey
from core.permissions import Permission
from core.scoping import Actor
from institution import history
from institution.models import (
    Alert,
    Allergy,
    Application,
    ApplicationStep,
    Child,
    ChildGrant,
    DietNeed,
    Guardianship,
    Incident,
    IncidentChild,
    IncidentStep,
    PickupPass,
    PickupPerson,
    PickupQuestion,
    PlannedDay,
    Substitute,
)

PURPOSE = "child"
REASONS = (
    "request",
    "retention",
    "correction",
)  # of the family; the term has ended; enrolled by mistake
NAMELESS = "—"


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What the proof says: counts, and nothing of what was there."""

    keys: int
    values: int
    pictures: int
    pictures_shared: int
    guardianships: int
    allergies: int


def erase_child(*, actor: Actor | None, child: Child, reason: str) -> Erased:
    """Keeps the audit trail, attendance and counts under a number without a name.

    No actor means the system, for retention. Raises Refused `not_allowed`, `unknown_reason`, `already_erased`.
    """
    if actor is not None and not actor.may(Permission.CHILD_ERASE):
        raise Refused(
            _("Only a platform administrator may erase a child."), "not_allowed", status=403
        )
    if reason not in REASONS:
        raise Refused(_("This is not a reason for erasing."), "unknown_reason", status=400)
    with transaction.atomic():
        child = Child.objects.select_for_update().get(pk=child.pk)
        if child.name == NAMELESS:
            raise Refused(_("This child was erased before."), "already_erased")
        erased = _erase(child)
        audit.record(
            actor=actor,
            action="child.erased",
            subject=child,
            child_ids=[child.pk],
            data={"reason": reason} | asdict(erased),
        )
        transaction.on_commit(lambda: _note(child), robust=True)
    keyring.forget()
    return erased


def _erase(child: Child) -> Erased:
    values = sum(_blank(field, child) for field in sealed_fields(PURPOSE))
    alone = Attachment.objects.filter(child_ids=[child.pk])
    pictures = alone.count()
    for picture in alone:
        attachments.delete(picture)
    shared = Attachment.objects.showing(child.pk)
    PlannedDay.objects.filter(child=child).delete()
    Substitute.objects.filter(child=child).delete()
    DietNeed.objects.filter(child=child).delete()
    PickupQuestion.objects.filter(child=child).delete()
    PickupPass.objects.filter(child=child).delete()
    PickupPerson.objects.filter(child=child).delete()
    guardianships, _each = Guardianship.objects.filter(child=child).delete()
    ChildGrant.objects.filter(content_object=child).delete()
    allergies, _each = Allergy.objects.filter(child=child).delete()
    applications = Application.objects.filter(child=child)
    asked = list(applications.values_list("sealed_id", flat=True))
    applications.update(
        name=NAMELESS,
        born_on=TruncMonth("born_on"),
        resident_id="",
        resident_id_index=None,
        resident_id_index_next=None,
        guardian_name=NAMELESS,
        guardian_phone="",
        note="",
    )
    ApplicationStep.objects.filter(application__child=child).update(reason="")
    Child.objects.filter(pk=child.pk).update(
        name=NAMELESS,
        born_on=TruncMonth("born_on"),  # statistics by age stay right
        resident_id_index=None,
        resident_id_index_next=None,
    )
    Alert.objects.filter(child=child).update(note="")
    _blank_incidents(child)
    history.forget(child.pk)  # after everything that it has just learned
    return Erased(
        keys=destroy_keys([child.sealed_id, *asked]),
        values=values,
        pictures=pictures,
        pictures_shared=shared.update(child_ids=_without(child)),
        guardianships=guardianships,
        allergies=allergies,
    )


def _blank_incidents(child: Child) -> None:
    """Where it was about nobody else: what is also another child's evidence stays as it was written."""
    about = IncidentChild.objects.filter(child=child).values_list("incident", flat=True)
    others = IncidentChild.objects.filter(incident__in=about).exclude(child=child)
    shared = others.exclude(child__name=NAMELESS).values_list("incident", flat=True)
    alone = Incident.objects.filter(pk__in=list(about)).exclude(pk__in=list(shared))
    IncidentStep.objects.filter(incident__in=alone).update(reason="", before="")
    alone.update(what="", done="", seen_by="")


def _blank(field, child: Child) -> int:
    """Every sealed value under the child's key, in whichever app its table is."""
    rows: models.QuerySet = models.QuerySet(field.model).filter(**{field.subject: child.sealed_id})
    filled = models.Func(
        models.F(field.name),
        template="octet_length(%(expressions)s) > 0",
        output_field=models.BooleanField(),
    )
    return rows.alias(filled=filled).filter(filled=True).update(**{field.name: ""})


def _without(child: Child) -> models.Func:
    column = Attachment._meta.get_field("child_ids")
    return models.Func(
        models.F("child_ids"),
        models.Value(child.pk, output_field=models.BigIntegerField()),
        function="array_remove",
        output_field=column,
    )


def destroy_keys(subjects: list) -> int:
    """Every key these ever had. The rows stay, as a proof that there is nothing to open."""
    keys = CryptoKey.objects.filter(purpose=PURPOSE, subject__in=subjects).exclude(
        state="destroyed"
    )
    return keys.update(wrapped=b"", state="destroyed", ended_at=now())


def _note(child: Child) -> None:
    """In a file beside the backups, because a backup older than the erasure brings the key back."""
    ledger = Path(settings.ERASURE_LEDGER)
    ledger.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"subject": str(child.sealed_id), "at": now().isoformat()})
    with ledger.open("a") as file:
        file.write(f"{line}\n")


def erase_again(lines: list[str]) -> int:
    """After a restore: the children of the ledger whose key came back. Returns how many were erased anew."""
    subjects = {json.loads(line)["subject"] for line in lines if line.strip()}
    found = Child.objects.filter(sealed_id__in=subjects).exclude(name=NAMELESS)
    children = list(found.order_by("pk"))
    for child in children:
        erase_child(actor=None, child=child, reason="request")
    destroy_keys(sorted(subjects))
    return len(children)
