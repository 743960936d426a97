"""Incidents: written by a carer, reviewed, shown to the families, acknowledged and closed. A serious one starts a clock.

Every step is kept (IncidentStep). Who may do it is asked by the gate of the page; what the state allows is asked here.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, jobs
from core.attachments import show_children, store_image
from core.calendar import local_day, now, today
from core.crypto import keyring
from core.errors import NotThere, Refused
from core.live.groups import child_groups
from core.permissions import Permission
from core.realtime import announce
from core.scoping import Actor
from institution.enums import (
    AlertKind,
    BodyPart,
    IncidentAct,
    IncidentGravity,
    IncidentKind,
    IncidentState,
    PushAbout,
)
from institution.models import (
    Alert,
    Child,
    Enrolment,
    Guardianship,
    Incident,
    IncidentChild,
    IncidentNotice,
    IncidentReport,
    IncidentStep,
    Institution,
    ReportRule,
    Room,
)
from institution.services import alerts, pushes

TOPIC = "incidents"
TELL = "institution.tasks.tell_incident"
SETTLE = "institution.tasks.settle_incident"
MOST_TEXT = 1000
MOST_SEEN_BY = 100
MOST_REASON = 300
MOST_CHILDREN = 20
OLDEST = dt.timedelta(days=30)
LOOK_AT_ONCE = 500

S = IncidentState


def write(
    *,
    actor: Actor,
    kind: str,
    gravity: str,
    happened_at: dt.datetime,
    children: Sequence[Child] = (),
    room: Room | None = None,
    place: str = "",
    body: Sequence[str] = (),
    what: str = "",
    done: str = "",
    seen_by: str = "",
    photo: UploadedFile | None = None,
) -> Incident:
    """A draft. Saved as serious it starts the clock of every report that is due to an authority.

    Raises Refused `in_future`, `too_old`, `too_many`, `too_long`, `not_enrolled`, and what a picture raises.
    """
    moment = now()
    _check_facts(happened_at, children, what=what, done=done, seen_by=seen_by, at=moment)
    groups = _class_of(actor, children, local_day(happened_at))
    picture = _stored(actor, photo)
    with transaction.atomic():
        incident = Incident.objects.create(
            institution_id=actor.workplace,
            class_group_id=groups,
            room=room,
            place=place.strip(),
            kind=IncidentKind(kind),
            gravity=IncidentGravity(gravity),
            happened_at=happened_at,
            body=_parts(body),
            what=what.strip(),
            done=done.strip(),
            seen_by=seen_by.strip(),
            photo=picture,
            child_count=len(children),
            serious_at=moment if gravity == IncidentGravity.SERIOUS else None,
            written_by_id=actor.user_id,
            written_at=moment,
        )
        _set_children(incident, children, moment)
        _step(incident, IncidentAct.WRITTEN, actor)
        _start_clock(actor, incident)
        _record(actor, incident, "incident.written")
    return incident


def rewrite(
    *,
    actor: Actor,
    incident: Incident,
    children: Sequence[Child],
    photo: UploadedFile | None = None,
    **facts,
) -> Incident:
    """Of a draft. Raises Refused `not_a_draft`, `stays_serious`, and what `write` raises."""
    moment = now()
    _check_facts(
        facts["happened_at"],
        children,
        what=facts.get("what", ""),
        done=facts.get("done", ""),
        seen_by=facts.get("seen_by", ""),
        at=incident.written_at,
    )
    group = _class_of(actor, children, local_day(facts["happened_at"]), known=incident)
    picture = _stored(actor, photo)
    with transaction.atomic():
        incident = _locked(actor, incident)
        _must_be(incident, S.DRAFT, _("Only a draft is changed like this."), "not_a_draft")
        _apply(incident, facts, moment)
        incident.class_group_id = group
        incident.photo = picture or incident.photo
        incident.child_count = len(children)
        incident.save()
        _set_children(incident, children, moment)
        _start_clock(actor, incident)
        _record(actor, incident, "incident.changed")
    return incident


def submit(*, actor: Actor, incident: Incident) -> Incident:
    """To the review. Raises Refused `not_a_draft`, `not_told`, `no_place`."""
    with transaction.atomic():
        incident = _locked(actor, incident)
        _must_be(incident, S.DRAFT, _("This incident is in review already."), "not_a_draft")
        _must_be_told(incident)
        _move(incident, S.REVIEW)
        _step(incident, IncidentAct.SUBMITTED, actor)
        _record(actor, incident, "incident.submitted")
    return incident


def send_back(*, actor: Actor, incident: Incident, reason: str) -> Incident:
    """Raises Refused `not_in_review`, `reason_needed`."""
    _must_review(actor)
    reason = _reason(reason, _("Please write what is missing."))
    with transaction.atomic():
        incident = _locked(actor, incident)
        _must_be(incident, S.REVIEW, _("This incident is not in review."), "not_in_review")
        _move(incident, S.DRAFT)
        _step(incident, IncidentAct.SENT_BACK, actor, reason=reason)
        _record(actor, incident, "incident.sent_back")
    return incident


def correct(*, actor: Actor, incident: Incident, reason: str, **facts) -> Incident:
    """By who reviews, as long as it is not closed. The wording before it is kept in the step.

    Raises Refused `not_correctable`, `reason_needed`, `nothing_changed`, `stays_serious`, and what `write` raises.
    """
    _must_review(actor)
    reason = _reason(reason, _("Please write why it is corrected."))
    moment = now()
    with transaction.atomic():
        incident = _locked(actor, incident)
        if incident.state not in (S.REVIEW, S.SHARED):
            raise Refused(
                _("Only what is in review or with the family is corrected."), "not_correctable"
            )
        _check_facts(
            facts["happened_at"],
            (),
            what=facts.get("what", ""),
            done=facts.get("done", ""),
            seen_by=facts.get("seen_by", ""),
            at=incident.written_at,
        )
        before = _facts(incident)
        _apply(incident, facts, moment)
        changed = {name: value for name, value in before.items() if _facts(incident)[name] != value}
        if not changed:
            raise Refused(_("Nothing was changed."), "nothing_changed")
        _must_be_told(incident)
        incident.save()
        _step(
            incident,
            IncidentAct.CORRECTED,
            actor,
            reason=reason,
            before=json.dumps(changed, ensure_ascii=False),
        )
        _start_clock(actor, incident)
        _record(actor, incident, "incident.corrected", {"fields": sorted(changed)})
    return incident


def approve(
    *,
    actor: Actor,
    incident: Incident,
    texts: Mapping[int, str],
    share_photo: bool = False,
) -> Incident:
    """Each family is shown its own text, by child. Without a child it is closed, unless a report is still due.

    Raises Refused `not_in_review`, `text_needed`, `names_another`, `too_long`, `photo_of_several`.
    """
    _must_review(actor)
    with transaction.atomic():
        incident = _locked(actor, incident)
        _must_be(incident, S.REVIEW, _("This incident is not in review."), "not_in_review")
        children = children_of(incident)
        if share_photo and len(children) != 1:
            raise Refused(
                _("A photo goes to a family only where the incident is about one child."),
                "photo_of_several",
            )
        told = _told_texts(incident, children, texts)
        moment = now()
        incident.approved_by_id, incident.approved_at = actor.user_id, moment
        _move(incident, S.SHARED)
        _show(actor, incident, children, told, moment=moment, share_photo=share_photo)
        _step(incident, IncidentAct.APPROVED, actor)
        if children:
            jobs.later(TELL, incident_id=incident.pk)
        _close_if_done(incident)
        _record(actor, incident, "incident.approved")
    return incident


def acknowledge(*, actor: Actor, notice: IncidentNotice) -> IncidentNotice:
    """By a guardian, with name and time. A second guardian finds it done."""
    with transaction.atomic():
        rows = IncidentNotice.objects.visible_to(actor).select_for_update(of=("self",))
        found = rows.filter(pk=notice.pk).select_related("institution__region").first()
        if found is None:
            raise NotThere
        _must_be_guardian(actor, found.child_id)
        if found.acknowledged_at is not None:
            return found
        found.acknowledged_at, found.acknowledged_by_id = now(), actor.user_id
        found.save(update_fields=["acknowledged_at", "acknowledged_by"])
        jobs.later(SETTLE, notice_id=found.pk)  # a family reaches neither incident nor alert
        audit.record(
            actor=actor,
            action="incident.acknowledged",
            subject=found,
            institution_id=found.institution_id,
            region_path=found.institution.region.path,
            child_ids=[found.child_id],
        )
        _announce(found.institution_id, [found.child_id])
    return found


def settle(*, notice_id: int) -> None:
    """What follows from an acknowledgement: the step, the end of the reminder, and closing. In the worker."""
    with transaction.atomic():
        notice = IncidentNotice.objects.filter(pk=notice_id).first()
        if notice is None or notice.acknowledged_at is None:
            return
        rows = Incident.objects.select_for_update(of=("self",)).select_related(
            "institution__region"
        )
        incident = rows.get(pk=notice.incident_id)
        known = incident.steps.filter(act=IncidentAct.ACKNOWLEDGED, at=notice.acknowledged_at)
        if known.filter(by=notice.acknowledged_by_id).exists():
            return
        _step(
            incident,
            IncidentAct.ACKNOWLEDGED,
            by=notice.acknowledged_by_id,
            at=notice.acknowledged_at,
        )
        alerts.condition_ended(
            institution_id=incident.institution_id,
            kind=AlertKind.INCIDENT_UNREAD,
            key=_notice_key(notice.pk),
        )
        if _close_if_done(incident):
            _record(None, incident, "incident.closed")
        _announce(incident.institution_id, [notice.child_id])


def report(
    *,
    actor: Actor,
    report: IncidentReport,
    reported_at: dt.datetime,
    reported_to: str,
    reference_no: str = "",
) -> IncidentReport:
    """The authority was told. Raises Refused `reported_already`, `to_whom`, `in_future`, `before_it`."""
    if not reported_to.strip():
        raise _wrong("reported_to", _("Please write who took the report."), "to_whom")
    if reported_at > now():
        raise _wrong("reported_at", _("This time has not come yet."), "in_future")
    with transaction.atomic():
        rows = IncidentReport.objects.visible_to(actor).filter(pk=report.pk)
        if not rows.exists() or not actor.may(Permission.INCIDENTS_REPORT):
            raise NotThere
        incident = _locked(actor, rows.get().incident)
        found = IncidentReport.objects.select_for_update().get(pk=report.pk)
        if found.reported_at is not None:
            raise Refused(_("This report was written down already."), "reported_already")
        if reported_at < incident.happened_at:
            raise _wrong("reported_at", _("This is before the incident happened."), "before_it")
        found.reported_at, found.reported_by_id = reported_at, actor.user_id
        found.reported_to, found.reference_no = reported_to.strip(), reference_no.strip()
        found.save(update_fields=["reported_at", "reported_by", "reported_to", "reference_no"])
        _step(incident, IncidentAct.REPORTED, actor)
        _end_alerts(incident, found)
        _close_if_done(incident)
        _record(actor, incident, "incident.reported", {"report": found.pk})
    return found


def close(*, actor: Actor, incident: Incident, reason: str) -> Incident:
    """Without waiting for the family any longer. Raises Refused `not_with_family`, `reason_needed`, `report_due`."""
    _must_review(actor)
    reason = _reason(
        reason, _("Please write why it is closed without an acknowledgement of the family.")
    )
    with transaction.atomic():
        incident = _locked(actor, incident)
        _must_be(
            incident, S.SHARED, _("Only what is with the family is closed."), "not_with_family"
        )
        _must_be_reported(incident)
        _close(incident, actor, reason)
        _record(actor, incident, "incident.closed")
    return incident


def tell(*, incident_id: int, step: int = 0) -> int:
    """The phones of the guardians who have not acknowledged. In the worker."""
    notices = IncidentNotice.objects.filter(incident=incident_id, acknowledged_at=None)
    return sum(_tell(notice, step) for notice in notices.order_by("pk"))


def look(*, at: dt.datetime | None = None) -> int:
    """Families that have not acknowledged in time, and reports whose time has passed; answers how many. Every minute."""
    moment = at or now()
    return _look_for_unread(moment) + _look_for_reports(moment)


def children_of(incident: Incident) -> list[Child]:
    """Whom it is about, by name."""
    rows = IncidentChild.objects.filter(incident=incident.pk, removed_at=None)
    return [row.child for row in rows.select_related("child").order_by("child__name", "pk")]


# What a state or a person must fulfil.


def _must_review(actor: Actor) -> None:
    if not actor.may(Permission.INCIDENTS_REVIEW):
        raise Refused(
            _("Only the director or the health worker reviews an incident."),
            "not_allowed",
            status=403,
        )


def _must_be_guardian(actor: Actor, child_id: int) -> None:
    held = Guardianship.objects.visible_to(actor).valid(today())
    if not held.filter(child=child_id, user=actor.user_id).exists():
        raise Refused(_("Only a guardian acknowledges an incident."), "not_a_guardian", status=403)


def _must_be(incident: Incident, state: IncidentState, message: str, code: str) -> None:
    if incident.state != state:
        raise Refused(message, code)


def _must_be_told(incident: Incident) -> None:
    if not incident.what.strip():
        raise _wrong("what", _("Please write what happened."), "not_told")
    if not incident.done.strip():
        raise _wrong("done", _("Please write what was done."), "not_told")
    if incident.room_id is None and not incident.place:
        raise _wrong("room", _("Please say where it happened."), "no_place")


def _must_be_reported(incident: Incident) -> None:
    if incident.reports.filter(reported_at=None).exists():
        raise Refused(
            _("A report to the authority is still due. Write it down first."), "report_due"
        )


def _check_facts(
    happened_at: dt.datetime,
    children: Sequence[Child],
    *,
    what: str,
    done: str,
    seen_by: str,
    at: dt.datetime,
) -> None:
    if happened_at > at:
        raise _wrong("happened_at", _("This time has not come yet."), "in_future")
    if happened_at < at - OLDEST:
        raise _wrong("happened_at", _("This is too long ago to be written down here."), "too_old")
    if len(children) > MOST_CHILDREN:
        raise _wrong("children", _("These are too many children for one incident."), "too_many")
    for name, text, most in (
        ("what", what, MOST_TEXT),
        ("done", done, MOST_TEXT),
        ("seen_by", seen_by, MOST_SEEN_BY),
    ):
        if len(text.strip()) > most:
            sentence = _("Please write at most %(most)d characters.") % {"most": most}
            raise _wrong(name, sentence, "too_long")


def _reason(reason: str, message: str) -> str:
    if not reason.strip():
        raise _wrong("reason", message, "reason_needed")
    return reason.strip()[:MOST_REASON]


def _told_texts(
    incident: Incident, children: list[Child], texts: Mapping[int, str]
) -> dict[int, str]:
    """Stripped, and none names a child that is not the family's own."""
    others = _names_at(incident)
    told = {}
    for child in children:
        text, field = texts.get(child.pk, "").strip(), f"text_{child.pk}"
        if not text:
            raise _wrong(field, _("Please write what this family reads."), "text_needed")
        if len(text) > MOST_TEXT:
            sentence = _("Please write at most %(most)d characters.") % {"most": MOST_TEXT}
            raise _wrong(field, sentence, "too_long")
        without_own = text.replace(child.name, "")
        if named := next((name for name in others if name in without_own), ""):
            sentence = _("The text names %(name)s. A family reads of its own child only.")
            raise _wrong(field, sentence % {"name": named}, "names_another")
        told[child.pk] = text
    return told


