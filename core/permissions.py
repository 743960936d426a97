"""Who may do what: one enum of permissions, one table from role to permissions. Views name a permission, never a role.

What a role may *see* is not here: that is the scope of each model (core.scoping).
"""

from enum import StrEnum, auto

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    PLATFORM_ADMIN = "platform_admin", _("Platform administrator")
    CITY_REGULATOR = "city_regulator", _("City regulator")
    COUNTY_REGULATOR = "county_regulator", _("County regulator")
    TOWN_REGULATOR = "town_regulator", _("Town regulator")
    AUDITOR = "auditor", _("Auditor")
    ASSESSOR = "assessor", _("Quality assessor")
    TRAINER = "trainer", _("Trainer")
    DIRECTOR = "director", _("Nursery director")
    CARER = "carer", _("Carer")
    HEALTH_WORKER = "health_worker", _("Health worker")
    CLERK = "clerk", _("Clerk")
    CLINIC_DOCTOR = "clinic_doctor", _("Clinic doctor")
    GUARDIAN = "guardian", _("Guardian")
    RELATIVE = "relative", _("Relative")


REGION_ROLES = frozenset(
    {
        Role.PLATFORM_ADMIN,
        Role.CITY_REGULATOR,
        Role.COUNTY_REGULATOR,
        Role.TOWN_REGULATOR,
        Role.AUDITOR,
        Role.ASSESSOR,
        Role.TRAINER,
    }
)
INSTITUTION_ROLES = frozenset({Role.DIRECTOR, Role.CARER, Role.HEALTH_WORKER, Role.CLERK})
FAMILY_ROLES = frozenset({Role.GUARDIAN, Role.RELATIVE})


class Permission(StrEnum):
    SYSTEM_WATCH = auto()
    DELIVERY_RETRY = auto()
    OVERVIEW_READ = auto()
    INSTITUTIONS_READ = auto()
    AUDIT_READ = auto()
    AUDIT_EXPORT = auto()
    INSTITUTION_WRITE = auto()
    NURSERY_READ = auto()
    ADMISSIONS_READ = auto()
    ADMISSIONS_WRITE = auto()
    CHILDREN_READ = auto()
    CHILDREN_WRITE = auto()
    CHILD_UNMASK = auto()
    CHILD_ERASE = auto()
    HISTORY_READ = auto()
    DAILY_LOG_READ = auto()
    DAILY_LOG_WRITE = auto()
    ENTRY_KINDS_WRITE = auto()
    ATTENDANCE_READ = auto()
    ATTACHMENT_WRITE = auto()
    HEALTH_READ = auto()
    HEALTH_WRITE = auto()
    QUALITY_READ = auto()
    QUALITY_WRITE = auto()
    TRAINING_READ = auto()
    TRAINING_WRITE = auto()
    FAMILY_READ = auto()
    TABLETS_WRITE = auto()
    MACHINES_WRITE = auto()
    PINS_WRITE = auto()
    STAFF_FACTORS_RESET = auto()
    FACTORS_RESET = auto()
    READERS_READ = auto()
    PICKUP_READ = auto()
    PICKUP_WRITE = auto()
    PLANS_READ = auto()
    PLANS_WRITE = auto()
    ABSENCE_FOLLOW = auto()
    INCIDENTS_READ = auto()
    INCIDENTS_WRITE = auto()
    INCIDENTS_REVIEW = auto()
    INCIDENTS_REPORT = auto()
    INCIDENTS_OVERSEE = auto()
    INCIDENTS_ACKNOWLEDGE = auto()
    ALERTS_READ = auto()
    ALERTS_WRITE = auto()
    ALERTS_OVERSEE = auto()
    MESSAGES_READ = auto()
    MESSAGES_WRITE = auto()
    TEAM_MESSAGES = auto()
    FAMILY_MESSAGES = auto()
    NOTICES_READ = auto()
    NOTICES_WRITE = auto()
    FAMILY_NOTICES = auto()
    STAFF_READ = auto()
    STAFF_WRITE = auto()
    STAFF_UNMASK = auto()
    PRESENCE_WRITE = auto()
    LEDGER_WRITE = auto()
    FOOD_READ = auto()
    FOOD_WRITE = auto()
    MEAL_MONEY = auto()


