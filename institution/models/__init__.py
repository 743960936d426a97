from institution.models.attendance import Attendance
from institution.models.child import Allergy, Child, ChildGrant
from institution.models.class_capacity import ClassCapacity
from institution.models.class_group import ClassGroup, ClassTypeRule
from institution.models.closure import Closure, MakeupDay
from institution.models.daily_count import DailyCount
from institution.models.daily_entry import DailyEntry
from institution.models.enrolment import Enrolment
from institution.models.entry_kind import EntryKind
from institution.models.guardianship import Guardianship
from institution.models.institution import Institution, InstitutionGrant
from institution.models.licence import Licence
from institution.models.membership import ClassDuty, Membership
from institution.models.room import Room, RoomUse
from institution.models.row_change import RowChange
from institution.models.service_fee import ServiceFee
from institution.models.site_rule import SiteRule

__all__ = [
    "Allergy",
    "Attendance",
    "Child",
    "ChildGrant",
    "ClassCapacity",
    "ClassDuty",
    "ClassGroup",
    "ClassTypeRule",
    "Closure",
    "DailyCount",
    "DailyEntry",
    "Enrolment",
    "EntryKind",
    "Guardianship",
    "Institution",
    "InstitutionGrant",
    "Licence",
    "MakeupDay",
    "Membership",
    "Room",
    "RoomUse",
    "RowChange",
    "ServiceFee",
    "SiteRule",
]
