"""Alerts: raised once while they last, taken by somebody, closed with an outcome, passed upward when nobody comes.

Any room may raise one. Each change tells the pages at once by a hint, and raising and escalating tell the people on duty
through the worker (institution.services.pushes), by an outbox row of the same transaction.
"""

import datetime as dt
import json
import re
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import audit, jobs
from core.calendar import local_day, now, today
from core.errors import NotThere, Refused
from core.models import RegionPost
from core.realtime import announce
from core.scoping import Actor
from institution.alert_kinds import BY_CLASS, KINDS, OVERSEERS, roles_on_duty
from institution.enums import AlertLevel, AlertOutcome, AlertState, PushAbout
from institution.models import Alert, AlertRule, ClassDuty, Institution, Membership
from institution.services import pushes

TOPIC = "alert"
TELL = "institution.tasks.tell_alert"
CODE = re.compile(r"[a-z0-9_.:+-]{1,40}", re.IGNORECASE)
MOST_KEY = 80
CHOSEN_OUTCOMES = tuple(outcome for outcome in AlertOutcome if outcome != AlertOutcome.ENDED)
MOST_NOTE = 200
ESCALATE_AT_ONCE = 500

Fact = int | float | Decimal | bool | str | dt.date | dt.datetime | list[int] | None


def raise_alert(
    *,
    actor: Actor | None,
    institution_id: int,
    kind: str,
    key: str,
    evidence: dict[str, Fact],
    class_group_id: int | None = None,
    child_id: int | None = None,
    rule: str = "",
    at: dt.datetime | None = None,
) -> Alert:
    """The one alert of this kind and key that is not closed: a new one, or the one there is, with the new evidence.

    Only a new one is recorded and told. No actor means the system. `rule` says which dated rule was broken; without it
    stands the rule the time to answer comes from. Raises Refused `unknown_kind`; TypeError for evidence that is a text.
    """
    if kind not in KINDS:
        raise Refused(_("There is no alert of this kind."), "unknown_kind", status=400)
    if not 0 < len(key) <= MOST_KEY:
        raise TypeError(f"a key is 1 to {MOST_KEY} letters: {key!r}")
    facts = typed(evidence)
    with transaction.atomic():
        while True:  # until it is there: the one that was in the way may be closed meanwhile
            if found := _with_evidence(institution_id, kind, key, facts):
                return found
            alert = _new(
                institution_id=institution_id,
                kind=kind,
                key=key,
                class_group_id=class_group_id,
                child_id=child_id,
                rule=rule,
                raised_at=at or now(),
            )
            if pk := _insert(alert, facts):
                alert = Alert.objects.select_related("institution__region").get(pk=pk)
                break
        _tell(alert)
        _record(actor, alert, "alert.raised")
    return alert


def condition_ended(
    *, institution_id: int, kind: str, key: str, at: dt.datetime | None = None
) -> Alert | None:
    """What the alert was about is over: it closes by itself. None where none was open."""
    with transaction.atomic():
        alert = _unsettled(institution_id, kind, key)
        if alert is None:
            return None
        _close(alert, AlertOutcome.ENDED, "", at or now())
        _announce(alert)
        _record(None, alert, "alert.ended")
    return alert


def take(*, actor: Actor, alert: Alert) -> Alert:
    """The actor sees to it. Again by the same person it stays as it is. Raises Refused `already_taken`, `already_closed`."""
    with transaction.atomic():
        alert = _locked(actor, alert)
        owner = _membership(actor)
        if alert.state == AlertState.TAKEN and alert.owner_id == owner.pk:
            return alert
        if alert.state == AlertState.TAKEN:
            raise Refused(_("Somebody else has taken this already."), "already_taken")
        alert.state, alert.owner, alert.taken_at = AlertState.TAKEN, owner, now()
        alert.save(update_fields=["state", "owner", "taken_at"])
        _announce(alert)
        _record(actor, alert, "alert.taken")
    return alert