def _names_at(incident: Incident) -> list[str]:
    """Of the children who have a place at the nursery on the day, and of those the incident is about."""
    day = local_day(incident.happened_at)
    here = Enrolment.objects.filter(institution=incident.institution_id).on(day)
    names = set(here.values_list("child__name", flat=True))
    return sorted(names | {child.name for child in children_of(incident)})


# What is written.


def _locked(actor: Actor, incident: Incident) -> Incident:
    rows = Incident.objects.visible_to(actor).select_for_update(of=("self",))
    found = rows.select_related("institution__region").filter(pk=incident.pk).first()
    if found is None:
        raise NotThere
    return found


def _class_of(
    actor: Actor, children: Sequence[Child], day: dt.date, known: Incident | None = None
) -> int | None:
    """Of the first child; without a child the carer's own class, where there is one only."""
    old = [child.pk for child in children_of(known)] if known else []
    places = {
        row.child_id: row.class_group_id
        for row in Enrolment.objects.filter(institution=actor.workplace)
        .on(day)
        .filter(child__in=[child.pk for child in children])
    }
    for child in children:
        if child.pk not in places and child.pk not in old:
            raise _wrong(
                "children",
                _("%(name)s had no place here on that day.") % {"name": child.name},
                "not_enrolled",
            )
    if children:
        return places.get(children[0].pk) or (known.class_group_id if known else None)
    if known is not None:
        return known.class_group_id
    classes = sorted(actor.class_ids or ())
    return classes[0] if len(classes) == 1 else None


