"""Two nurseries, of which everything private of the second says so."""

import datetime as dt
import json
import uuid
from dataclasses import dataclass
from functools import cached_property

from django.core.files.base import ContentFile
from guardian.shortcuts import assign_perm

from core.calendar import now, today
from core.models import Attachment, User
from core.permissions import Role
from core.scoping import Actor
from institution.models import Child, ClassGroup, Institution
from institution.services import daily_log
from quality.services.standard import load_standard
from tests.factories.city import City, Nursery
from tests.factories.core import RegionPostFactory, UserFactory
from tests.factories.health import EntryCheckFactory, MeasurementFactory, MorningCheckFactory
from tests.factories.institution import (
    AbsenceCaseFactory,
    AlertFactory,
    AllergyFactory,
    ApplicationFactory,
    ChildFactory,
    ClassCapacityFactory,
    ClosureFactory,
    ContractFactory,
    DailyEntryFactory,
    DietNeedFactory,
    DishAmountFactory,
    EnrolmentFactory,
    EntryKindFactory,
    FoodSampleFactory,
    GuardianshipFactory,
    IncidentFactory,
    IncidentNoticeFactory,
    IncidentReportFactory,
    LedgerEntryFactory,
    LedgerRhythmFactory,
    LicenceFactory,
    MakeupDayFactory,
    MealEntryFactory,
    MealMonthFactory,
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
    SubstituteFactory,
    ThreadFactory,
    VisitBookingFactory,
)
from tests.factories.quality import SelfCheckFactory
from tests.factories.training import CertificateFactory, TrainingRecordFactory

MARKER = "只属于乙园"


@dataclass(frozen=True)
class Person:
    label: str
    actor: Actor
    user: User
    post: str = ""


@dataclass(frozen=True)
class World:
    city: City
    photo: Attachment
    moved: Child  # was in nursery b until yesterday and is in nursery a today
    secrets: frozenset[str]
    ids: dict[str, set]  # how the API names a row of b -> its keys

    @property
    def a(self) -> Nursery:
        return self.city.a

    @property
    def b(self) -> Nursery:
        return self.city.b

    @cached_property
    def outsiders(self) -> list[Person]:
        """Everybody who may see something of nursery a and nothing of nursery b."""
        county = self.a.institution.region
        regional = [
            (role, _posted(role, county))
            for role in (Role.TOWN_REGULATOR, Role.AUDITOR, Role.ASSESSOR, Role.TRAINER)
        ]
        people = [
            ("county regulator", self.city.county_regulator, ""),
            *((str(role), user, "") for role, user in regional),
            *((str(role), user, "") for role, user in staff(self.a)),
            ("doctor", granted(self.a.institution), ""),
            ("guardian", self.a.guardian, ""),
            ("relative", granted(child_of(self.a)), ""),
            ("carer here and mother there", *self._carer_and_mother()),
        ]
        return [Person(label, City.actor(user, post), user, post) for label, user, post in people]

    @cached_property
    def insiders(self) -> list[Person]:
        people = [
            ("city regulator", self.city.regulator),
            ("auditor", self.city.auditor),
            ("assessor", self.city.assessor),
            ("trainer", self.city.trainer),
            *((str(role), user) for role, user in staff(self.b)),
            ("doctor", granted(self.b.institution)),
            ("guardian", self.b.guardian),
        ]
        return [Person(label, City.actor(user), user) for label, user in people]

    def _carer_and_mother(self) -> tuple[User, str]:
        GuardianshipFactory(user=self.a.big_carer, child=self.b.big_child)
        return self.a.big_carer, f"staff:{self.a.big_carer.memberships.get().pk}"


def staff(nursery: Nursery) -> list[tuple[str, User]]:
    return [
        ("director", nursery.director),
        ("carer", nursery.carer),
        ("health worker", nursery.health_worker),
        ("clerk", nursery.clerk),
    ]


def granted(thing: Institution | Child) -> User:
    user = UserFactory()
    assign_perm(f"view_{thing._meta.model_name}", user, thing)
    return user