def close(*, actor: Actor, alert: Alert, outcome: str, note: str = "") -> Alert:
    """Closing what nobody has taken takes it too. Raises Refused `unknown_outcome`, `note_too_long`, `already_closed`."""
    if outcome not in CHOSEN_OUTCOMES:
        raise _wrong("outcome", _("Please say what came of it."), "unknown_outcome")
    if len(note) > MOST_NOTE:
        sentence = _("Please write at most %(most)d characters.") % {"most": MOST_NOTE}
        raise _wrong("note", sentence, "note_too_long")
    with transaction.atomic():
        alert = _locked(actor, alert)
        moment = now()
        if alert.owner_id is None:
            alert.owner, alert.taken_at = _membership(actor), moment
        _close(alert, AlertOutcome(outcome), note, moment)
        _announce(alert)
        _record(actor, alert, "alert.closed")
    return alert


def escalate(*, at: dt.datetime | None = None) -> int:
    """Pass upward what nobody has taken in time; answers how many. Each in a transaction of its own, and only once."""
    moment = at or now()
    late = Alert.objects.overdue(moment).order_by("due_at", "pk")
    return sum(_escalate(pk, moment) for pk in late.values_list("pk", flat=True)[:ESCALATE_AT_ONCE])


def tell(*, alert_id: int, level: int) -> int:
    """Write down whom to tell of an alert that has reached this level, and tell them; answers how many were told now."""
    alert = Alert.objects.select_related("institution__region").filter(pk=alert_id).first()
    if alert is None or alert.state == AlertState.CLOSED or alert.level != level:
        return 0  # over, or passed on meanwhile
    return pushes.queue(
        institution_id=alert.institution_id,
        user_ids=on_duty(alert),
        about=PushAbout.ALERT,
        subject=str(alert.pk),
        step=level,
    )


def on_duty(alert: Alert) -> list[int]:
    """The users whom an alert is for at its level. The director where nobody is on duty for it."""
    working = Membership.objects.filter(institution=alert.institution_id).working(today())
    people: list[int] = []
    if alert.level == AlertLevel.DUTY:
        people = _of(working.filter(role__in=_office_roles(alert)))
        people += _of(working.filter(pk__in=_carers(alert)))
    if not people:
        people = _of(working.filter(role__in=OVERSEERS))
    return sorted({*people, *_regulators(alert)})


def _regulators(alert: Alert) -> list[int]:
    """Of the county the nursery lies in, for the kinds that they hear of at once."""
    roles = KINDS[alert.kind].regulators
    if not roles:
        return []
    day, parts = today(), alert.institution.region.path.rstrip("/").split("/")
    around = ["".join(f"{part}/" for part in parts[: n + 1]) for n in range(len(parts))]
    posts = RegionPost.objects.filter(region__path__in=around, role__in=roles, valid_from__lte=day)
    return _of(posts.filter(Q(valid_to=None) | Q(valid_to__gt=day)))


def typed(evidence: dict[str, Fact]) -> dict:
    """As JSON. A text that is not a code is refused: evidence is read by people who may not read names."""
    return {name: _fact(name, value) for name, value in evidence.items()}


def _fact(name: str, value: Fact) -> object:
    match value:
        case bool() | int() | float() | None:
            return value
        case Decimal():
            return float(value)
        case dt.date():
            return value.isoformat()
        case str() if CODE.fullmatch(value):
            return str(value)
        case list() if all(isinstance(each, int) for each in value):
            return value
    raise TypeError(f"evidence {name!r} must be a number, an id, a day, a moment or a code")


def _new(*, institution_id: int, kind: str, raised_at: dt.datetime, rule: str, **values) -> Alert:
    institution = Institution.objects.select_related("region").get(pk=institution_id)
    found = rule_for(kind, institution.region.path, local_day(raised_at))
    minutes = found.minutes if found else settings.ALERT_ANSWER_MINUTES
    said = f"alert_rule:{found.pk}@{found.valid_from}" if found else "setting:ALERT_ANSWER_MINUTES"
    return Alert(
        institution=institution,
        kind=kind,
        severity=KINDS[kind].severity,
        raised_at=raised_at,
        due_at=raised_at + dt.timedelta(minutes=minutes),
        rule=rule or said,
        **values,
    )


def rule_for(kind: str, region_path: str, day: dt.date) -> AlertRule | None:
    """Of the nearest region, the newest."""
    rules = AlertRule.objects.on(day).around(region_path).filter(kind=kind)
    return max(rules, key=lambda rule: (len(rule.region_path), rule.valid_from), default=None)