def _stored(actor: Actor, photo: UploadedFile | None) -> uuid.UUID | None:
    """Linked to no child, so that only the nursery sees it until a family is shown it."""
    if photo is None:
        return None
    return store_image(actor=actor, institution_id=actor.workplace, upload=photo).pk


def _parts(body: Sequence[str]) -> list[str]:
    chosen = set(body)
    return [part for part in BodyPart.values if part in chosen]


def _apply(incident: Incident, facts: Mapping, moment: dt.datetime) -> None:
    gravity = IncidentGravity(facts["gravity"])
    if incident.serious_at is not None and gravity != IncidentGravity.SERIOUS:
        raise _wrong(
            "gravity",
            _("It was written down as serious, and the time to report it runs. It stays serious."),
            "stays_serious",
        )
    if gravity == IncidentGravity.SERIOUS and incident.serious_at is None:
        incident.serious_at = moment
    incident.gravity, incident.kind = gravity, IncidentKind(facts["kind"])
    incident.happened_at, incident.room = facts["happened_at"], facts.get("room")
    incident.place, incident.body = facts.get("place", "").strip(), _parts(facts.get("body", ()))
    for name in ("what", "done", "seen_by"):
        setattr(incident, name, facts.get(name, "").strip())


def _facts(incident: Incident) -> dict[str, object]:
    return {
        "kind": str(incident.kind),
        "gravity": str(incident.gravity),
        "happened_at": incident.happened_at.isoformat(),
        "room": incident.room_id,
        "place": incident.place,
        "body": list(incident.body),
        "what": incident.what,
        "done": incident.done,
        "seen_by": incident.seen_by,
    }


