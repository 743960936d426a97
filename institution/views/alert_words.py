"""What an alert says to people: its evidence as a sentence, its urgency as a tone."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.calendar import now
from core.display import short_day
from core.scoping import Actor
from institution.alert_kinds import KINDS
from institution.enums import AlertKind as K
from institution.enums import AlertSeverity, AlertState, LedgerKind
from institution.models import Alert

TONES = {AlertSeverity.CRITICAL: "danger", AlertSeverity.HIGH: "warn", AlertSeverity.NORMAL: "info"}


@dataclass(frozen=True)
class Line:
    alert: Alert
    title: str
    sentence: str
    icon: str
    tone: str
    late: bool  # nobody has taken it in time
    may_take: bool
    may_close: bool


def line(alert: Alert, actor: Actor) -> Line:
    untaken = alert.state == AlertState.OPEN
    return Line(
        alert=alert,
        title=alert.get_kind_display(),
        sentence=sentence(alert),
        icon=KINDS[alert.kind].icon,
        tone=TONES[AlertSeverity(alert.severity)],
        late=untaken and alert.due_at < now(),
        may_take=untaken,
        may_close=alert.state != AlertState.CLOSED,
    )


def sentence(alert: Alert) -> str:
    """Of evidence that another room raised without the usual facts, nothing is said."""
    try:
        return _sentences()[alert.kind] % _in_words(alert.evidence)
    except (KeyError, TypeError, ValueError):
        return ""


def _in_words(evidence: dict) -> dict:
    """Of a ledger its name, and its day as people read it."""
    if "ledger" not in evidence:
        return evidence
    day = dt.date.fromisoformat(evidence["due"])
    return evidence | {"ledger": LedgerKind(evidence["ledger"]).label, "due": short_day(day)}


def _sentences() -> dict[str, str]:
    """The facts that each kind is raised with stand in its sentence."""
    return {
        K.RATIO_BREACH: _(
            "%(present)s children with %(carers)s carers; the rule allows %(most)s to one carer."
        ),
        K.LATE_PICKUP: _("Still here %(minutes)s minutes after the time of pick-up."),
        K.UNKNOWN_PERSON: _("Somebody who is not on the list wants to take the child home."),
        K.SICK_ABSENCE_OPEN: _("Absent for %(days)s days, and nobody has noted how the child is."),
        K.CERTIFICATE_EXPIRING: _("Runs out in %(days)s days."),
        K.DOUBLE_EMPLOYMENT: _("The same person works full time in another institution."),
        K.LEDGER_LATE: _("%(ledger)s: was due on %(due)s and is not done."),
        K.SERIOUS_INCIDENT: _("A serious incident was written down. The authority has to be told."),
        K.REPORT_OVERDUE: _("The time to report a serious incident has passed."),
        K.INCIDENT_UNREAD: _("The family has not acknowledged an incident for %(hours)s hours."),
        K.OVER_CAPACITY: _("%(enrolled)s children have a place where there are %(capacity)s."),
    }
