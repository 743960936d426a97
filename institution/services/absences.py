"""Sick absence: a case opens with the absence, is asked after every day, and is closed with a reason."""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import day_bounds, now, today
from core.errors import NotThere, Refused
from core.realtime import announce
from core.scoping import Actor
from institution.enums import AbsenceClose, AbsenceReason, AlertKind, Symptom
from institution.models import AbsenceCase, AbsenceNote, Attendance, IllnessRule
from institution.services import alerts

TOPIC = "absences"
MOST_NOTE = 300


def follow(*, rows: Iterable[Attendance]) -> None:
    """Open a case for each child that is absent because it is ill, unless one runs or ran over that day already.

    Part of the transaction that wrote the absence; the entry's audit record speaks for it.
    """
    ill = [row for row in rows if row.absence == AbsenceReason.ILL]
    if not ill:
        return
    known = AbsenceCase.objects.filter(child__in=[row.child_id for row in ill])
    covered: dict[int, list[AbsenceCase]] = {}
    for case in known.order_by("pk"):
        covered.setdefault(case.child_id, []).append(case)
    new = [
        row for row in ill if not any(_covers(c, row.day) for c in covered.get(row.child_id, ()))
    ]
    AbsenceCase.objects.bulk_create(
        [
            AbsenceCase(
                institution_id=row.institution_id,
                class_group_id=row.class_group_id,
                child_id=row.child_id,
                first_day=row.day,
                opened_at=now(),
                next_due=max(row.day, today()),
            )
            for row in new
        ],
        ignore_conflicts=True,
    )


def describe(
    *,
    actor: Actor,
    case: AbsenceCase,
    symptoms: Sequence[str],
    illness: str = "",
    hospital: str = "",
) -> AbsenceCase:
    """What the family says or the doctor found. Raises Refused `nothing_said`, `unknown_illness`, `already_closed`."""
    if not symptoms and not illness:
        message = _("Please choose symptoms or an illness.")
        raise Refused(message, "nothing_said", fields={"symptoms": message}, status=400)
    with transaction.atomic():
        case = _locked(actor, case)
        rule = _rule(illness, case.first_day) if illness else None
        case.symptoms = [Symptom(each) for each in dict.fromkeys(symptoms)]
        case.illness, case.hospital = illness, hospital
        case.infectious = bool(rule and rule.infectious)
        case.needs_certificate = bool(rule and rule.needs_certificate)
        case.save(
            update_fields=["symptoms", "illness", "hospital", "infectious", "needs_certificate"]
        )
        _record(actor, case, "absence.described")
    return case


def add_note(*, actor: Actor, case: AbsenceCase, note: str) -> AbsenceNote:
    """How the child is today. The next one is due tomorrow."""
    if not note.strip():
        message = _("Please write how the child is.")
        raise Refused(message, "nothing_said", fields={"note": message}, status=400)
    with transaction.atomic():
        case = _locked(actor, case)
        told = AbsenceNote.objects.create(
            institution_id=case.institution_id,
            class_group_id=case.class_group_id,
            child=case.child,
            case=case,
            day=today(),
            note=note.strip()[:MOST_NOTE],
            by_id=actor.user_id,
            at=now(),
        )
        case.next_due = today() + dt.timedelta(days=1)
        case.save(update_fields=["next_due"])
        _end_alert(case)
        _record(actor, case, "absence.noted")
    return told


def close(*, actor: Actor, case: AbsenceCase, reason: str, certificate_no: str = "") -> AbsenceCase:
    """Raises Refused `reason_needed`, `certificate_needed`, `certificate_no_needed`, `not_described`, `already_closed`.

    An infectious illness is over when a doctor's certificate was seen, where its rule says so.
    """
    if reason not in AbsenceClose.values:
        raise _wrong("reason", _("Please choose why it is closed."), "reason_needed")
    with transaction.atomic():
        case = _locked(actor, case)
        told = case.symptoms or case.illness
        if not told and reason in (AbsenceClose.RECOVERED, AbsenceClose.CERTIFICATE):
            raise Refused(_("Please say first what the child had."), "not_described")
        if case.needs_certificate and reason == AbsenceClose.RECOVERED:
            raise _wrong(
                "reason",
                _("This illness asks for a certificate before the child comes back."),
                "certificate_needed",
            )
        if reason == AbsenceClose.CERTIFICATE and not certificate_no.strip():
            raise _wrong(
                "certificate_no",
                _("Please write who issued the certificate, and its number."),
                "certificate_no_needed",
            )
        case.close_reason, case.certificate_no = AbsenceClose(reason), certificate_no.strip()
        case.closed_at, case.closed_by_id = now(), actor.user_id
        case.save(update_fields=["close_reason", "certificate_no", "closed_at", "closed_by"])
        _end_alert(case)
        _record(actor, case, "absence.closed")
    return case


def raise_overdue(*, day: dt.date | None = None) -> int:
    """Cases nobody asked after since the day before; answers how many. By the schedule, every morning and hour."""
    day = day or today()
    overdue = AbsenceCase.objects.open().filter(next_due__lt=day).order_by("pk")
    for case in overdue:
        alerts.raise_alert(
            actor=None,
            institution_id=case.institution_id,
            kind=AlertKind.SICK_ABSENCE_OPEN,
            key=_key(case),
            evidence={"case": case.pk, "days": (day - case.first_day).days + 1},
            class_group_id=case.class_group_id,
            child_id=case.child_id,
        )
    return len(overdue)


def _covers(case: AbsenceCase, day: dt.date) -> bool:
    if case.closed_at is None:
        return True
    return case.first_day <= day and day_bounds(day)[0] <= case.closed_at


def _rule(code: str, day: dt.date) -> IllnessRule:
    rule = IllnessRule.objects.on(day).filter(code=code).order_by("-valid_from", "pk").first()
    if rule is None:
        raise _wrong("illness", _("This illness is not on the list."), "unknown_illness")
    return rule


def _locked(actor: Actor, case: AbsenceCase) -> AbsenceCase:
    rows = AbsenceCase.objects.visible_to(actor).select_for_update(of=("self",))
    found = rows.select_related("child").filter(pk=case.pk).first()
    if found is None:
        raise NotThere
    if found.closed_at is not None:
        raise Refused(_("This case is closed already."), "already_closed")
    return found


def _key(case: AbsenceCase) -> str:
    return f"absence:{case.pk}"


def _end_alert(case: AbsenceCase) -> None:
    alerts.condition_ended(
        institution_id=case.institution_id, kind=AlertKind.SICK_ABSENCE_OPEN, key=_key(case)
    )


def _record(actor: Actor, case: AbsenceCase, action: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=case,
        institution_id=case.institution_id,
        region_path=actor.region_path,
        child_ids=[case.child_id],
    )
    announce(topic=TOPIC, groups=[f"institution.{case.institution_id}"])


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
