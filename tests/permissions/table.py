"""What every URL and method asks for, and which object it is tried on. Read by people before it is read by tests.

A row: URL name -> {method: permission}. A URL or method that is not here, or is here and no longer exists, fails the build.
`OBJECTS` gives the object of a nursery that stands in the URL; `VISIBLE` says what kind of object it is, and so who sees it.
"""

import datetime as dt
from collections.abc import Callable

from core.permissions import Permission
from institution.models import Alert, Message, ServiceFee
from tests.factories.city import Nursery
from tests.factories.institution import (
    AlertFactory,
    LicenceFactory,
    MessageFactory,
    NoticeFactory,
    ServiceFeeFactory,
    ThreadFactory,
)
from tests.permissions.discovery import ANY_ACTOR, MACHINE, OPEN, SIGNED_IN, TABLET

P = Permission

TABLE: dict[str, dict[str, str]] = {
    # the open portal and what everybody has
    "portal:home": {"GET": OPEN},
    "portal:institution-search": {"GET": OPEN},
    "portal:institution-page": {"GET": OPEN},
    "portal:sign-in": {"GET": OPEN, "POST": OPEN},
    "portal:sign-in-second": {"GET": OPEN, "POST": OPEN},
    "portal:sign-in-paused": {"GET": OPEN, "POST": OPEN},
    "portal:language": {"POST": OPEN},
    "portal:whoami": {"GET": OPEN},
    "portal:healthz": {"GET": OPEN},
    "portal:sign-out": {"POST": SIGNED_IN},
    "portal:landing": {"GET": SIGNED_IN},
    "portal:account": {"GET": SIGNED_IN},
    "portal:app-add": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "portal:passkey-add": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "portal:factor-remove": {"POST": SIGNED_IN},
    "portal:recovery-codes": {"POST": SIGNED_IN},
    "portal:session-end": {"POST": SIGNED_IN},
    "portal:sessions-end": {"POST": SIGNED_IN},
    "portal:password": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "portal:confirm": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "portal:posts": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "portal:system": {"GET": P.SYSTEM_WATCH},
    "portal:delivery-retry": {"POST": P.DELIVERY_RETRY},
    "portal:factor-reset": {"GET": P.FACTORS_RESET, "POST": P.FACTORS_RESET},
    "attachment": {"GET": SIGNED_IN},
    "csp-report": {"POST": OPEN},  # counted by the hundred possible names, limited by address
    "kit": {"GET": OPEN},  # 404 outside a demonstration
    # regulators and auditors
    "gov:overview": {"GET": P.OVERVIEW_READ},
    "gov:overview-figures": {"GET": P.OVERVIEW_READ},
    "gov:institution-list": {"GET": P.OVERVIEW_READ},
    "gov:institution-page": {"GET": P.OVERVIEW_READ},
    "gov:audit-list": {"GET": P.AUDIT_READ},
    "gov:row-history": {"GET": P.AUDIT_READ},
    "gov:audit-export": {"POST": P.AUDIT_EXPORT},
    "gov:job": {"GET": P.AUDIT_EXPORT},
    "gov:job-file": {"GET": P.AUDIT_EXPORT},
    # the nursery
    "nursery:today": {"GET": P.NURSERY_READ},
    "nursery:board": {"GET": P.DAILY_LOG_WRITE},
    "nursery:class-board": {"GET": P.DAILY_LOG_WRITE},
    "nursery:board-state": {"GET": P.DAILY_LOG_WRITE},
    "nursery:child-list": {"GET": P.NURSERY_READ},
    "nursery:child-page": {"GET": P.NURSERY_READ},
    "nursery:child-new": {"GET": P.CHILDREN_WRITE, "POST": P.CHILDREN_WRITE},
    "nursery:child-edit": {"GET": P.CHILDREN_WRITE, "POST": P.CHILDREN_WRITE},
    "nursery:child-history": {"GET": P.HISTORY_READ},
    "nursery:child-identity": {"POST": P.CHILD_UNMASK},
    "nursery:guardian-phone": {"POST": P.CHILD_UNMASK},
    "nursery:allergy-new": {"POST": P.CHILDREN_WRITE},
    "nursery:allergy-remove": {"POST": P.CHILDREN_WRITE},
    "nursery:file": {"GET": P.NURSERY_READ},
    "nursery:file-identity": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:file-site": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:file-service": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:fee-set": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:licence-add": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:licence-remove": {"POST": P.INSTITUTION_WRITE},
    "nursery:kind-list": {"GET": P.ENTRY_KINDS_WRITE},
    "nursery:kind-new": {"GET": P.ENTRY_KINDS_WRITE, "POST": P.ENTRY_KINDS_WRITE},
    "nursery:kind-active": {"POST": P.ENTRY_KINDS_WRITE},
    "nursery:device-list": {"GET": P.TABLETS_WRITE},
    "nursery:tablet-new": {"GET": P.TABLETS_WRITE, "POST": P.TABLETS_WRITE},
    "nursery:pairing": {"GET": P.TABLETS_WRITE, "POST": P.TABLETS_WRITE},
    "nursery:device-revoke": {"POST": P.TABLETS_WRITE},
    "nursery:machine-new": {"GET": P.MACHINES_WRITE, "POST": P.MACHINES_WRITE},
    "nursery:machine-key": {"POST": P.MACHINES_WRITE},
    "nursery:machine-old-key": {"POST": P.MACHINES_WRITE},
    "nursery:pin-reset": {"POST": P.PINS_WRITE},
    "nursery:pin-unlock": {"POST": P.PINS_WRITE},
    "nursery:factor-reset": {"GET": P.STAFF_FACTORS_RESET, "POST": P.STAFF_FACTORS_RESET},
    "nursery:pin": {"GET": P.NURSERY_READ, "POST": P.NURSERY_READ},
    "nursery:pair": {"GET": OPEN, "POST": OPEN},
    "nursery:pair-wait": {"GET": OPEN},
    "nursery:pair-finish": {"POST": OPEN},
    "nursery:tablet": {"GET": TABLET},
    "nursery:tablet-sign-in": {"POST": TABLET},
    "nursery:tablet-state": {"GET": TABLET},
    "nursery:tablet-active": {"POST": SIGNED_IN},
    "nursery:worker": {"GET": OPEN},
    "nursery:offline": {"GET": OPEN},
    "nursery:manifest": {"GET": OPEN},
    "nursery:alert-list": {"GET": P.ALERTS_READ},
    "nursery:alert-count": {"GET": P.ALERTS_READ},
    "nursery:alert-take": {"POST": P.ALERTS_WRITE},
    "nursery:alert-close": {"GET": P.ALERTS_WRITE, "POST": P.ALERTS_WRITE},
    "nursery:inbox": {"GET": P.TEAM_MESSAGES},
    "nursery:inbox-count": {"GET": P.TEAM_MESSAGES},
    "nursery:message-hours": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:thread": {"GET": P.TEAM_MESSAGES},
    "nursery:message-send": {"POST": P.TEAM_MESSAGES},
    "nursery:thread-read": {"POST": P.TEAM_MESSAGES},
    "nursery:request-done": {"POST": P.TEAM_MESSAGES},
    "nursery:notice-list": {"GET": P.NOTICES_READ},
    "nursery:notice-new": {"GET": P.NOTICES_WRITE, "POST": P.NOTICES_WRITE},
    "nursery:notice-page": {"GET": P.NOTICES_WRITE},
    "nursery:notice-remind": {"POST": P.NOTICES_WRITE},
    "nursery:notice-withdraw": {"POST": P.NOTICES_WRITE},
    # the family
    "family:notices": {"GET": P.FAMILY_NOTICES},
    "family:notice-read": {"POST": P.FAMILY_NOTICES},
    "family:messages": {"GET": P.FAMILY_MESSAGES},
    "family:thread": {"GET": P.FAMILY_MESSAGES},
    "family:message-send": {"POST": P.FAMILY_MESSAGES},
    "family:thread-read": {"POST": P.FAMILY_MESSAGES},
    "family:day": {"GET": P.FAMILY_READ},
    "family:child-day": {"GET": P.FAMILY_READ},
    "family:child-past-day": {"GET": P.FAMILY_READ},
    "family:changes": {"GET": P.FAMILY_READ},
    "family:readers": {"GET": P.READERS_READ},
    "family:child-readers": {"GET": P.READERS_READ},
    "family:manifest": {"GET": OPEN},
    "family:worker": {"GET": OPEN},
    # health, quality, training
    "health:today": {"GET": P.HEALTH_READ},
    "health:check-record": {"GET": P.HEALTH_WRITE, "POST": P.HEALTH_WRITE},
    "health:measurement-record": {"GET": P.HEALTH_WRITE, "POST": P.HEALTH_WRITE},
    "quality:standard": {"GET": P.QUALITY_READ},
    "quality:self-check-answer": {"GET": P.QUALITY_WRITE, "POST": P.QUALITY_WRITE},
    "training:certificate-list": {"GET": P.TRAINING_READ},
    "training:staff-detail": {"GET": P.TRAINING_READ},
    "training:certificate-add": {"GET": P.TRAINING_WRITE, "POST": P.TRAINING_WRITE},
    "training:training-add": {"GET": P.TRAINING_WRITE, "POST": P.TRAINING_WRITE},
    # the API
    "api:token": {"POST": OPEN},
    "api:step-up": {"POST": ANY_ACTOR},
    "api:me": {"GET": ANY_ACTOR},
    "api:schema": {"GET": ANY_ACTOR},
    "api:region-list": {"GET": ANY_ACTOR},
    "api:region-detail": {"GET": ANY_ACTOR},
    "api:job-list": {"GET": ANY_ACTOR},
    "api:job-detail": {"GET": ANY_ACTOR},
    "api:device-heartbeat": {"POST": MACHINE},
    "api:attachment-list": {"POST": P.ATTACHMENT_WRITE},
    "api:daily-log": {"GET": P.DAILY_LOG_READ, "POST": P.DAILY_LOG_WRITE},
    "api:child-timeline": {"GET": P.DAILY_LOG_READ},
    "api:institution-list": {"GET": P.INSTITUTIONS_READ},
    "api:institution-detail": {"GET": P.INSTITUTIONS_READ, "PATCH": P.INSTITUTION_WRITE},
    "api:fee-list": {"GET": P.INSTITUTIONS_READ, "POST": P.INSTITUTION_WRITE},
    "api:fee-detail": {"GET": P.INSTITUTIONS_READ},
    "api:licence-list": {"GET": P.INSTITUTIONS_READ, "POST": P.INSTITUTION_WRITE},
    "api:licence-detail": {"GET": P.INSTITUTIONS_READ, "DELETE": P.INSTITUTION_WRITE},
    "api:alert-list": {"GET": P.ALERTS_READ},
    "api:alert-detail": {"GET": P.ALERTS_READ},
    "api:alert-take": {"POST": P.ALERTS_WRITE},
    "api:alert-close": {"POST": P.ALERTS_WRITE},
    "api:thread-list": {"GET": P.MESSAGES_READ},
    "api:thread-detail": {"GET": P.MESSAGES_READ},
    "api:thread-read": {"POST": P.MESSAGES_READ},
    "api:message-list": {"GET": P.MESSAGES_READ, "POST": P.MESSAGES_WRITE},
    "api:message-detail": {"GET": P.MESSAGES_READ},
    "api:message-done": {"POST": P.TEAM_MESSAGES},
    "api:notice-list": {"GET": P.NOTICES_READ, "POST": P.NOTICES_WRITE},
    "api:notice-detail": {"GET": P.NOTICES_READ},
    "api:notice-read": {"POST": P.FAMILY_NOTICES},
    "api:class-list": {"GET": P.NURSERY_READ},
    "api:class-detail": {"GET": P.NURSERY_READ},
    "api:child-list": {"GET": P.CHILDREN_READ},
    "api:child-detail": {"GET": P.CHILDREN_READ},
    "api:child-unmask": {"POST": P.CHILD_UNMASK},
    "api:enrolment-list": {"GET": P.NURSERY_READ},
    "api:enrolment-detail": {"GET": P.NURSERY_READ},
    "api:attendance-list": {"GET": P.ATTENDANCE_READ},
    "api:attendance-detail": {"GET": P.ATTENDANCE_READ},
    "api:entry-kind-list": {"GET": P.DAILY_LOG_WRITE, "POST": P.ENTRY_KINDS_WRITE},
    "api:entry-kind-detail": {"GET": P.DAILY_LOG_WRITE},
    "api:health-check-list": {"GET": P.HEALTH_READ, "POST": P.HEALTH_WRITE},
    "api:health-check-detail": {"GET": P.HEALTH_READ},
    "api:health-measurement-list": {"GET": P.HEALTH_READ, "POST": P.HEALTH_WRITE},
    "api:health-measurement-detail": {"GET": P.HEALTH_READ},
    "api:quality-standard-list": {"GET": P.QUALITY_READ},
    "api:quality-standard-detail": {"GET": P.QUALITY_READ},
    "api:quality-item-list": {"GET": P.QUALITY_READ},
    "api:quality-item-detail": {"GET": P.QUALITY_READ},
    "api:quality-self-check-list": {"GET": P.QUALITY_READ, "POST": P.QUALITY_WRITE},
    "api:quality-self-check-detail": {"GET": P.QUALITY_READ},
    "api:training-certificate-type-list": {"GET": P.TRAINING_READ},
    "api:training-certificate-type-detail": {"GET": P.TRAINING_READ},
    "api:training-certificate-list": {"GET": P.TRAINING_READ, "POST": P.TRAINING_WRITE},
    "api:training-certificate-detail": {"GET": P.TRAINING_READ},
    "api:training-record-list": {"GET": P.TRAINING_READ, "POST": P.TRAINING_WRITE},
    "api:training-record-detail": {"GET": P.TRAINING_READ},
    "api:overview-list": {"GET": P.OVERVIEW_READ},
    "api:audit-event-list": {"GET": P.AUDIT_READ},
    "api:audit-event-detail": {"GET": P.AUDIT_READ},
}

