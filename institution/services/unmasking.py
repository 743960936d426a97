"""Showing a whole number, for a stated purpose. Elsewhere it is masked."""

from django.db import transaction

from core import audit
from core.calendar import today
from core.errors import NotThere
from core.scoping import Actor
from institution.models import Child, Guardianship


@transaction.atomic
def unmask_resident_id(*, actor: Actor, child: Child, purpose: str) -> str:
    _record(actor, child, field="resident_id", purpose=purpose)
    return child.resident_id


@transaction.atomic
def unmask_phone(*, actor: Actor, child: Child, guardian: int, purpose: str) -> str:
    """`guardian` is the number of the guardianship, which must hold today. The caller may see the child."""
    held = Guardianship.objects.filter(child=child, pk=guardian).valid(today())
    found = held.select_related("user").first()
    if found is None:
        raise NotThere
    _record(actor, child, field="guardian_phone", purpose=purpose, guardian=found.pk)
    return found.user.phone


def _record(actor: Actor, child: Child, **data) -> None:
    """Each time anew: two looks are two records."""
    # The guardians' page shows reads, and this is one.
    audit.viewed(
        actor=actor,
        child_ids=[child.pk],
        fields=[data["field"]],
        purpose=data["purpose"],
        each_time=True,
    )
    audit.record(
        actor=actor, action="child.unmasked", subject=child, child_ids=[child.pk], data=data
    )
