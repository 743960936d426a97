import datetime as dt
import uuid
from decimal import Decimal

import factory
from django.db.models import F
from stdnum.cn import uscc

from core.calendar import day_bounds, local_day, now, today
from core.models.stream import take
from core.permissions import Role
from institution.alert_kinds import KINDS
from institution.enums import (
    AllergySeverity,
    ClassType,
    Employment,
    InstitutionForm,
    OperationMode,
    Relation,
    Sex,
    StaffPost,
)
from institution.models import (
    AbsenceCase,
    Alert,
    AlertRule,
    Allergy,
    Application,
    Attendance,
    Child,
    ClassCapacity,
    ClassDuty,
    ClassGroup,
    ClassTypeRule,
    Closure,
    Contract,
    DailyEntry,
    DietNeed,
    Dish,
    DishAmount,
    DishServing,
    Enrolment,
    EntryKind,
    FoodSample,
    Guardianship,
    IllnessRule,
    Incident,
    IncidentChild,
    IncidentNotice,
    IncidentReport,
    Ingredient,
    Institution,
    LedgerEntry,
    LedgerRhythm,
    LedgerSchedule,
    Licence,
    MakeupDay,
    MealEntry,
    MealMonth,
    Membership,
    Menu,
    MenuItem,
    Message,
    MessageHours,
    Notice,
    Offer,
    PickupPass,
    PickupPerson,
    PickupQuestion,
    PlannedDay,
    ReportRule,
    Room,
    RoomUse,
    ServiceFee,
    Shift,
    SiteRule,
    StaffFile,
    StaffIdentity,
    StaffLeave,
    StaffPresence,
    Substitute,
    Thread,
    VisitBooking,
    VisitSlot,
)
from institution.pass_codes import code_of, digest_of
from tests.factories.core import RegionFactory, UserFactory


def since(days: int) -> tuple[dt.date, None]:
    return today() - dt.timedelta(days=days), None


def _credit_code(start: str) -> str:
    return start + uscc.calc_check_digit(start)


class InstitutionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Institution

    name = factory.Sequence(lambda n: f"青禾托育园{n}")
    credit_code = factory.Sequence(lambda n: _credit_code(f"52370811{n:09d}"))
    region = factory.SubFactory(RegionFactory)
    form = InstitutionForm.CENTRE
    operation = OperationMode.PUBLIC_PRIVATE
    inclusive = True
    address = "济宁市任城区太白楼路 1 号"
    phone = "0537-2300000"
    places = 60


class ServiceFeeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ServiceFee

    institution = factory.SubFactory(InstitutionFactory)
    mode = "full_day"
    unit = "month"
    amount = Decimal(1280)
    valid_from = dt.date(2026, 1, 1)


class LicenceFactory(factory.django.DjangoModelFactory):
    """A fire certificate with half a year to go; `left` says otherwise, in days."""

    class Meta:
        model = Licence

    class Params:
        left = 180

    institution = factory.SubFactory(InstitutionFactory)
    kind = "fire"
    number = factory.Sequence(lambda n: f"济消验{n:05d}")
    issuer = "消防救援大队"
    valid_until = factory.LazyAttribute(lambda paper: today() + dt.timedelta(days=paper.left))
    issued_on = factory.LazyAttribute(lambda paper: paper.valid_until - dt.timedelta(days=365))
    added_by = factory.SubFactory(UserFactory)


class SiteRuleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SiteRule

    code = "highest_storey"
    most = Decimal(3)
    basis = "WS/T 821—2023 第 4.2 条（推荐性标准）"
    source = "made up for the tests"
    valid_from = dt.date(2024, 4, 1)


class ClassTypeRuleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ClassTypeRule
        django_get_or_create = ("class_type", "valid_from")

    class_type = ClassType.TODDLER_SMALL
    min_months = 12
    below_months = 24
    max_children = 15
    children_per_carer = 5
    basis = "托育机构设置标准（试行）第十九、二十条"
    valid_from = dt.date(2019, 10, 8)


class ClassGroupFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ClassGroup

    institution = factory.SubFactory(InstitutionFactory)
    name = factory.Sequence(lambda n: f"托小（{n}）班")
    class_type = ClassType.TODDLER_SMALL
    capacity = 15


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    institution = factory.SubFactory(InstitutionFactory)
    role = Role.CARER
    started_on = factory.LazyFunction(lambda: today() - dt.timedelta(days=300))


class ClassCapacityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ClassCapacity

    institution = factory.SelfAttribute("class_group.institution")
    class_group = factory.SubFactory(ClassGroupFactory)
    places = 18
    valid_from = factory.LazyFunction(lambda: today() - dt.timedelta(days=30))


class RoomFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Room

    institution = factory.SubFactory(InstitutionFactory)
    name = factory.Sequence(lambda n: f"活动室{n}")
    purpose = "care"
    storey = 1
    area = Decimal(60)


class RoomUseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RoomUse

    institution = factory.SelfAttribute("class_group.institution")
    class_group = factory.SubFactory(ClassGroupFactory)
    room = factory.SubFactory(
        RoomFactory, institution=factory.SelfAttribute("..class_group.institution")
    )
    during = factory.LazyFunction(lambda: since(50))


class ClosureFactory(factory.django.DjangoModelFactory):
    """A day of training, `first` to `last`."""

    class Meta:
        model = Closure

    class Params:
        first = factory.LazyFunction(lambda: today() + dt.timedelta(days=7))
        last = factory.SelfAttribute("first")

    institution = factory.SubFactory(InstitutionFactory)
    during = factory.LazyAttribute(lambda c: (c.first, c.last + dt.timedelta(days=1)))
    reason = "training"


class MakeupDayFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = MakeupDay

    institution = factory.SubFactory(InstitutionFactory)
    day = factory.LazyFunction(lambda: today() + dt.timedelta(days=8))


class ClassDutyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ClassDuty

    institution = factory.SelfAttribute("class_group.institution")
    class_group = factory.SubFactory(ClassGroupFactory)
    membership = factory.SubFactory(
        MembershipFactory, institution=factory.SelfAttribute("..class_group.institution")
    )
    during = factory.LazyFunction(lambda: since(200))


class StaffFileFactory(factory.django.DjangoModelFactory):
    """A carer with a complete file."""

    class Meta:
        model = StaffFile

    membership = factory.SubFactory(MembershipFactory)
    institution = factory.SelfAttribute("membership.institution")
    user = factory.SelfAttribute("membership.user")
    post = StaffPost.CARER
    employment = Employment.FULL_TIME
    during = factory.LazyAttribute(lambda file: (file.membership.started_on, None))
    contract_kind = "open"
    health_number = factory.Sequence(lambda n: f"鲁健{n:08d}")
    health_until = factory.LazyFunction(lambda: today() + dt.timedelta(days=200))
    clearance_asked_on = factory.LazyFunction(lambda: today() - dt.timedelta(days=100))
    clearance_clear_on = factory.LazyFunction(lambda: today() - dt.timedelta(days=95))


class StaffIdentityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = StaffIdentity

    user = factory.SubFactory(UserFactory)
    document_number = factory.Sequence(lambda n: f"E{n:08d}")


class StaffPresenceFactory(factory.django.DjangoModelFactory):
    """A carer who came an hour ago, or at midnight when that was yesterday."""

    class Meta:
        model = StaffPresence

    institution = factory.SelfAttribute("membership.institution")
    membership = factory.SubFactory(MembershipFactory)
    class_group = None
    day = factory.LazyAttribute(lambda stretch: local_day(stretch.during[0]))
    during = factory.LazyFunction(
        lambda: (max(now() - dt.timedelta(hours=1), day_bounds(today())[0]), None)
    )


class ShiftFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Shift

    institution = factory.SelfAttribute("class_group.institution")
    class_group = factory.SubFactory(ClassGroupFactory)
    membership = factory.SubFactory(
        MembershipFactory, institution=factory.SelfAttribute("..class_group.institution")
    )
    day = factory.LazyFunction(today)
    starts_at = dt.time(8)
    ends_at = dt.time(17)


class StaffLeaveFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = StaffLeave

    institution = factory.SelfAttribute("membership.institution")
    membership = factory.SubFactory(MembershipFactory)
    kind = "annual"
    during = factory.LazyFunction(lambda: (today(), today() + dt.timedelta(days=1)))


class ChildFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Child

    name = factory.Sequence(lambda n: f"孔令{n}")
    sex = factory.Iterator([Sex.FEMALE, Sex.MALE])
    born_on = factory.LazyFunction(lambda: today() - dt.timedelta(days=600))


class EnrolmentFactory(factory.django.DjangoModelFactory):
    """A child with its place in a class."""

    class Meta:
        model = Enrolment

    institution = factory.SelfAttribute("class_group.institution")
    class_group = factory.SubFactory(ClassGroupFactory)
    child = factory.SubFactory(ChildFactory)
    during = factory.LazyFunction(lambda: since(100))


class GuardianshipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Guardianship

    user = factory.SubFactory(UserFactory)
    child = factory.SubFactory(ChildFactory)
    relation = Relation.MOTHER


class AllergyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Allergy

    child = factory.SubFactory(ChildFactory)
    substance = "牛奶蛋白"
    severity = AllergySeverity.SEVERE
    icon = "milk-off"


class AttendanceFactory(factory.django.DjangoModelFactory):
    """A child that came this morning."""

    class Meta:
        model = Attendance

    institution = factory.SelfAttribute("class_group.institution")
    class_group = factory.SubFactory(ClassGroupFactory)
    day = factory.LazyFunction(today)
    arrived_at = factory.LazyFunction(now)


class ApplicationFactory(factory.django.DjangoModelFactory):
    """A family on the waiting list since yesterday, for a child of the younger toddlers."""

    class Meta:
        model = Application

    institution = factory.SubFactory(InstitutionFactory)
    name = factory.Sequence(lambda n: f"孟知{n}")
    sex = Sex.FEMALE
    born_on = factory.LazyFunction(lambda: today() - dt.timedelta(days=500))
    guardian_name = "孟先生"
    guardian_phone = "13805371234"
    relation = Relation.FATHER
    wished_month = factory.LazyFunction(lambda: today().replace(day=1))
    source = "phone"
    state = "waiting"
    state_since = factory.LazyFunction(now)
    waiting_since = factory.LazyFunction(lambda: today() - dt.timedelta(days=1))
    added_by = factory.SubFactory(UserFactory)


class OfferFactory(factory.django.DjangoModelFactory):
    """An open offer from today on, held for a week; its application stands where an offer puts it."""

    class Meta:
        model = Offer

    institution = factory.SelfAttribute("class_group.institution")
    class_group = factory.SubFactory(ClassGroupFactory)
    application = factory.SubFactory(
        ApplicationFactory,
        institution=factory.SelfAttribute("..class_group.institution"),
        state="offered",
    )
    start_on = factory.LazyFunction(today)
    expires_on = factory.LazyFunction(lambda: today() + dt.timedelta(days=7))
    made_by = factory.SubFactory(UserFactory)


class ContractFactory(factory.django.DjangoModelFactory):
    """Signed today for today; the child has not started."""

    class Meta:
        model = Contract

    institution = factory.SelfAttribute("class_group.institution")
    class_group = factory.SubFactory(ClassGroupFactory)
    application = factory.SubFactory(
        ApplicationFactory,
        institution=factory.SelfAttribute("..class_group.institution"),
        state="contracted",
    )
    mode = "full_day"
    fee_terms = factory.LazyFunction(lambda: [{"unit": "month", "amount": "1280.00"}])
    starts_on = factory.LazyFunction(today)
    signed_on = factory.LazyFunction(today)
    made_by = factory.SubFactory(UserFactory)


class VisitSlotFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = VisitSlot

    institution = factory.SubFactory(InstitutionFactory)
    starts_at = factory.Sequence(lambda n: now() + dt.timedelta(days=2, minutes=n))
    places = 2
    made_by = factory.SubFactory(UserFactory)


class VisitBookingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = VisitBooking

    institution = factory.SelfAttribute("slot.institution")
    slot = factory.SubFactory(VisitSlotFactory)
    application = factory.SubFactory(
        ApplicationFactory, institution=factory.SelfAttribute("..slot.institution"), state="visit"
    )


class EntryKindFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = EntryKind

    institution = factory.SubFactory(InstitutionFactory)
    code = "own-outdoor"
    label = "户外活动"
    icon = "trees"
    fields = factory.LazyFunction(
        lambda: [
            {
                "name": "minutes",
                "label": "时长",
                "type": "number",
                "unit": "min",
                "min": 0,
                "max": 600,
            }
        ]
    )


class DailyEntryFactory(factory.django.DjangoModelFactory):
    """An entry as if stored long ago: past the service, so neither counted nor announced."""

    class Meta:
        model = DailyEntry

    id = factory.LazyFunction(uuid.uuid4)
    root = factory.SelfAttribute("id")
    class_group = factory.SubFactory(ClassGroupFactory)
    institution = factory.SelfAttribute("class_group.institution")
    child = factory.SubFactory(ChildFactory)
    kind = "meal"
    at = factory.LazyFunction(now)
    detail = factory.LazyFunction(lambda: {"meal": "lunch", "amount": "all"})
    seq = factory.LazyAttribute(lambda entry: take(f"institution.{entry.institution.pk}")[0])
    recorded_by = factory.SubFactory(UserFactory)
    recorded_at = factory.LazyFunction(now)


class PickupPersonFactory(factory.django.DjangoModelFactory):
    """A grandmother on the list since yesterday. `institution` is the nursery of the child."""

    class Meta:
        model = PickupPerson

    institution = factory.SubFactory(InstitutionFactory)
    child = factory.SubFactory(ChildFactory)
    name = factory.Sequence(lambda n: f"李秀{n}")
    relation = "grandmother"
    phone = "13805371234"
    valid_from = factory.LazyFunction(lambda: today() - dt.timedelta(days=1))
    added_by = factory.SubFactory(UserFactory)


class PickupPassFactory(factory.django.DjangoModelFactory):
    """Made just now for a person on the list; `code_of(row.bundle)` is what is typed."""

    class Meta:
        model = PickupPass

    person = factory.SubFactory(PickupPersonFactory)
    institution = factory.SelfAttribute("person.institution")
    child = factory.SelfAttribute("person.child")
    bundle = factory.LazyFunction(uuid.uuid4)
    code_digest = factory.LazyAttribute(lambda row: digest_of(code_of(row.bundle)))
    direction = "fetch"
    made_by = factory.SubFactory(UserFactory)
    made_at = factory.LazyFunction(now)
    expires_at = factory.LazyAttribute(lambda row: row.made_at + dt.timedelta(minutes=30))


class PlannedDayFactory(factory.django.DjangoModelFactory):
    """Stays away tomorrow, ill. `institution` is the nursery of the child."""

    class Meta:
        model = PlannedDay

    institution = factory.SubFactory(InstitutionFactory)
    child = factory.SubFactory(ChildFactory)
    day = factory.LazyFunction(lambda: today() + dt.timedelta(days=1))
    coming = False
    reason = "ill"
    told_by = factory.SubFactory(UserFactory)
    told_at = factory.LazyFunction(now)


class AlertRuleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = AlertRule

    kind = "ratio_breach"
    minutes = 5
    basis = "平台默认值，非法规要求"
    source = "made up for the tests"
    valid_from = dt.date(2026, 1, 1)


class AlertFactory(factory.django.DjangoModelFactory):
    """Open, of the whole nursery, due in ten minutes."""

    class Meta:
        model = Alert

    institution = factory.SubFactory(InstitutionFactory)
    kind = "over_capacity"
    key = factory.Sequence(lambda n: f"made-up:{n}")
    severity = factory.LazyAttribute(lambda alert: KINDS[alert.kind].severity)
    evidence = factory.LazyFunction(lambda: {"enrolled": 16, "capacity": 15})
    raised_at = factory.LazyFunction(now)
    due_at = factory.LazyAttribute(lambda alert: alert.raised_at + dt.timedelta(minutes=10))


class IllnessRuleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = IllnessRule

    code = "hfmd"
    name = "手足口病"
    name_en = "Hand, foot and mouth disease"
    infectious = True
    needs_certificate = True
    away_days = 14
    basis = "made up for the tests"
    source = "made up for the tests"
    valid_from = dt.date(2012, 5, 9)


class AbsenceCaseFactory(factory.django.DjangoModelFactory):
    """Ill since the day before yesterday; somebody should have asked yesterday."""

    class Meta:
        model = AbsenceCase

    class_group = factory.SubFactory(ClassGroupFactory)
    institution = factory.SelfAttribute("class_group.institution")
    child = factory.SubFactory(ChildFactory)
    first_day = factory.LazyFunction(lambda: today() - dt.timedelta(days=2))
    opened_at = factory.LazyFunction(now)
    next_due = factory.LazyFunction(lambda: today() - dt.timedelta(days=1))


class ReportRuleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ReportRule
        django_get_or_create = ("code", "region_path", "valid_from")

    code = "county_health"
    region_path = ""
    authority = "县级卫生健康主管部门"
    authority_en = "County health authority"
    minutes = 60
    basis = "made up for the tests"
    source = "made up for the tests"
    valid_from = dt.date(2007, 6, 1)


class IncidentFactory(factory.django.DjangoModelFactory):
    """A draft of a fall half an hour ago, about no child; `about=child` adds one, `serious=True` makes it serious."""

    class Meta:
        model = Incident
        skip_postgeneration_save = True

    class Params:
        serious = factory.Trait(
            gravity="serious", serious_at=factory.LazyAttribute(lambda row: row.written_at)
        )

    class_group = factory.SubFactory(ClassGroupFactory)
    institution = factory.SelfAttribute("class_group.institution")
    place = "活动室"
    kind = "fall"
    gravity = "minor"
    happened_at = factory.LazyAttribute(lambda row: row.written_at - dt.timedelta(minutes=30))
    body = factory.LazyFunction(lambda: ["forehead"])
    what = "跑步时摔倒，额头碰到桌角。"
    done = "冷敷十分钟，观察半小时。"
    seen_by = "王老师"
    written_by = factory.SubFactory(UserFactory)
    written_at = factory.LazyFunction(now)

    @factory.post_generation
    def about(self, create, child, **kwargs):
        if child is not None:
            IncidentChild.objects.create(institution=self.institution, incident=self, child=child)
            Incident.objects.filter(pk=self.pk).update(child_count=1)
            self.child_count = 1


class IncidentNoticeFactory(factory.django.DjangoModelFactory):
    """Shown to the family just now, not acknowledged; the incident is with the family."""

    class Meta:
        model = IncidentNotice
        skip_postgeneration_save = True

    child = factory.SubFactory(ChildFactory)
    incident = factory.SubFactory(
        IncidentFactory,
        state="shared",
        approved_by=factory.SubFactory(UserFactory),
        approved_at=factory.LazyFunction(now),
    )
    institution = factory.SelfAttribute("incident.institution")
    kind = factory.SelfAttribute("incident.kind")
    gravity = factory.SelfAttribute("incident.gravity")
    happened_at = factory.SelfAttribute("incident.happened_at")
    place = "活动室"
    body = factory.LazyFunction(lambda: ["forehead"])
    text = "跑步时摔倒，额头有一个小包，已冷敷。"
    shown_at = factory.LazyFunction(now)
    remind_at = factory.LazyAttribute(lambda row: row.shown_at + dt.timedelta(hours=24))

    @factory.post_generation
    def linked(self, create, extracted, **kwargs):
        place = {"incident": self.incident, "institution": self.institution}
        _link, new = IncidentChild.objects.get_or_create(child=self.child, **place)
        if new:
            Incident.objects.filter(pk=self.incident.pk).update(child_count=F("child_count") + 1)


