from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import now
from core.errors import NotThere, Refused
from core.scoping import Actor
from institution.models import Institution
from quality.enums import Answer, Level
from quality.models import SelfCheck, StandardItem


@transaction.atomic
def answer_item(*, actor: Actor, item: StandardItem, answer: str, note: str = "") -> SelfCheck:
    """Answer one indicator for the actor's own nursery. The nursery's row is locked, so answers come one after another."""
    if item.level != Level.INDICATOR:
        raise Refused(_("Only indicators can be answered."), "not_an_indicator")
    if answer == Answer.NOT_MET and not note:
        message = _("Please say what is missing.")
        raise Refused(message, "note_needed", fields={"note": message})
    own = Institution.objects.visible_to(actor).select_for_update(of=("self",))
    institution = own.filter(pk=actor.workplace).first()
    if institution is None:
        raise NotThere
    before = SelfCheck.objects.filter(institution=institution, item=item).first()
    check, _created = SelfCheck.objects.update_or_create(
        institution=institution,
        item=item,
        defaults={
            "answer": answer,
            "note": note,
            "answered_by_id": actor.user_id,
            "answered_at": now(),
        },
    )
    audit.record(
        actor=actor,
        action="quality.self_check.answer",
        subject=check,
        institution_id=institution.pk,
        region_path=actor.region_path,
        data={"item": item.key, "answer": answer, "before": before.answer if before else ""},
    )
    return check