def _set_children(incident: Incident, children: Sequence[Child], moment: dt.datetime) -> None:
    chosen = {child.pk for child in children}
    rows = IncidentChild.objects.filter(incident=incident, removed_at=None)
    rows.exclude(child__in=chosen).update(removed_at=moment)
    known = set(rows.values_list("child", flat=True))
    IncidentChild.objects.bulk_create(
        [
            IncidentChild(institution_id=incident.institution_id, incident=incident, child_id=pk)
            for pk in sorted(chosen - known)
        ]
    )


def _move(incident: Incident, state: IncidentState) -> None:
    incident.state = state
    incident.save(update_fields=["state", "approved_by", "approved_at", "closed_at"])


def _step(
    incident: Incident,
    act: IncidentAct,
    actor: Actor | None = None,
    *,
    by: int | None = None,
    at: dt.datetime | None = None,
    reason: str = "",
    before: str = "",
) -> None:
    IncidentStep.objects.create(
        institution_id=incident.institution_id,
        incident=incident,
        act=act,
        state=incident.state,
        at=at or now(),
        by_id=actor.user_id if actor else by,
        reason=reason,
        before=before,
    )


def _show(
    actor: Actor,
    incident: Incident,
    children: list[Child],
    told: Mapping[int, str],
    *,
    moment: dt.datetime,
    share_photo: bool,
) -> None:
    alone = len(children) == 1  # where on the body is one child's, and nobody says whose
    remind = moment + dt.timedelta(hours=settings.INCIDENT_ACKNOWLEDGE_HOURS)
    place = incident.room.name if incident.room else incident.place
    for child in children:
        keyring.of_subject("child", child.sealed_id)
        IncidentNotice.objects.create(
            institution_id=incident.institution_id,
            incident=incident,
            child=child,
            kind=incident.kind,
            gravity=incident.gravity,
            happened_at=incident.happened_at,
            place=place,
            body=incident.body if alone else [],
            text=told[child.pk],
            photo=incident.photo if share_photo else None,
            shown_at=moment,
            remind_at=remind,
        )
    if share_photo and incident.photo:
        show_children(
            actor=actor, attachment_ids=[incident.photo], child_ids=[child.pk for child in children]
        )


