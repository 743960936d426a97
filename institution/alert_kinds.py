"""The kinds of alert: how grave each is, and what a person may do who is on duty for it."""

from dataclasses import dataclass

from core.permissions import PERMISSIONS, Permission, Role
from core.scoping import Actor
from institution.enums import AlertKind as K
from institution.enums import AlertSeverity as S


@dataclass(frozen=True)
class AlertType:
    severity: S
    duty: Permission  # who holds it is on duty; a carer only in the class that the alert is of
    icon: str
    # regulators of the county who are told beside those on duty
    regulators: frozenset[Role] = frozenset()


_COUNTY = frozenset({Role.COUNTY_REGULATOR})

KINDS: dict[str, AlertType] = {
    K.RATIO_BREACH: AlertType(S.CRITICAL, Permission.DAILY_LOG_WRITE, "users-round"),
    K.UNKNOWN_PERSON: AlertType(S.CRITICAL, Permission.DAILY_LOG_WRITE, "user-x"),
    K.LATE_PICKUP: AlertType(S.HIGH, Permission.DAILY_LOG_WRITE, "clock"),
    K.OVER_CAPACITY: AlertType(S.HIGH, Permission.INSTITUTION_WRITE, "school"),
    K.DOUBLE_EMPLOYMENT: AlertType(S.HIGH, Permission.INSTITUTION_WRITE, "briefcase-business"),
    K.SICK_ABSENCE_OPEN: AlertType(S.NORMAL, Permission.HEALTH_READ, "thermometer"),
    K.LEDGER_LATE: AlertType(S.NORMAL, Permission.INSTITUTION_WRITE, "clipboard-list"),
    K.CERTIFICATE_EXPIRING: AlertType(S.NORMAL, Permission.INSTITUTION_WRITE, "file-badge"),
    K.SERIOUS_INCIDENT: AlertType(
        S.CRITICAL, Permission.INCIDENTS_REPORT, "triangle-alert", regulators=_COUNTY
    ),
    K.REPORT_OVERDUE: AlertType(
        S.CRITICAL, Permission.INCIDENTS_REPORT, "timer-off", regulators=_COUNTY
    ),
    K.INCIDENT_UNREAD: AlertType(S.NORMAL, Permission.INCIDENTS_REVIEW, "bandage"),
}


def answered_by(actor: Actor) -> list[str]:
    """The kinds that the actor's role deals with. The rest is nobody's business: a colleague's second post."""
    return [str(kind) for kind, found in KINDS.items() if actor.may(found.duty)]


def roles_on_duty(kind: str) -> frozenset[Role]:
    """Whom an alert goes to first. The director hears when they do not answer, or when there is nobody."""
    duty = KINDS[kind].duty
    return frozenset(
        role
        for role, may in PERMISSIONS.items()
        if {duty, Permission.ALERTS_WRITE} <= may and Permission.ALERTS_OVERSEE not in may
    )


BY_CLASS = frozenset({Role.CARER})  # on duty in their own classes only
OVERSEERS = frozenset(role for role, may in PERMISSIONS.items() if Permission.ALERTS_OVERSEE in may)
