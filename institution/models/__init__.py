from institution.models.absence import AbsenceCase, AbsenceNote, IllnessRule
from institution.models.admission import Application, ApplicationStep, Contract, Offer
from institution.models.alert import Alert, AlertRule, Push
from institution.models.attendance import Attendance
from institution.models.child import Allergy, Child, ChildGrant
from institution.models.class_capacity import ClassCapacity
from institution.models.class_group import ClassGroup, ClassTypeRule
from institution.models.closure import Closure, MakeupDay
from institution.models.daily_count import DailyCount
from institution.models.daily_entry import DailyEntry
from institution.models.diet import DietNeed, Substitute
from institution.models.enrolment import Enrolment
from institution.models.entry_kind import EntryKind
from institution.models.food import Dish, DishAmount, DishServing, Ingredient
from institution.models.food_sample import FoodSample
from institution.models.guardianship import Guardianship
from institution.models.incident import (
    Incident,
    IncidentChild,
    IncidentNotice,
    IncidentReport,
    IncidentStep,
    ReportRule,
)
from institution.models.institution import Institution, InstitutionGrant
from institution.models.ledger import LedgerEntry, LedgerRhythm, LedgerSchedule
from institution.models.licence import Licence
from institution.models.meal_ledger import MealEntry, MealMonth
from institution.models.membership import ClassDuty, Membership
from institution.models.menu import FoodRule, Menu, MenuItem
from institution.models.message import Message, MessageHours, ReadMark, Thread
from institution.models.notice import Notice, NoticeRead
from institution.models.pickup import PickupPass, PickupPerson, PickupQuestion
from institution.models.planned_day import PlannedDay
from institution.models.room import Room, RoomUse
from institution.models.roster import Shift, StaffLeave
from institution.models.row_change import RowChange
from institution.models.service_fee import ServiceFee
from institution.models.site_rule import SiteRule
from institution.models.staff import StaffFile, StaffIdentity
from institution.models.staff_presence import StaffPresence
from institution.models.visit import VisitBooking, VisitSlot

__all__ = [
    "AbsenceCase",
    "AbsenceNote",
    "Alert",
    "AlertRule",
    "Allergy",
    "Application",
    "ApplicationStep",
    "Attendance",
    "Child",
    "ChildGrant",
    "ClassCapacity",
    "ClassDuty",
    "ClassGroup",
    "ClassTypeRule",
    "Closure",
    "Contract",
    "DailyCount",
    "DailyEntry",
    "DietNeed",
    "Dish",
    "DishAmount",
    "DishServing",
    "Enrolment",
    "EntryKind",
    "FoodRule",
    "FoodSample",
    "Guardianship",
    "IllnessRule",
    "Incident",
    "IncidentChild",
    "IncidentNotice",
    "IncidentReport",
    "IncidentStep",
    "Ingredient",
    "Institution",
    "InstitutionGrant",
    "LedgerEntry",
    "LedgerRhythm",
    "LedgerSchedule",
    "Licence",
    "MakeupDay",
    "MealEntry",
    "MealMonth",
    "Membership",
    "Menu",
    "MenuItem",
    "Message",
    "MessageHours",
    "Notice",
    "NoticeRead",
    "Offer",
    "PickupPass",
    "PickupPerson",
    "PickupQuestion",
    "PlannedDay",
    "Push",
    "ReadMark",
    "ReportRule",
    "Room",
    "RoomUse",
    "RowChange",
    "ServiceFee",
    "Shift",
    "SiteRule",
    "StaffFile",
    "StaffIdentity",
    "StaffLeave",
    "StaffPresence",
    "Substitute",
    "Thread",
    "VisitBooking",
    "VisitSlot",
]