def _posted(role: Role, region) -> User:
    user = UserFactory()
    RegionPostFactory(user=user, region=region, role=role)
    return user


def build_world(city: City) -> World:
    b = city.b
    _mark(b)
    photo = _photo(b)
    entries = _log(b, photo)
    moved = _moved(city)
    old = _of_the_moved(b, moved)
    _records(b)
    return World(
        city=city,
        photo=photo,
        moved=moved,
        secrets=_spelled(MARKER) | {str(photo.pk), photo.pk.hex, *entries, *old},
        ids={
            "institution": {b.institution.pk},
            "class_group": {b.small.pk, b.big.pk},
            "child": {child.pk for child in [*b.children, b.big_child]},
            "membership": set(b.institution.memberships.values_list("pk", flat=True)),
        },
    )


def _spelled(text: str) -> set[str]:
    """As it stands, and as JSON within a page may spell it."""
    return {text, json.dumps(text)[1:-1]}


def _mark(nursery: Nursery) -> None:
    for child in [*nursery.children, nursery.big_child]:
        Child.objects.filter(pk=child.pk).update(name=f"{MARKER}{child.name}")
    for class_group in (nursery.small, nursery.big):
        ClassGroup.objects.filter(pk=class_group.pk).update(name=f"{MARKER}{class_group.name}")
    for user in (nursery.carer, nursery.big_carer, nursery.director, nursery.health_worker):
        user.name = f"{MARKER}{user.name}"
        user.save(update_fields=["name"])


def child_of(nursery: Nursery) -> Child:
    """The one whose guardian is `nursery.guardian`."""
    return nursery.guardian.guardianships.get().child


def _photo(nursery: Nursery) -> Attachment:
    photo = Attachment(
        institution_id=nursery.institution.pk,
        child_ids=[child_of(nursery).pk],
        owner=nursery.carer,
        sha256="0" * 64,
        width=1,
        height=1,
        size_bytes=3,
    )
    photo.file.save("", ContentFile(b"jpg"), save=False)
    photo.thumbnail.save("", ContentFile(b"jpg"), save=False)
    photo.save(force_insert=True)
    return photo


def _log(nursery: Nursery, photo: Attachment) -> list[str]:
    child = child_of(nursery).pk
    details = {
        "meal": {"meal": "lunch", "amount": "all", "menu": f"{MARKER}馒头"},
        "note": {"note": f"{MARKER}哭了"},
        "photo": {"photos": [str(photo.pk)], "note": f"{MARKER}照片"},
        "arrive": {"by": f"{MARKER}奶奶"},
    }
    entries = [
        daily_log.NewEntry(
            id=uuid.uuid4(),
            child_id=child,
            kind=kind,
            at=now(),
            detail=json.dumps(detail).encode(),
        )
        for kind, detail in details.items()
    ]
    answers = daily_log.record(actor=City.actor(nursery.carer), entries=entries)
    assert {answer.status for answer in answers} == {"created"}
    return [str(entry.id) for entry in entries]


def _moved(city: City) -> Child:
    child = ChildFactory(name="周小满")
    start, end = today() - dt.timedelta(days=100), today()
    EnrolmentFactory(class_group=city.b.small, child=child, during=(start, end))
    EnrolmentFactory(class_group=city.a.small, child=child, during=(end, None))
    return child


def _of_the_moved(nursery: Nursery, child: Child) -> list[str]:
    yesterday = today() - dt.timedelta(days=1)
    entry = DailyEntryFactory(
        class_group=nursery.small,
        child=child,
        kind="note",
        at=now() - dt.timedelta(days=1),
        detail={"note": f"{MARKER}旧事"},
        recorded_by=nursery.carer,
    )
    AllergyFactory(institution=nursery.institution, child=child, substance=f"{MARKER}鸡蛋")
    MorningCheckFactory(class_group=nursery.small, child=child, day=yesterday, note=MARKER)
    MeasurementFactory(institution=nursery.institution, child=child, measured_by=nursery.carer)
    return [str(entry.pk)]


