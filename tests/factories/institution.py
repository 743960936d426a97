import datetime as dt
import uuid
from decimal import Decimal

import factory
from stdnum.cn import uscc

from core.calendar import now, today
from core.models.stream import take
from core.permissions import Role
from institution.alert_kinds import KINDS
from institution.enums import (
    AllergySeverity,
    ClassType,
    InstitutionForm,
    OperationMode,
    Relation,
    Sex,
)
from institution.models import (
    Alert,
    AlertRule,
    Allergy,
    Attendance,
    Child,
    ClassDuty,
    ClassGroup,
    ClassTypeRule,
    DailyEntry,
    Enrolment,
    EntryKind,
    Guardianship,
    Institution,
    Licence,
    Membership,
    Message,
    MessageHours,
    Notice,
    ServiceFee,
    SiteRule,
    Thread,
)
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


class ClassDutyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ClassDuty

    institution = factory.SelfAttribute("class_group.institution")
    class_group = factory.SubFactory(ClassGroupFactory)
    membership = factory.SubFactory(
        MembershipFactory, institution=factory.SelfAttribute("..class_group.institution")
    )
    during = factory.LazyFunction(lambda: since(200))


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
