from institution.models.alert import Alert, AlertRule, Push
from institution.models.attendance import Attendance
from institution.models.child import Allergy, Child, ChildGrant
from institution.models.class_group import ClassGroup, ClassTypeRule
from institution.models.daily_count import DailyCount
from institution.models.daily_entry import DailyEntry
from institution.models.enrolment import Enrolment
from institution.models.entry_kind import EntryKind
from institution.models.guardianship import Guardianship
from institution.models.institution import Institution, InstitutionGrant
from institution.models.licence import Licence
from institution.models.membership import ClassDuty, Membership
from institution.models.message import Message, MessageHours, ReadMark, Thread
from institution.models.notice import Notice, NoticeRead
from institution.models.row_change import RowChange
from institution.models.service_fee import ServiceFee
from institution.models.site_rule import SiteRule

__all__ = [
    "Alert",
    "AlertRule",
    "Allergy",
    "Attendance",
    "Child",
    "ChildGrant",
    "ClassDuty",
    "ClassGroup",
    "ClassTypeRule",
    "DailyCount",
    "DailyEntry",
    "Enrolment",
    "EntryKind",
    "Guardianship",
    "Institution",
    "InstitutionGrant",
    "Licence",
    "Membership",
    "Message",
    "MessageHours",
    "Notice",
    "NoticeRead",
    "Push",
    "ReadMark",
    "RowChange",
    "ServiceFee",
    "SiteRule",
    "Thread",
]