def _close_if_done(incident: Incident) -> bool:
    """Every family has acknowledged, and nothing is due to an authority."""
    open_ = incident.notices.filter(acknowledged_at=None).exists()
    due = incident.reports.filter(reported_at=None).exists()
    if incident.state != S.SHARED or open_ or due:
        return False
    _close(incident, None, "")
    return True


def _close(incident: Incident, actor: Actor | None, reason: str) -> None:
    incident.closed_at = now()
    _move(incident, S.CLOSED)
    _step(incident, IncidentAct.CLOSED, actor, reason=reason)
    for notice in incident.notices.order_by("pk"):
        alerts.condition_ended(
            institution_id=incident.institution_id,
            kind=AlertKind.INCIDENT_UNREAD,
            key=_notice_key(notice.pk),
        )


# The clock.


def _start_clock(actor: Actor, incident: Incident) -> None:
    """Once, the first time it is saved as serious: a report for each authority that the rules of the place name."""
    if incident.serious_at is None or incident.reports.exists():
        return
    institution = Institution.objects.select_related("region").get(pk=incident.institution_id)
    rules = rules_for(institution.region.path, local_day(incident.serious_at))
    for rule in rules:
        due = incident.serious_at + dt.timedelta(minutes=rule.minutes or 0)
        IncidentReport.objects.create(
            institution_id=incident.institution_id,
            incident=incident,
            rule=rule,
            authority=rule.authority,
            authority_en=rule.authority_en,
            started_at=incident.serious_at,
            due_at=due,
        )
    minutes = min((rule.minutes or 0 for rule in rules), default=0)
    alerts.raise_alert(
        actor=actor,
        institution_id=incident.institution_id,
        kind=AlertKind.SERIOUS_INCIDENT,
        key=_key(incident),
        evidence={"incident": incident.pk, "kind": str(incident.kind), "minutes": minutes},
        class_group_id=incident.class_group_id,
        rule=f"report_rule:{rules[0].pk}@{rules[0].valid_from}" if rules else "",
    )