# A second one at the same moment waits for the first to commit, and then inserts nothing.
_INSERT = """
INSERT INTO institution_alert (institution_id, kind, key, severity, state, class_group_id, child_id, evidence, rule,
                               raised_at, due_at, level, outcome, note)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s, '', '')
ON CONFLICT (institution_id, kind, key) WHERE state <> 'closed' DO NOTHING RETURNING id
"""


def _insert(alert: Alert, facts: dict) -> int | None:
    values: list = [
        alert.institution_id,
        alert.kind,
        alert.key,
        alert.severity,
        alert.state,
        alert.class_group_id,
        alert.child_id,
        json.dumps(facts),
        alert.rule,
        alert.raised_at,
        alert.due_at,
        alert.level,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [str(v) if isinstance(v, str) else v for v in values])
        row = cursor.fetchone()
    return row[0] if row else None


def _with_evidence(institution_id: int, kind: str, key: str, facts: dict) -> Alert | None:
    alert = _unsettled(institution_id, kind, key)
    if alert is not None and alert.evidence != facts:
        alert.evidence = facts
        alert.save(update_fields=["evidence"])
        _announce(alert)
    return alert


def _unsettled(institution_id: int, kind: str, key: str) -> Alert | None:
    rows = Alert.objects.unsettled().filter(institution=institution_id, kind=kind, key=key)
    return rows.select_for_update(of=("self",)).select_related("institution__region").first()


def _locked(actor: Actor, alert: Alert) -> Alert:
    rows = Alert.objects.visible_to(actor).select_for_update(of=("self",))
    found = rows.select_related("institution__region").filter(pk=alert.pk).first()
    if found is None:
        raise NotThere
    if found.state == AlertState.CLOSED:
        raise Refused(_("This alert is closed already."), "already_closed")
    return found


def _close(alert: Alert, outcome: AlertOutcome, note: str, moment: dt.datetime) -> None:
    alert.state, alert.outcome, alert.note = AlertState.CLOSED, outcome, note
    alert.closed_at = moment
    alert.save(update_fields=["state", "outcome", "note", "closed_at", "owner", "taken_at"])


def _escalate(pk: int, moment: dt.datetime) -> bool:
    with transaction.atomic():
        late = Alert.objects.overdue(moment).filter(pk=pk)
        alert = (
            late.select_for_update(of=("self",), skip_locked=True)
            .select_related("institution__region")
            .first()
        )
        if alert is None:
            return False
        alert.level, alert.escalated_at = AlertLevel(alert.level + 1), moment
        alert.save(update_fields=["level", "escalated_at"])
        _tell(alert)
        _record(None, alert, "alert.escalated")
    return True


def _membership(actor: Actor) -> Membership:
    mine = Membership.objects.visible_to(actor).working(today())
    found = mine.filter(user=actor.user_id, role=actor.role).order_by("pk").first()
    if found is None:
        raise NotThere
    return found


def _office_roles(alert: Alert) -> list[str]:
    return [role for role in roles_on_duty(alert.kind) if role not in BY_CLASS]


def _carers(alert: Alert) -> list[int]:
    """On duty in the class today. What is of no class is no carer's."""
    if not roles_on_duty(alert.kind) & BY_CLASS or alert.class_group_id is None:
        return []
    duties = ClassDuty.objects.filter(class_group=alert.class_group_id, during__contains=today())
    return list(duties.values_list("membership_id", flat=True))


def _of(posts) -> list[int]:
    return list(posts.order_by("user_id").values_list("user_id", flat=True))


def _record(actor: Actor | None, alert: Alert, action: str) -> None:
    """The last thing the transaction does. Codes and numbers: the note is not among them."""
    audit.record(
        actor=actor,
        action=action,
        subject=alert,
        institution_id=alert.institution_id,
        region_path=alert.institution.region.path,
        child_ids=[alert.child_id] if alert.child_id else [],
        data={"kind": str(alert.kind), "level": alert.level}
        | ({"outcome": str(alert.outcome)} if alert.outcome else {}),
    )


def _tell(alert: Alert) -> None:
    jobs.later(TELL, alert_id=alert.pk, level=int(alert.level))
    _announce(alert)


def _announce(alert: Alert) -> None:
    announce(topic=TOPIC, groups=[f"institution.{alert.institution_id}"], cursor=alert.pk)


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