P = Permission
_regulator = {P.OVERVIEW_READ, P.INSTITUTIONS_READ, P.QUALITY_READ, P.TRAINING_READ, P.HEALTH_READ}
_overseer = _regulator | {P.INCIDENTS_OVERSEE}
_incidents = {P.INCIDENTS_READ, P.INCIDENTS_WRITE}
_messages = {P.MESSAGES_READ, P.MESSAGES_WRITE}
_team_messages = _messages | {P.TEAM_MESSAGES}
_nursery = {
    P.NURSERY_READ,
    P.INSTITUTIONS_READ,
    P.CHILDREN_READ,
    P.DAILY_LOG_READ,
    P.ATTENDANCE_READ,
    P.PICKUP_READ,
    P.PLANS_READ,
    P.ALERTS_READ,
    P.ALERTS_WRITE,
    P.NOTICES_READ,
    P.PRESENCE_WRITE,
    P.LEDGER_WRITE,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.PLATFORM_ADMIN: frozenset(
        {P.CHILD_ERASE, P.SYSTEM_WATCH, P.DELIVERY_RETRY, P.INSTITUTIONS_READ, P.FACTORS_RESET}
    ),
    Role.CITY_REGULATOR: frozenset(_overseer),
    Role.COUNTY_REGULATOR: frozenset(_overseer),
    Role.TOWN_REGULATOR: frozenset(_overseer),
    Role.AUDITOR: frozenset(
        {
            P.AUDIT_READ,
            P.AUDIT_EXPORT,
            P.HISTORY_READ,
            P.OVERVIEW_READ,
            P.INSTITUTIONS_READ,
        }
    ),
    Role.ASSESSOR: frozenset({P.QUALITY_READ, P.INSTITUTIONS_READ}),
    Role.TRAINER: frozenset({P.TRAINING_READ, P.TRAINING_WRITE, P.INSTITUTIONS_READ}),
    Role.DIRECTOR: frozenset(
        _nursery
        | _team_messages
        | _incidents
        | {
            P.DAILY_LOG_WRITE,
            P.ABSENCE_FOLLOW,
            P.INCIDENTS_REVIEW,
            P.INCIDENTS_REPORT,
            P.ENTRY_KINDS_WRITE,
            P.ATTACHMENT_WRITE,
            P.INSTITUTION_WRITE,
            P.ADMISSIONS_READ,
            P.ADMISSIONS_WRITE,
            P.CHILDREN_WRITE,
            P.CHILD_UNMASK,
            P.HISTORY_READ,
            P.HEALTH_READ,
            P.QUALITY_READ,
            P.QUALITY_WRITE,
            P.TRAINING_READ,
            P.TRAINING_WRITE,
            P.TABLETS_WRITE,
            P.MACHINES_WRITE,
            P.PINS_WRITE,
            P.STAFF_FACTORS_RESET,
            P.ALERTS_OVERSEE,
            P.NOTICES_WRITE,
            P.STAFF_READ,
            P.STAFF_WRITE,
            P.STAFF_UNMASK,
            P.FOOD_READ,
            P.FOOD_WRITE,
            P.MEAL_MONEY,
        }
    ),
    Role.CARER: frozenset(
        _nursery
        | _team_messages
        | _incidents
        | {P.DAILY_LOG_WRITE, P.ABSENCE_FOLLOW, P.ATTACHMENT_WRITE, P.FOOD_READ}
    ),
    Role.HEALTH_WORKER: frozenset(
        _nursery
        | _team_messages
        | _incidents
        | {
            P.DAILY_LOG_WRITE,
            P.ABSENCE_FOLLOW,
            P.INCIDENTS_REVIEW,
            P.ATTACHMENT_WRITE,
            P.HEALTH_READ,
            P.HEALTH_WRITE,
            P.FOOD_READ,
            P.FOOD_WRITE,
        }
    ),
    Role.CLERK: frozenset(
        _nursery
        | {
            P.INSTITUTION_WRITE,
            P.ADMISSIONS_READ,
            P.ADMISSIONS_WRITE,
            P.CHILDREN_WRITE,
            P.CHILD_UNMASK,
            P.HISTORY_READ,
            P.TRAINING_READ,
            P.TABLETS_WRITE,
            P.NOTICES_WRITE,
            P.MEAL_MONEY,
        }
    ),
    Role.CLINIC_DOCTOR: frozenset({P.HEALTH_READ, P.INSTITUTIONS_READ}),
    Role.GUARDIAN: frozenset(
        _messages
        | {
            P.FAMILY_MESSAGES,
            P.NOTICES_READ,
            P.FAMILY_NOTICES,
            P.INCIDENTS_ACKNOWLEDGE,
            P.FAMILY_READ,
            P.READERS_READ,
            P.CHILDREN_READ,
            P.DAILY_LOG_READ,
            P.PICKUP_READ,
            P.PICKUP_WRITE,
            P.PLANS_READ,
            P.PLANS_WRITE,
        }
    ),
    Role.RELATIVE: frozenset({P.FAMILY_READ, P.CHILDREN_READ, P.DAILY_LOG_READ}),
}

# What a PIN on a paired tablet opens, at most: the care of the day. The office needs a password.
TABLET_PERMISSIONS = frozenset(
    _nursery
    | _team_messages
    | _incidents
    | {
        P.DAILY_LOG_WRITE,
        P.ABSENCE_FOLLOW,
        P.ATTACHMENT_WRITE,
        P.HEALTH_READ,
        P.HEALTH_WRITE,
        P.FOOD_READ,
    }
)
