"""Who read a child's file: the audit records of reads, as the child's guardians see them."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise

from core.models import AuditEvent
from core.permissions import FAMILY_ROLES, INSTITUTION_ROLES, REGION_ROLES, Role
from core.scoping import Actor
from institution.models import Child
from institution.reads import FIELDS, PURPOSES

PAGE = 20


@dataclass(frozen=True)
class Reader:
    pk: int
    at: dt.datetime
    name: str
    role: str
    icon: str
    tone: str
    fields: list[str | Promise]
    purpose: str | Promise

    @property
    def day(self) -> dt.date:
        return timezone.localdate(self.at)


@dataclass(frozen=True)
class Readers:
    rows: list[Reader]
    older: int | None  # ask for what was read before this record
    first: bool


def readers_of(*, actor: Actor, child: Child, before: int | None) -> Readers:
    """Latest first, without the guardian's own looks."""
    events = (
        AuditEvent.objects.visible_to(actor)
        .filter(child_ids__contains=[child.pk])
        .exclude(actor_user_id=actor.user_id)
    )
    if before is not None:
        events = events.filter(pk__lt=before)
    found = list(events.order_by("-pk")[: PAGE + 1])
    rows = [_reader(event) for event in found[:PAGE]]
    return Readers(
        rows=rows,
        older=rows[-1].pk if len(found) > PAGE else None,
        first=before is None,
    )


def _reader(event: AuditEvent) -> Reader:
    purpose = event.data.get("purpose", "")
    icon, tone = _place(event.actor_role)
    return Reader(
        pk=event.pk,
        at=event.at,
        name=event.actor_name,
        role=str(Role(event.actor_role).label) if event.actor_role in Role.values else "",
        icon=icon,
        tone=tone,
        fields=[FIELDS.get(name, name) for name in event.data.get("fields", [])],
        purpose=PURPOSES.get(purpose, purpose),
    )


def _place(role: str) -> tuple[str, str]:
    """Where a reader belongs, as an icon and a tone; the role stands beside it in words."""
    if role in INSTITUTION_ROLES:
        return "school", "brand"
    if role in FAMILY_ROLES:
        return "users-round", "apricot"
    if role in REGION_ROLES:
        return "landmark", "info"
    return "stethoscope", "ok"