# What asks "is it still you" when password or second factor were shown more than five minutes ago (core.stepup).
STEP_UP: set[tuple[str, str]] = {
    ("portal:app-add", "GET"),
    ("portal:app-add", "POST"),
    ("portal:passkey-add", "GET"),
    ("portal:passkey-add", "POST"),
    ("portal:factor-remove", "POST"),
    ("portal:recovery-codes", "POST"),
    ("portal:password", "GET"),
    ("portal:password", "POST"),
    ("gov:audit-export", "POST"),
    ("gov:job-file", "GET"),
    ("nursery:child-identity", "POST"),
    ("nursery:guardian-phone", "POST"),
    ("api:child-unmask", "POST"),
    ("nursery:tablet-new", "POST"),
    ("nursery:pairing", "POST"),
    ("nursery:machine-new", "POST"),
    ("nursery:machine-key", "POST"),
    ("nursery:machine-old-key", "POST"),
    ("nursery:device-revoke", "POST"),
    ("nursery:pin-reset", "POST"),
    ("nursery:pin-unlock", "POST"),
    ("nursery:factor-reset", "POST"),
    ("portal:factor-reset", "POST"),
}

# Reached by somebody who still owes the second factor, beside what is open to everybody.
BEFORE_FACTOR = {
    "portal:account",
    "portal:app-add",
    "portal:passkey-add",
    "portal:confirm",
    "portal:sign-out",
}