class IncidentReportFactory(factory.django.DjangoModelFactory):
    """Due within the hour, not reported."""

    class Meta:
        model = IncidentReport

    incident = factory.SubFactory(IncidentFactory, serious=True)
    institution = factory.SelfAttribute("incident.institution")
    rule = factory.SubFactory(ReportRuleFactory)
    authority = "县级卫生健康主管部门"
    authority_en = "County health authority"
    started_at = factory.LazyAttribute(lambda row: row.incident.serious_at)
    due_at = factory.LazyAttribute(lambda row: row.started_at + dt.timedelta(hours=1))


class PickupQuestionFactory(factory.django.DjangoModelFactory):
    """Asked just now, not answered."""

    class Meta:
        model = PickupQuestion

    class_group = factory.SubFactory(ClassGroupFactory)
    institution = factory.SelfAttribute("class_group.institution")
    child = factory.SubFactory(ChildFactory)
    name = "王五"
    asked_by = factory.SubFactory(UserFactory)
    asked_at = factory.LazyFunction(now)


class ThreadFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Thread
        django_get_or_create = ("institution", "child")

    institution = factory.SubFactory(InstitutionFactory)
    child = factory.SubFactory(ChildFactory)
    last_at = factory.LazyFunction(now)


class MessageFactory(factory.django.DjangoModelFactory):
    """As if a guardian had written it."""

    class Meta:
        model = Message
        skip_postgeneration_save = True

    id = factory.LazyFunction(uuid.uuid4)
    thread = factory.SubFactory(ThreadFactory)
    institution = factory.SelfAttribute("thread.institution")
    child = factory.SelfAttribute("thread.child")
    seq = factory.LazyAttribute(lambda m: Message.objects.filter(thread=m.thread).count() + 1)
    side = "family"
    author = factory.SubFactory(UserFactory)
    body = "今天有点咳嗽，请多喂水。"
    sent_at = factory.LazyFunction(now)

    @factory.post_generation
    def counted(self, create, extracted, **kwargs):
        Thread.objects.filter(pk=self.thread_id).update(last_seq=self.seq, last_at=self.sent_at)


class MessageHoursFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = MessageHours

    institution = factory.SubFactory(InstitutionFactory)
    begins = dt.time(8)
    ends = dt.time(17)
    valid_from = dt.date(2026, 1, 1)


class NoticeFactory(factory.django.DjangoModelFactory):
    """To all families."""

    class Meta:
        model = Notice

    institution = factory.SubFactory(InstitutionFactory)
    title = factory.Sequence(lambda n: f"周五下午消防演练{n}")
    body = "请在 16:00 前接孩子。"
    published_by = factory.SubFactory(UserFactory)
    published_at = factory.LazyFunction(now)


class LedgerScheduleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = LedgerSchedule

    institution = factory.SubFactory(InstitutionFactory)
    kind = "disinfection"
    what = factory.Sequence(lambda number: f"玩具与桌面 {number}")


class LedgerRhythmFactory(factory.django.DjangoModelFactory):
    """Every day, for a month now."""

    class Meta:
        model = LedgerRhythm

    schedule = factory.SubFactory(LedgerScheduleFactory)
    institution = factory.SelfAttribute("schedule.institution")
    repeat = "days"
    every_days = factory.Maybe(factory.LazyAttribute(lambda self: self.repeat == "days"), 1, None)
    valid_from = factory.LazyFunction(lambda: today() - dt.timedelta(days=30))


class LedgerEntryFactory(factory.django.DjangoModelFactory):
    """Done just now."""

    class Meta:
        model = LedgerEntry

    id = factory.LazyFunction(uuid.uuid4)
    schedule = factory.SubFactory(LedgerScheduleFactory)
    institution = factory.SelfAttribute("schedule.institution")
    kind = factory.SelfAttribute("schedule.kind")
    what = factory.SelfAttribute("schedule.what")
    at = factory.LazyFunction(now)
    by = factory.SubFactory(UserFactory)
    detail = factory.LazyFunction(lambda: {"method": "chlorine", "strength": 250, "minutes": 30})
    root = factory.SelfAttribute("id")


class IngredientFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Ingredient

    institution = factory.SubFactory(InstitutionFactory)
    name = factory.Sequence(lambda number: f"南瓜{number}")
    energy_kcal = Decimal(50)
    protein_g = Decimal(2)
    source = "made up for the tests"


class DishFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Dish

    institution = factory.SubFactory(InstitutionFactory)
    name = factory.Sequence(lambda number: f"南瓜粥{number}")


class DishServingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = DishServing

    dish = factory.SubFactory(DishFactory)
    institution = factory.SelfAttribute("dish.institution")
    band = "m12"
    texture = "soft"


class DishAmountFactory(factory.django.DjangoModelFactory):
    """100 g of an ingredient for a child between one and two."""

    class Meta:
        model = DishAmount

    serving = factory.SubFactory(DishServingFactory)
    institution = factory.SelfAttribute("serving.institution")
    ingredient = factory.SubFactory(
        IngredientFactory, institution=factory.SelfAttribute("..institution")
    )
    grams = Decimal(100)


class MenuFactory(factory.django.DjangoModelFactory):
    """A draft of this week for children between one and two."""

    class Meta:
        model = Menu

    class Params:
        published = factory.Trait(
            published_at=factory.LazyFunction(now), published_by=factory.SubFactory(UserFactory)
        )

    institution = factory.SubFactory(InstitutionFactory)
    band = "m12"
    monday = factory.LazyFunction(lambda: today() - dt.timedelta(days=today().weekday()))
    meals = factory.LazyFunction(lambda: ["lunch", "afternoon_snack"])


class MenuItemFactory(factory.django.DjangoModelFactory):
    """Lunch on Monday: a dish with 100 g of one ingredient."""

    class Meta:
        model = MenuItem

    menu = factory.SubFactory(MenuFactory)
    institution = factory.SelfAttribute("menu.institution")
    day = factory.SelfAttribute("menu.monday")
    meal = "lunch"
    dish = factory.LazyAttribute(
        lambda item: (
            DishAmountFactory(
                serving__dish__institution=item.menu.institution, serving__band=item.menu.band
            ).serving.dish
        )
    )


class DietNeedFactory(factory.django.DjangoModelFactory):
    """No milk. `institution` is the nursery of the child."""

    class Meta:
        model = DietNeed

    institution = factory.SubFactory(InstitutionFactory)
    child = factory.SubFactory(ChildFactory)
    code = "milk"
    valid_from = factory.LazyFunction(lambda: today() - dt.timedelta(days=30))


class SubstituteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Substitute

    item = factory.SubFactory(MenuItemFactory)
    institution = factory.SelfAttribute("item.institution")
    child = factory.SubFactory(ChildFactory)
    dish = factory.LazyAttribute(
        lambda chosen: (
            DishAmountFactory(serving__dish__institution=chosen.item.institution).serving.dish
        )
    )
    chosen_by = factory.SubFactory(UserFactory)
    chosen_at = factory.LazyFunction(now)


class FoodSampleFactory(factory.django.DjangoModelFactory):
    """Of today, taken an hour ago."""

    class Meta:
        model = FoodSample

    dish = factory.SubFactory(DishFactory)
    institution = factory.SelfAttribute("dish.institution")
    day = factory.LazyFunction(today)
    grams = Decimal(130)
    taken_at = factory.LazyFunction(lambda: now() - dt.timedelta(hours=1))
    taken_by = factory.SubFactory(UserFactory)
    kept_until = factory.LazyAttribute(lambda sample: sample.taken_at + dt.timedelta(hours=48))


class MealEntryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = MealEntry

    institution = factory.SubFactory(InstitutionFactory)
    day = factory.LazyFunction(today)
    kind = "purchase"
    amount = Decimal(-120)
    text = "蔬菜"
    entered_by = factory.SubFactory(UserFactory)


class MealMonthFactory(factory.django.DjangoModelFactory):
    """Some month long ago."""

    class Meta:
        model = MealMonth

    institution = factory.SubFactory(InstitutionFactory)
    month = dt.date(2020, 3, 1)
    income = Decimal(1000)
    spending = Decimal(-990)
    balance = Decimal(10)
    closed_by = factory.SubFactory(UserFactory)