def rules_for(region_path: str, day: dt.date) -> list[ReportRule]:
    """For each authority the rule of the nearest region, of these the newest."""
    found: dict[str, ReportRule] = {}
    rules = ReportRule.objects.on(day).around(region_path)
    for rule in sorted(rules, key=lambda r: (len(r.region_path), r.valid_from, r.pk)):
        found[rule.code] = rule
    return [found[code] for code in sorted(found)]


def _end_alerts(incident: Incident, reported: IncidentReport) -> None:
    ended = [(AlertKind.REPORT_OVERDUE, _report_key(reported.pk))]
    if not incident.reports.filter(reported_at=None).exists():
        ended.append((AlertKind.SERIOUS_INCIDENT, _key(incident)))
    for kind, key in ended:
        alerts.condition_ended(institution_id=incident.institution_id, kind=kind, key=key)


def _look_for_unread(moment: dt.datetime) -> int:
    late = IncidentNotice.objects.filter(
        acknowledged_at=None, remind_at__lte=moment, incident__state=S.SHARED
    ).select_related("incident")
    found = {_notice_key(notice.pk): notice for notice in late.order_by("remind_at", "pk")}
    new = _never_raised(AlertKind.INCIDENT_UNREAD, found)
    for key in new:
        notice = found[key]
        alerts.raise_alert(
            actor=None,
            institution_id=notice.institution_id,
            kind=AlertKind.INCIDENT_UNREAD,
            key=key,
            evidence={
                "incident": notice.incident_id,
                "hours": int((notice.remind_at - notice.shown_at).total_seconds() // 3600),
            },
            class_group_id=notice.incident.class_group_id,
            child_id=notice.child_id,
        )
        _tell(notice, 1)
    return len(new)


def _look_for_reports(moment: dt.datetime) -> int:
    late = IncidentReport.objects.filter(reported_at=None, due_at__lt=moment)
    rows = late.select_related("incident").order_by("due_at", "pk")
    found = {_report_key(each.pk): each for each in rows}
    new = _never_raised(AlertKind.REPORT_OVERDUE, found)
    for key in new:
        each = found[key]
        alerts.raise_alert(
            actor=None,
            institution_id=each.institution_id,
            kind=AlertKind.REPORT_OVERDUE,
            key=key,
            evidence={"incident": each.incident_id, "due": each.due_at},
            class_group_id=each.incident.class_group_id,
        )
    return len(new)


def _never_raised(kind: AlertKind, keys: Iterable[str]) -> list[str]:
    """An alert that somebody closed by hand does not come back for the same thing."""
    wanted = list(keys)
    known = Alert.objects.filter(kind=kind, key__in=wanted).values_list("key", flat=True)
    raised = set(known)
    return [key for key in wanted if key not in raised][:LOOK_AT_ONCE]


def _tell(notice: IncidentNotice, step: int) -> int:
    guardians = Guardianship.objects.valid(today()).filter(child=notice.child_id)
    return pushes.queue(
        institution_id=notice.institution_id,
        user_ids=sorted(set(guardians.values_list("user_id", flat=True))),
        about=PushAbout.INCIDENT,
        subject=str(notice.pk),
        step=step,
    )


def _key(incident: Incident) -> str:
    return f"incident:{incident.pk}"


def _report_key(pk: int) -> str:
    return f"report:{pk}"


def _notice_key(pk: int) -> str:
    return f"notice:{pk}"


def _record(actor: Actor | None, incident: Incident, action: str, data: dict | None = None) -> None:
    institution = Institution.objects.select_related("region").get(pk=incident.institution_id)
    children = IncidentChild.objects.filter(incident=incident, removed_at=None)
    ids = list(children.values_list("child", flat=True))
    audit.record(
        actor=actor,
        action=action,
        subject=incident,
        institution_id=incident.institution_id,
        region_path=institution.region.path,
        child_ids=ids,
        data=data,
    )
    _announce(incident.institution_id, ids)


def _announce(institution_id: int, child_ids: Sequence[int]) -> None:
    announce(topic=TOPIC, groups=[*child_groups(child_ids), f"institution.{institution_id}"])


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