def _records(nursery: Nursery) -> None:
    institution, child = nursery.institution, child_of(nursery)
    member = nursery.carer.memberships.get()
    AllergyFactory(institution=institution, child=child, substance=f"{MARKER}花生")
    AllergyFactory(institution=institution, child=child, substance=f"{MARKER}花生酱").delete()
    ServiceFeeFactory(institution=institution)
    person = PickupPersonFactory(institution=institution, child=child, name=f"{MARKER}奶奶")
    PickupPassFactory(person=person)
    AbsenceCaseFactory(class_group=nursery.small, child=child, hospital=f"{MARKER}医院")
    PickupQuestionFactory(class_group=nursery.small, child=child, name=f"{MARKER}王五")
    incident = IncidentFactory(
        class_group=nursery.small,
        about=child,
        serious=True,
        place=f"{MARKER}花园",
        what=f"{MARKER}摔倒",
        done=f"{MARKER}冷敷",
        seen_by=f"{MARKER}李老师",
        state="shared",
        approved_by=nursery.director,
        approved_at=now(),
    )
    IncidentReportFactory(incident=incident)
    IncidentNoticeFactory(incident=incident, child=child, text=f"{MARKER}摔了一下")
    PlannedDayFactory(institution=institution, child=child, note=f"{MARKER}去外婆家")
    AlertFactory(
        institution=institution,
        kind="late_pickup",
        class_group=nursery.small,
        child=child,
        evidence={"minutes": 20},
        note=f"{MARKER}奶奶在路上",
    )
    AlertFactory(institution=institution)
    NoticeFactory(institution=institution, title=f"{MARKER}演练", body=f"{MARKER}四点接")
    thread = ThreadFactory(institution=institution, child=child)
    MessageFactory(thread=thread, author=nursery.guardian, body=f"{MARKER}多喝水")
    LicenceFactory(institution=institution, number=f"{MARKER}00017", issuer=f"{MARKER}消防")
    amount = DishAmountFactory(
        serving__dish__institution=institution,
        serving__dish__name=f"{MARKER}粥",
        ingredient__name=f"{MARKER}南瓜",
    )
    item = MenuItemFactory(menu__institution=institution, dish=amount.serving.dish)
    DietNeedFactory(institution=institution, child=child, note=f"{MARKER}湿疹")
    SubstituteFactory(item=item, child=child)
    FoodSampleFactory(dish=amount.serving.dish)
    MealMonthFactory(institution=institution)
    MealEntryFactory(institution=institution, text=f"{MARKER}菜场")
    ClassCapacityFactory(class_group=nursery.small)
    room = RoomFactory(institution=institution, name=f"{MARKER}活动室")
    RoomUseFactory(class_group=nursery.small, room=room)
    ClosureFactory(institution=institution, note=f"{MARKER}培训")
    task = LedgerRhythmFactory(
        schedule__institution=institution,
        schedule__what=f"{MARKER}玩具",
        schedule__room=room,
        basis=f"{MARKER}制度",
    ).schedule
    LedgerEntryFactory(schedule=task, note=f"{MARKER}备注")
    MakeupDayFactory(institution=institution, note=f"{MARKER}加开")
    EntryKindFactory(institution=institution, label=f"{MARKER}游戏")
    asked = {"name": f"{MARKER}周岁", "guardian_name": f"{MARKER}周先生", "note": MARKER}
    ApplicationFactory(institution=institution, **asked)
    application = {f"application__{name}": text for name, text in asked.items()}
    OfferFactory(class_group=nursery.small, **application)
    VisitBookingFactory(slot__institution=institution, **application)
    signed = ContractFactory(class_group=nursery.small, **application).application
    EntryCheckFactory(application=signed, issuer=MARKER)
    MeasurementFactory(institution=institution, child=child)
    MorningCheckFactory(fever=True, class_group=nursery.small, child=child, note=f"{MARKER}咳嗽")
    item = load_standard().items.get(key="4.1.4")
    SelfCheckFactory(institution=institution, item=item, note=f"{MARKER}自评")
    CertificateFactory(membership=member, number=f"{MARKER}1234")
    TrainingRecordFactory(membership=member, topic=f"{MARKER}急救")
