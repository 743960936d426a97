"""What every URL and method asks for, and which object it is tried on. Read by people before it is read by tests.

A row: URL name -> {method: permission}. A URL or method that is not here, or is here and no longer exists, fails the build.
`OBJECTS` gives the object of a nursery that stands in the URL; `VISIBLE` says what kind of object it is, and so who sees it.
"""

import datetime as dt
from collections.abc import Callable

from factory.django import DjangoModelFactory

from core.permissions import Permission
from institution.models import (
    Alert,
    Dish,
    Incident,
    IncidentNotice,
    Message,
    PickupPass,
    PickupQuestion,
    PlannedDay,
    ServiceFee,
    StaffFile,
)
from institution.pass_codes import token_of
from tests.delivery.posts import case_of, conflict_of, hazard_of
from tests.factories.city import Nursery
from tests.factories.institution import (
    AlertFactory,
    ApplicationFactory,
    ClassCapacityFactory,
    ClosureFactory,
    ContractFactory,
    DietNeedFactory,
    DishFactory,
    FoodSampleFactory,
    IncidentFactory,
    IncidentNoticeFactory,
    IncidentReportFactory,
    IngredientFactory,
    LedgerScheduleFactory,
    LicenceFactory,
    MakeupDayFactory,
    MealEntryFactory,
    MealMonthFactory,
    MenuFactory,
    MenuItemFactory,
    MessageFactory,
    NoticeFactory,
    OfferFactory,
    PickupPassFactory,
    PickupPersonFactory,
    PickupQuestionFactory,
    PlannedDayFactory,
    RoomFactory,
    RoomUseFactory,
    ServiceFeeFactory,
    ShiftFactory,
    StaffFileFactory,
    StaffLeaveFactory,
    StaffPresenceFactory,
    SubstituteFactory,
    ThreadFactory,
    VisitSlotFactory,
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
    "portal:start": {"GET": OPEN, "POST": OPEN},
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
    "nursery:child-import": {"GET": P.CHILDREN_WRITE, "POST": P.CHILDREN_WRITE},
    "nursery:child-sheet": {"GET": P.CHILDREN_WRITE},
    "nursery:child-export": {"POST": P.CHILDREN_WRITE},
    "nursery:child-edit": {"GET": P.CHILDREN_WRITE, "POST": P.CHILDREN_WRITE},
    "nursery:child-history": {"GET": P.HISTORY_READ},
    "nursery:child-identity": {"POST": P.CHILD_UNMASK},
    "nursery:guardian-phone": {"POST": P.CHILD_UNMASK},
    "nursery:guardian-invite": {"POST": P.CHILDREN_WRITE},
    "nursery:staff-invite": {"POST": P.STAFF_WRITE},
    "nursery:allergy-new": {"POST": P.CHILDREN_WRITE},
    "nursery:allergy-remove": {"POST": P.CHILDREN_WRITE},
    "nursery:child-class": {"GET": P.CHILDREN_WRITE, "POST": P.CHILDREN_WRITE},
    "nursery:child-leave": {"GET": P.CHILDREN_WRITE, "POST": P.CHILDREN_WRITE},
    "nursery:admission-board": {"GET": P.ADMISSIONS_READ},
    "nursery:admission-planner": {"GET": P.ADMISSIONS_READ},
    "nursery:visit-list": {"GET": P.ADMISSIONS_WRITE, "POST": P.ADMISSIONS_WRITE},
    "nursery:visit-remove": {"POST": P.ADMISSIONS_WRITE},
    "nursery:visit-book": {"POST": P.ADMISSIONS_WRITE},
    "nursery:application-new": {"GET": P.ADMISSIONS_WRITE, "POST": P.ADMISSIONS_WRITE},
    "nursery:application-page": {"GET": P.ADMISSIONS_READ},
    "nursery:application-edit": {"GET": P.ADMISSIONS_WRITE, "POST": P.ADMISSIONS_WRITE},
    "nursery:application-move": {"POST": P.ADMISSIONS_WRITE},
    "nursery:application-phone": {"POST": P.ADMISSIONS_WRITE},
    "nursery:offer-make": {"GET": P.ADMISSIONS_WRITE, "POST": P.ADMISSIONS_WRITE},
    "nursery:contract-sign": {"GET": P.ADMISSIONS_WRITE, "POST": P.ADMISSIONS_WRITE},
    "nursery:application-start": {"GET": P.ADMISSIONS_WRITE, "POST": P.ADMISSIONS_WRITE},
    "nursery:file": {"GET": P.NURSERY_READ},
    "nursery:file-identity": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:file-site": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:file-service": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:fee-set": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:licence-add": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:licence-remove": {"POST": P.INSTITUTION_WRITE},
    "nursery:child-pickup": {"GET": P.DAILY_LOG_WRITE},
    "nursery:absence-list": {"GET": P.ABSENCE_FOLLOW},
    "nursery:ledgers": {"GET": P.LEDGER_WRITE},
    "nursery:ledger-month": {"GET": P.LEDGER_WRITE},
    "nursery:ledger-add": {"GET": P.LEDGER_WRITE, "POST": P.LEDGER_WRITE},
    "nursery:ledger-done": {"GET": P.LEDGER_WRITE, "POST": P.LEDGER_WRITE},
    "nursery:ledger-entry": {"GET": P.LEDGER_WRITE},
    "nursery:ledger-settle": {"GET": P.LEDGER_WRITE, "POST": P.LEDGER_WRITE},
    "nursery:ledger-correct": {"GET": P.LEDGER_WRITE, "POST": P.LEDGER_WRITE},
    "nursery:ledger-strike": {"GET": P.LEDGER_WRITE, "POST": P.LEDGER_WRITE},
    "nursery:ledger-schedules": {"GET": P.LEDGER_WRITE},
    "nursery:ledger-schedule-add": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:ledger-schedule": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:absence-case": {"GET": P.ABSENCE_FOLLOW},
    "nursery:absence-describe": {"POST": P.ABSENCE_FOLLOW},
    "nursery:absence-note": {"POST": P.ABSENCE_FOLLOW},
    "nursery:absence-close": {"POST": P.ABSENCE_FOLLOW},
    "nursery:incident-list": {"GET": P.INCIDENTS_READ},
    "nursery:incident-new": {"GET": P.INCIDENTS_WRITE, "POST": P.INCIDENTS_WRITE},
    "nursery:incident": {"GET": P.INCIDENTS_READ},
    "nursery:incident-edit": {"GET": P.INCIDENTS_WRITE, "POST": P.INCIDENTS_WRITE},
    "nursery:incident-submit": {"POST": P.INCIDENTS_WRITE},
    "nursery:incident-back": {"POST": P.INCIDENTS_REVIEW},
    "nursery:incident-correct": {"GET": P.INCIDENTS_REVIEW, "POST": P.INCIDENTS_REVIEW},
    "nursery:incident-approve": {"POST": P.INCIDENTS_REVIEW},
    "nursery:incident-close": {"POST": P.INCIDENTS_REVIEW},
    "nursery:incident-report": {"POST": P.INCIDENTS_REPORT},
    "family:child-incidents": {"GET": P.INCIDENTS_ACKNOWLEDGE},
    "family:incident": {"GET": P.INCIDENTS_ACKNOWLEDGE},
    "family:incident-acknowledge": {"POST": P.INCIDENTS_ACKNOWLEDGE},
    "gov:incident-list": {"GET": P.INCIDENTS_OVERSEE},
    "api:incident-list": {"GET": P.INCIDENTS_READ, "POST": P.INCIDENTS_WRITE},
    "api:incident-detail": {"GET": P.INCIDENTS_READ},
    "api:incident-submit": {"POST": P.INCIDENTS_WRITE},
    "api:incident-notice-list": {"GET": P.INCIDENTS_ACKNOWLEDGE},
    "api:incident-notice-detail": {"GET": P.INCIDENTS_ACKNOWLEDGE},
    "nursery:pickup-ask": {"GET": P.DAILY_LOG_WRITE, "POST": P.DAILY_LOG_WRITE},
    "nursery:pickup-hand-over": {"POST": P.DAILY_LOG_WRITE},
    "nursery:door": {"GET": P.DAILY_LOG_WRITE},
    "nursery:door-look": {"POST": P.DAILY_LOG_WRITE},
    "nursery:door-take": {"POST": P.DAILY_LOG_WRITE},
    "nursery:kiosk": {"GET": TABLET},
    "nursery:kiosk-look": {"POST": TABLET},
    "nursery:kiosk-take": {"POST": TABLET},
    "nursery:class-list": {"GET": P.NURSERY_READ},
    "nursery:class-open": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:class-rename": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:class-places": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:class-close": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:room-add": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:room-edit": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:room-use": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:calendar": {"GET": P.NURSERY_READ},
    "nursery:closure-add": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:closure-remove": {"POST": P.INSTITUTION_WRITE},
    "nursery:extra-day-add": {"GET": P.INSTITUTION_WRITE, "POST": P.INSTITUTION_WRITE},
    "nursery:extra-day-remove": {"POST": P.INSTITUTION_WRITE},
    "nursery:menu": {"GET": P.FOOD_READ},
    "nursery:menu-open": {"POST": P.FOOD_WRITE},
    "nursery:menu-meals": {"GET": P.FOOD_WRITE, "POST": P.FOOD_WRITE},
    "nursery:menu-pick": {"GET": P.FOOD_WRITE, "POST": P.FOOD_WRITE},
    "nursery:menu-publish": {"POST": P.FOOD_WRITE},
    "nursery:menu-take-back": {"POST": P.FOOD_WRITE},
    "nursery:menu-item-remove": {"POST": P.FOOD_WRITE},
    "nursery:meals-today": {"GET": P.FOOD_READ},
    "nursery:diet-list": {"GET": P.FOOD_READ},
    "nursery:diet-add": {"GET": P.FOOD_WRITE, "POST": P.FOOD_WRITE},
    "nursery:diet-end": {"POST": P.FOOD_WRITE},
    "nursery:substitute-pick": {"GET": P.FOOD_WRITE, "POST": P.FOOD_WRITE},
    "nursery:sample-list": {"GET": P.FOOD_READ},
    "nursery:sample-take": {"GET": P.FOOD_WRITE, "POST": P.FOOD_WRITE},
    "nursery:sample-destroy": {"POST": P.FOOD_WRITE},
    "nursery:meal-ledger": {"GET": P.MEAL_MONEY},
    "nursery:meal-entry-add": {"GET": P.MEAL_MONEY, "POST": P.MEAL_MONEY},
    "nursery:meal-entry-reverse": {"POST": P.MEAL_MONEY},
    "nursery:meal-month-close": {"POST": P.MEAL_MONEY},
    "nursery:dish-list": {"GET": P.FOOD_READ},
    "nursery:dish-page": {"GET": P.FOOD_READ},
    "nursery:dish-add": {"GET": P.FOOD_WRITE, "POST": P.FOOD_WRITE},
    "nursery:dish-edit": {"GET": P.FOOD_WRITE, "POST": P.FOOD_WRITE},
    "nursery:dish-amounts": {"GET": P.FOOD_WRITE, "POST": P.FOOD_WRITE},
    "nursery:ingredient-list": {"GET": P.FOOD_READ},
    "nursery:ingredient-add": {"GET": P.FOOD_WRITE, "POST": P.FOOD_WRITE},
    "nursery:ingredient-edit": {"GET": P.FOOD_WRITE, "POST": P.FOOD_WRITE},
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
    "nursery:staff-list": {"GET": P.STAFF_READ},
    "nursery:staff-page": {"GET": P.STAFF_READ},
    "nursery:staff-new": {"GET": P.STAFF_WRITE, "POST": P.STAFF_WRITE},
    "nursery:staff-open": {"GET": P.STAFF_WRITE, "POST": P.STAFF_WRITE},
    "nursery:staff-edit": {"GET": P.STAFF_WRITE, "POST": P.STAFF_WRITE},
    "nursery:staff-end": {"GET": P.STAFF_WRITE, "POST": P.STAFF_WRITE},
    "nursery:staff-phone": {"POST": P.STAFF_UNMASK},
    "nursery:staff-document": {"POST": P.STAFF_UNMASK},
    "nursery:staff-health": {"POST": P.STAFF_UNMASK},
    "nursery:clock": {"GET": P.PRESENCE_WRITE},
    "nursery:clock-in": {"POST": P.PRESENCE_WRITE},
    "nursery:clock-out": {"POST": P.PRESENCE_WRITE},
    "nursery:presence": {"GET": P.STAFF_READ},
    "nursery:presence-add": {"GET": P.STAFF_WRITE, "POST": P.STAFF_WRITE},
    "nursery:presence-correct": {"GET": P.STAFF_WRITE, "POST": P.STAFF_WRITE},
    "nursery:presence-remove": {"POST": P.STAFF_WRITE},
    "nursery:ratio": {"GET": P.NURSERY_READ},
    "nursery:ratio-csv": {"GET": P.NURSERY_READ},
    "nursery:ratio-day": {"GET": P.NURSERY_READ},
    "nursery:roster": {"GET": P.NURSERY_READ},
    "nursery:roster-copy": {"POST": P.STAFF_WRITE},
    "nursery:shift-add": {"GET": P.STAFF_WRITE, "POST": P.STAFF_WRITE},
    "nursery:shift-remove": {"POST": P.STAFF_WRITE},
    "nursery:leave-ask": {"GET": P.PRESENCE_WRITE, "POST": P.PRESENCE_WRITE},
    "nursery:leave-grant": {"POST": P.STAFF_WRITE},
    "nursery:leave-refuse": {"POST": P.STAFF_WRITE},
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
    "family:menu": {"GET": P.FAMILY_READ},
    "family:child-menu": {"GET": P.FAMILY_READ},
    "family:plans": {"GET": P.PLANS_WRITE},
    "family:child-plans": {"GET": P.PLANS_WRITE},
    "family:plan-day": {"GET": P.PLANS_WRITE, "POST": P.PLANS_WRITE},
    "family:plan-clear": {"POST": P.PLANS_WRITE},
    "family:pickup": {"GET": P.PICKUP_WRITE},
    "family:child-pickup": {"GET": P.PICKUP_WRITE},
    "family:pickup-person-add": {"GET": P.PICKUP_WRITE, "POST": P.PICKUP_WRITE},
    "family:pickup-person-end": {"POST": P.PICKUP_WRITE},
    "family:pickup-answer": {"POST": P.PICKUP_WRITE},
    "family:pass-make": {"POST": P.PICKUP_WRITE},
    "family:pass": {"GET": P.PICKUP_WRITE},
    "family:pass-end": {"POST": P.PICKUP_WRITE},
    "family:shared-pass": {"GET": OPEN},
    "family:manifest": {"GET": OPEN},
    "family:worker": {"GET": OPEN},
    # health, quality, training
    "health:today": {"GET": P.HEALTH_READ},
    "health:entry-list": {"GET": P.HEALTH_WRITE},
    "health:entry-record": {"GET": P.HEALTH_WRITE, "POST": P.HEALTH_WRITE},
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
    "api:notice-list": {"GET": P.NOTICES_READ, "POST": P.NOTICES_WRITE},
    "api:notice-detail": {"GET": P.NOTICES_READ},
    "api:notice-read": {"POST": P.FAMILY_NOTICES},
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
    "api:institution-days": {"GET": P.INSTITUTIONS_READ},
    "api:closure-list": {"GET": P.INSTITUTIONS_READ, "POST": P.INSTITUTION_WRITE},
    "api:closure-detail": {"GET": P.INSTITUTIONS_READ, "DELETE": P.INSTITUTION_WRITE},
    "api:makeup-day-list": {"GET": P.INSTITUTIONS_READ, "POST": P.INSTITUTION_WRITE},
    "api:makeup-day-detail": {"GET": P.INSTITUTIONS_READ, "DELETE": P.INSTITUTION_WRITE},
    "api:ingredient-list": {"GET": P.FOOD_READ, "POST": P.FOOD_WRITE},
    "api:ingredient-detail": {"GET": P.FOOD_READ},
    "api:dish-list": {"GET": P.FOOD_READ, "POST": P.FOOD_WRITE},
    "api:dish-detail": {"GET": P.FOOD_READ},
    "api:menu-list": {"GET": P.FOOD_READ, "POST": P.FOOD_WRITE},
    "api:menu-detail": {"GET": P.FOOD_READ},
    "api:menu-publish": {"POST": P.FOOD_WRITE},
    "api:menu-take-back": {"POST": P.FOOD_WRITE},
    "api:menu-item-list": {"GET": P.FOOD_READ, "POST": P.FOOD_WRITE},
    "api:menu-item-detail": {"GET": P.FOOD_READ, "DELETE": P.FOOD_WRITE},
    "api:diet-need-list": {"GET": P.FOOD_READ, "POST": P.FOOD_WRITE},
    "api:diet-need-detail": {"GET": P.FOOD_READ, "DELETE": P.FOOD_WRITE},
    "api:substitute-list": {"GET": P.FOOD_READ, "POST": P.FOOD_WRITE},
    "api:substitute-detail": {"GET": P.FOOD_READ},
    "api:food-sample-list": {"GET": P.FOOD_READ, "POST": P.FOOD_WRITE},
    "api:food-sample-detail": {"GET": P.FOOD_READ},
    "api:food-sample-destroyed": {"POST": P.FOOD_WRITE},
    "api:meal-entry-list": {"GET": P.MEAL_MONEY, "POST": P.MEAL_MONEY},
    "api:meal-entry-detail": {"GET": P.MEAL_MONEY},
    "api:meal-entry-reverse": {"POST": P.MEAL_MONEY},
    "api:meal-month-list": {"GET": P.MEAL_MONEY, "POST": P.MEAL_MONEY},
    "api:meal-month-detail": {"GET": P.MEAL_MONEY},
    "api:class-list": {"GET": P.NURSERY_READ, "POST": P.INSTITUTION_WRITE},
    "api:class-detail": {"GET": P.NURSERY_READ, "PATCH": P.INSTITUTION_WRITE},
    "api:class-close": {"POST": P.INSTITUTION_WRITE},
    "api:class-capacity-list": {"GET": P.NURSERY_READ, "POST": P.INSTITUTION_WRITE},
    "api:class-capacity-detail": {"GET": P.NURSERY_READ},
    "api:room-list": {"GET": P.NURSERY_READ, "POST": P.INSTITUTION_WRITE},
    "api:room-detail": {"GET": P.NURSERY_READ, "PUT": P.INSTITUTION_WRITE},
    "api:room-use-list": {"GET": P.NURSERY_READ, "POST": P.INSTITUTION_WRITE},
    "api:room-use-detail": {"GET": P.NURSERY_READ},
    "api:child-list": {"GET": P.CHILDREN_READ},
    "api:child-detail": {"GET": P.CHILDREN_READ},
    "api:child-unmask": {"POST": P.CHILD_UNMASK},
    "api:enrolment-list": {"GET": P.NURSERY_READ},
    "api:enrolment-detail": {"GET": P.NURSERY_READ},
    "api:application-list": {"GET": P.ADMISSIONS_READ, "POST": P.ADMISSIONS_WRITE},
    "api:application-detail": {"GET": P.ADMISSIONS_READ},
    "api:application-move": {"POST": P.ADMISSIONS_WRITE},
    "api:application-visit": {"POST": P.ADMISSIONS_WRITE},
    "api:visit-slot-list": {"GET": P.ADMISSIONS_READ, "POST": P.ADMISSIONS_WRITE},
    "api:visit-slot-detail": {"GET": P.ADMISSIONS_READ, "DELETE": P.ADMISSIONS_WRITE},
    "api:application-offer": {"POST": P.ADMISSIONS_WRITE},
    "api:application-contract": {"POST": P.ADMISSIONS_WRITE},
    "api:application-start": {"POST": P.ADMISSIONS_WRITE},
    "api:offer-list": {"GET": P.ADMISSIONS_READ},
    "api:offer-detail": {"GET": P.ADMISSIONS_READ},
    "api:contract-list": {"GET": P.ADMISSIONS_READ},
    "api:contract-detail": {"GET": P.ADMISSIONS_READ},
    "api:attendance-list": {"GET": P.ATTENDANCE_READ},
    "api:attendance-detail": {"GET": P.ATTENDANCE_READ},
    "api:pickup-person-list": {"GET": P.PICKUP_READ, "POST": P.PICKUP_WRITE},
    "api:pickup-person-detail": {"GET": P.PICKUP_READ, "DELETE": P.PICKUP_WRITE},
    "api:pass-list": {"GET": P.PICKUP_READ, "POST": P.PICKUP_WRITE},
    "api:pass-detail": {"GET": P.PICKUP_READ, "DELETE": P.PICKUP_WRITE},
    "api:ledger-schedule-list": {"GET": P.LEDGER_WRITE, "POST": P.INSTITUTION_WRITE},
    "api:ledger-schedule-detail": {"GET": P.LEDGER_WRITE},
    "api:ledger-entry-list": {"GET": P.LEDGER_WRITE, "POST": P.LEDGER_WRITE},
    "api:ledger-entry-detail": {"GET": P.LEDGER_WRITE},
    "api:absence-case-list": {"GET": P.ABSENCE_FOLLOW},
    "api:absence-case-detail": {"GET": P.ABSENCE_FOLLOW},
    "api:absence-case-describe": {"POST": P.ABSENCE_FOLLOW},
    "api:absence-note-list": {"POST": P.ABSENCE_FOLLOW},
    "api:absence-case-close": {"POST": P.ABSENCE_FOLLOW},
    "api:planned-day-list": {"GET": P.PLANS_READ, "POST": P.PLANS_WRITE},
    "api:planned-day-detail": {"GET": P.PLANS_READ, "DELETE": P.PLANS_WRITE},
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
    ("nursery:guardian-invite", "POST"),
    ("nursery:child-export", "POST"),
    ("nursery:staff-invite", "POST"),
    ("nursery:application-phone", "POST"),
    ("api:child-unmask", "POST"),
    ("nursery:staff-phone", "POST"),
    ("nursery:staff-document", "POST"),
    ("nursery:staff-health", "POST"),
    ("nursery:tablet-new", "POST"),
    ("nursery:pairing", "POST"),
    ("nursery:machine-new", "POST"),
    ("nursery:machine-key", "POST"),
    ("nursery:machine-old-key", "POST"),
    ("nursery:device-revoke", "POST"),
    ("nursery:pin-reset", "POST"),
    ("nursery:pin-unlock", "POST"),
    ("nursery:factor-reset", "POST"),
    ("nursery:staff-phone", "POST"),
    ("nursery:staff-document", "POST"),
    ("nursery:staff-health", "POST"),
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
DEVICE, APPLICATION = "device", "application"
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


def staff_file_of(nursery: Nursery) -> StaffFile:
    member = nursery.carer.memberships.get()
    known = StaffFile.objects.filter(membership=member).first()
    return known or StaffFileFactory(membership=member)


def _of_carer(factory) -> Callable[[Nursery], dict]:
    """A new row of the nursery's carer; what stood there before would be in its way."""

    def make(nursery: Nursery) -> dict:
        member = nursery.carer.memberships.get()
        factory._meta.model.objects.filter(membership=member).delete()
        place = {"class_group": nursery.small} if factory is ShiftFactory else {}
        return {"pk": factory(membership=member, **place).pk}

    return make


def known_or(factory: type[DjangoModelFactory], **kwargs):
    """The same row each time it is asked for."""
    return factory._meta.model.objects.filter(**kwargs).first() or factory(**kwargs)


def dish_of(nursery: Nursery) -> Dish:
    return known_or(DishFactory, institution=nursery.institution, name="南瓜饼")


def _objects(kind: str, make: Callable[[Nursery], dict], *names: str) -> None:
    for name in names:
        VISIBLE[name], OBJECTS[name] = kind, make


_objects(PUBLIC, lambda nursery: {"pk": nursery.institution.pk}, "portal:institution-page")
_objects(
    INSTITUTION,
    lambda nursery: {"pk": nursery.institution.pk},
    "gov:institution-page",
    "api:institution-detail",
    "api:institution-days",
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
    INSTITUTION,
    lambda nursery: {"pk": known_or(ClosureFactory, institution=nursery.institution).pk},
    "api:closure-detail",
    "nursery:closure-remove",
)
_objects(
    INSTITUTION,
    lambda nursery: {"pk": known_or(MakeupDayFactory, institution=nursery.institution).pk},
    "api:makeup-day-detail",
    "nursery:extra-day-remove",
)
_objects(
    INSTITUTION,
    lambda nursery: {"pk": known_or(MenuFactory, institution=nursery.institution).pk},
    "nursery:menu-meals",
    "nursery:menu-pick",
    "nursery:menu-publish",
    "nursery:menu-take-back",
    "api:menu-detail",
    "api:menu-publish",
    "api:menu-take-back",
)
_objects(
    INSTITUTION,
    lambda nursery: {
        "pk": MenuItemFactory(
            menu=known_or(MenuFactory, institution=nursery.institution),
            institution=nursery.institution,
        ).pk
    },
    "nursery:menu-item-remove",
    "api:menu-item-detail",
)
_objects(
    INSTITUTION,
    lambda nursery: {"pk": known_or(FoodSampleFactory, dish=dish_of(nursery)).pk},
    "nursery:sample-destroy",
    "api:food-sample-detail",
    "api:food-sample-destroyed",
)
_objects(
    INSTITUTION,
    lambda nursery: {"pk": dish_of(nursery).pk, "day": dt.date(2026, 11, 20)},
    "nursery:sample-take",
)
_objects(
    INSTITUTION,
    lambda nursery: {"pk": MealEntryFactory(institution=nursery.institution).pk},
    "nursery:meal-entry-reverse",
    "api:meal-entry-detail",
    "api:meal-entry-reverse",
)
_objects(
    INSTITUTION,
    lambda nursery: {"pk": known_or(MealMonthFactory, institution=nursery.institution).pk},
    "api:meal-month-detail",
)
_objects(
    INSTITUTION,
    lambda nursery: {"pk": known_or(DishFactory, institution=nursery.institution).pk},
    "nursery:dish-page",
    "nursery:dish-edit",
    "nursery:dish-amounts",
    "api:dish-detail",
)
_objects(
    INSTITUTION,
    lambda nursery: {"pk": known_or(IngredientFactory, institution=nursery.institution).pk},
    "nursery:ingredient-edit",
    "api:ingredient-detail",
)
_objects(
    CLASS,
    lambda nursery: {"pk": nursery.small.pk},
    "nursery:class-board",
    "nursery:board-state",
    "api:class-detail",
    "api:class-close",
    "nursery:class-rename",
    "nursery:class-places",
    "nursery:class-close",
)
_objects(
    CLASS,
    lambda nursery: {"pk": known_or(ClassCapacityFactory, class_group=nursery.small).pk},
    "api:class-capacity-detail",
)
_objects(
    CLASS,
    lambda nursery: {"pk": known_or(RoomUseFactory, class_group=nursery.small).pk},
    "api:room-use-detail",
)
_objects(
    INSTITUTION,
    lambda nursery: {"pk": known_or(RoomFactory, institution=nursery.institution).pk},
    "api:room-detail",
    "nursery:room-edit",
)
_objects(
    CHILD,
    lambda nursery: {"pk": nursery.guardian.guardianships.get().child_id},
    "nursery:child-page",
    "nursery:child-edit",
    "nursery:child-history",
    "nursery:child-identity",
    "nursery:child-class",
    "nursery:child-leave",
    "nursery:allergy-new",
    "family:child-day",
    "family:thread",
    "family:message-send",
    "nursery:thread",
    "nursery:message-send",
    "family:changes",
    "family:child-readers",
    "family:child-pickup",
    "family:child-incidents",
    "family:child-plans",
    "family:child-menu",
    "family:pickup-person-add",
    "family:pass-make",
    "nursery:child-pickup",
    "nursery:pickup-ask",
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
    "nursery:guardian-invite",
)
_objects(
    CHILD,
    lambda nursery: {
        "pk": nursery.guardian.guardianships.get().child_id,
        "day": dt.date(2026, 11, 20),
    },
    "family:child-past-day",
)


def pass_of(nursery: Nursery) -> PickupPass:
    """One that can be shown, of the guardian's child."""
    child = nursery.guardian.guardianships.get().child
    person = PickupPersonFactory(institution=nursery.institution, child=child)
    return PickupPassFactory(person=person)


_objects(
    CHILD, lambda nursery: {"bundle": pass_of(nursery).bundle}, "family:pass", "family:pass-end"
)


def plan_of(nursery: Nursery) -> PlannedDay:
    """Told for the guardian's child."""
    child = nursery.guardian.guardianships.get().child
    known = PlannedDay.objects.filter(child=child).first()
    return known or PlannedDayFactory(institution=nursery.institution, child=child)


_objects(PUBLIC, lambda nursery: {"kind": "fire"}, "nursery:ledger-add")
_objects(
    INSTITUTION,
    lambda nursery: {
        "pk": known_or(LedgerScheduleFactory, institution=nursery.institution, kind="fire").pk
    },
    "nursery:ledger-done",
    "nursery:ledger-schedule",
    "api:ledger-schedule-detail",
)
_objects(
    INSTITUTION,
    lambda nursery: {"pk": hazard_of(nursery).pk},
    "nursery:ledger-entry",
    "nursery:ledger-settle",
    "nursery:ledger-correct",
    "nursery:ledger-strike",
    "api:ledger-entry-detail",
)
_objects(
    CHILD,
    lambda nursery: {"pk": case_of(nursery).pk},
    "nursery:absence-case",
    "nursery:absence-describe",
    "nursery:absence-note",
    "nursery:absence-close",
    "api:absence-case-detail",
    "api:absence-case-describe",
    "api:absence-case-close",
)


def incident_of(nursery: Nursery) -> Incident:
    """A draft about the guardian's child."""
    child = nursery.guardian.guardianships.get().child
    return IncidentFactory(class_group=nursery.small, about=child, written_by=nursery.carer)


def notice_of(nursery: Nursery) -> IncidentNotice:
    """That the guardian has not acknowledged."""
    child = nursery.guardian.guardianships.get().child
    return IncidentNoticeFactory(child=child, incident__class_group=nursery.small)


_objects(
    CHILD,
    lambda nursery: {"pk": incident_of(nursery).pk},
    "nursery:incident",
    "nursery:incident-edit",
    "nursery:incident-submit",
    "nursery:incident-back",
    "nursery:incident-correct",
    "nursery:incident-approve",
    "nursery:incident-close",
    "api:incident-detail",
    "api:incident-submit",
)
_objects(
    CHILD,
    lambda nursery: {"pk": IncidentReportFactory(incident__class_group=nursery.small).pk},
    "nursery:incident-report",
)
_objects(
    CHILD,
    lambda nursery: {"pk": notice_of(nursery).pk},
    "family:incident",
    "family:incident-acknowledge",
    "api:incident-notice-detail",
)


def question_of(nursery: Nursery) -> PickupQuestion:
    """Asked about the guardian's child, not answered."""
    child = nursery.guardian.guardianships.get().child
    return PickupQuestionFactory(class_group=nursery.small, child=child)


_objects(
    CHILD,
    lambda nursery: {"pk": question_of(nursery).pk},
    "nursery:pickup-hand-over",
    "family:pickup-answer",
)
_objects(
    CHILD,
    lambda nursery: {"pk": conflict_of(nursery)[0].pk, "child": conflict_of(nursery)[1].pk},
    "nursery:substitute-pick",
)
_objects(
    CHILD,
    lambda nursery: {
        "pk": known_or(
            DietNeedFactory,
            institution=nursery.institution,
            child=nursery.guardian.guardianships.get().child,
        ).pk
    },
    "nursery:diet-end",
    "api:diet-need-detail",
)
_objects(
    CHILD,
    lambda nursery: {
        "pk": known_or(
            SubstituteFactory,
            item=conflict_of(nursery)[0],
            child=conflict_of(nursery)[1],
        ).pk
    },
    "api:substitute-detail",
)
_objects(CHILD, lambda nursery: {"pk": plan_of(nursery).pk}, "api:planned-day-detail")
_objects(
    CHILD,
    lambda nursery: {"pk": plan_of(nursery).child_id, "day": plan_of(nursery).day},
    "family:plan-day",
    "family:plan-clear",
)
_objects(CHILD, lambda nursery: {"pk": pass_of(nursery).pk}, "api:pass-detail")
_objects(CHILD, lambda nursery: {"pk": pass_of(nursery).person_id}, "api:pickup-person-detail")
_objects(
    CHILD,
    lambda nursery: {
        "pk": nursery.guardian.guardianships.get().child_id,
        "person": pass_of(nursery).person_id,
    },
    "family:pickup-person-end",
)
_objects(PUBLIC, lambda nursery: {"token": token_of(pass_of(nursery).bundle)}, "family:shared-pass")
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
_objects(
    APPLICATION,
    lambda nursery: {"pk": ApplicationFactory(institution=nursery.institution).pk},
    "nursery:application-page",
    "nursery:application-edit",
    "nursery:application-move",
    "nursery:application-phone",
    "nursery:visit-book",
    "nursery:offer-make",
    "nursery:contract-sign",
    "nursery:application-start",
    "api:application-detail",
    "api:application-move",
    "api:application-visit",
    "api:application-offer",
    "api:application-contract",
    "api:application-start",
)
_objects(
    APPLICATION,
    lambda nursery: {"pk": ContractFactory(class_group=nursery.small).application.pk},
    "health:entry-record",
)
_objects(
    APPLICATION,
    lambda nursery: {"pk": VisitSlotFactory(institution=nursery.institution).pk},
    "nursery:visit-remove",
    "api:visit-slot-detail",
)
_objects(
    APPLICATION,
    lambda nursery: {"pk": OfferFactory(class_group=nursery.small).pk},
    "api:offer-detail",
)
_objects(
    APPLICATION,
    lambda nursery: {"pk": ContractFactory(class_group=nursery.small).pk},
    "api:contract-detail",
)
_objects(DEVICE, lambda nursery: {"pk": nursery.tablet.pk}, "nursery:device-revoke")
_objects(
    DEVICE,
    lambda nursery: {"pk": nursery.machine.pk},
    "nursery:machine-key",
    "nursery:machine-old-key",
)
_objects(DEVICE, lambda nursery: {"pk": nursery.pairing.pk}, "nursery:pairing")
_objects(
    STAFF,
    lambda nursery: {"pk": staff_file_of(nursery).pk},
    "nursery:staff-invite",
    "nursery:staff-page",
    "nursery:staff-edit",
    "nursery:staff-end",
    "nursery:staff-phone",
    "nursery:staff-document",
    "nursery:staff-health",
)
_objects(
    STAFF,
    lambda nursery: {"pk": nursery.carer.memberships.get().pk},
    "nursery:staff-open",
)
_objects(
    STAFF,
    _of_carer(StaffPresenceFactory),
    "nursery:presence-correct",
    "nursery:presence-remove",
)
_objects(STAFF, _of_carer(ShiftFactory), "nursery:shift-remove")
_objects(STAFF, _of_carer(StaffLeaveFactory), "nursery:leave-grant", "nursery:leave-refuse")