CHILD, INSTITUTION, CLASS, STAFF, PUBLIC = "child", "institution", "class", "staff", "public"
DEVICE = "device"
ALERT = "alert"

VISIBLE: dict[str, str] = {}
OBJECTS: dict[str, Callable[[Nursery], dict]] = {}


def fee_of(nursery: Nursery) -> ServiceFee:
    known = ServiceFee.objects.filter(institution=nursery.institution).first()
    return known or ServiceFeeFactory(institution=nursery.institution)


def alert_of(nursery: Nursery) -> Alert:
    known = Alert.objects.unsettled().filter(institution=nursery.institution).first()
    return known or AlertFactory(
        institution=nursery.institution, kind="ratio_breach", class_group=nursery.small
    )


def message_of(nursery: Nursery) -> Message:
    thread = ThreadFactory(
        institution=nursery.institution, child=nursery.guardian.guardianships.get().child
    )
    return thread.messages.first() or MessageFactory(
        thread=thread, author=nursery.guardian, is_request=True
    )


def _objects(kind: str, make: Callable[[Nursery], dict], *names: str) -> None:
    for name in names:
        VISIBLE[name], OBJECTS[name] = kind, make


_objects(PUBLIC, lambda nursery: {"pk": nursery.institution.pk}, "portal:institution-page")
_objects(
    INSTITUTION,
    lambda nursery: {"pk": nursery.institution.pk},
    "gov:institution-page",
    "api:institution-detail",
)
_objects(
    INSTITUTION,
    lambda nursery: {"pk": fee_of(nursery).pk},
    "api:fee-detail",
)
_objects(
    INSTITUTION,
    lambda nursery: {"pk": LicenceFactory(institution=nursery.institution).pk},
    "api:licence-detail",
    "nursery:licence-remove",
)
_objects(
    ALERT,
    lambda nursery: {"pk": alert_of(nursery).pk},
    "nursery:alert-take",
    "nursery:alert-close",
    "api:alert-detail",
    "api:alert-take",
    "api:alert-close",
)
_objects(
    CHILD,
    lambda nursery: {"pk": message_of(nursery).child_id},
    "family:thread-read",
    "nursery:thread-read",
)
_objects(
    CHILD,
    lambda nursery: {"pk": message_of(nursery).thread_id},
    "api:thread-detail",
    "api:thread-read",
)
_objects(
    CHILD,
    lambda nursery: {"pk": message_of(nursery).pk},
    "api:message-detail",
)
_objects(
    CHILD,
    lambda nursery: {"pk": message_of(nursery).pk},
    "nursery:request-done",
    "api:message-done",
)
_objects(
    CHILD,
    lambda nursery: {"pk": NoticeFactory(institution=nursery.institution).pk},
    "nursery:notice-page",
    "nursery:notice-remind",
    "nursery:notice-withdraw",
    "family:notice-read",
    "api:notice-detail",
    "api:notice-read",
)
_objects(
    CLASS,
    lambda nursery: {"pk": nursery.small.pk},
    "nursery:class-board",
    "nursery:board-state",
    "api:class-detail",
)
_objects(
    CHILD,
    lambda nursery: {"pk": nursery.guardian.guardianships.get().child_id},
    "nursery:child-page",
    "nursery:child-edit",
    "nursery:child-history",
    "nursery:child-identity",
    "nursery:allergy-new",
    "family:child-day",
    "family:thread",
    "family:message-send",
    "nursery:thread",
    "nursery:message-send",
    "family:changes",
    "family:child-readers",
    "api:child-detail",
    "api:child-unmask",
    "api:child-timeline",
)
_objects(
    CHILD,
    lambda nursery: {
        "pk": nursery.guardian.guardianships.get().child_id,
        "guardian": nursery.guardian.guardianships.get().pk,
    },
    "nursery:guardian-phone",
)
_objects(
    CHILD,
    lambda nursery: {
        "pk": nursery.guardian.guardianships.get().child_id,
        "day": dt.date(2026, 11, 20),
    },
    "family:child-past-day",
)
_objects(
    CHILD,
    lambda nursery: {"child_id": nursery.guardian.guardianships.get().child_id},
    "health:check-record",
    "health:measurement-record",
)
_objects(
    STAFF,
    lambda nursery: {"pk": nursery.carer.memberships.get().pk},
    "training:staff-detail",
    "training:certificate-add",
    "training:training-add",
)
_objects(
    STAFF,
    lambda nursery: {"pk": nursery.carer.memberships.get().pk},
    "nursery:pin-reset",
    "nursery:pin-unlock",
    "nursery:factor-reset",
)
_objects(DEVICE, lambda nursery: {"pk": nursery.tablet.pk}, "nursery:device-revoke")
_objects(
    DEVICE,
    lambda nursery: {"pk": nursery.machine.pk},
    "nursery:machine-key",
    "nursery:machine-old-key",
)
_objects(DEVICE, lambda nursery: {"pk": nursery.pairing.pk}, "nursery:pairing")
