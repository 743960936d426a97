"""A small world that most tests stand on: two nurseries in two counties, with everybody who works there or watches."""

from dataclasses import dataclass

from core.actors import resolve
from core.models import Device, Pairing, Region, User
from core.models.region import RegionLevel
from core.permissions import Role
from core.scoping import Actor
from institution.enums import ClassType
from institution.models import Child, ClassGroup, Institution
from tests.factories.core import RegionFactory, RegionPostFactory, UserFactory
from tests.factories.devices import MachineKeyFactory, PairingFactory, TabletFactory
from tests.factories.institution import (
    ChildFactory,
    ClassDutyFactory,
    ClassGroupFactory,
    ClassTypeRuleFactory,
    EnrolmentFactory,
    GuardianshipFactory,
    InstitutionFactory,
    MembershipFactory,
)

CHILDREN = ("王若溪", "李沐辰", "张予安")


@dataclass(frozen=True)
class Nursery:
    """`small` has three children and a carer; `big` one child and a carer of its own."""

    institution: Institution
    small: ClassGroup
    big: ClassGroup
    children: list[Child]  # of `small`, in the order of the board
    big_child: Child
    director: User
    carer: User
    big_carer: User
    health_worker: User
    clerk: User
    guardian: User  # of one of `children`
    tablet: Device
    machine: Device
    pairing: Pairing


@dataclass(frozen=True)
class City:
    region: Region
    counties: tuple[Region, Region]
    a: Nursery
    b: Nursery
    regulator: User  # of the city
    county_regulator: User  # of the county of nursery a
    auditor: User
    assessor: User
    trainer: User
    admin: User

    @staticmethod
    def actor(user: User, post: str = "") -> Actor:
        actor = resolve(user, post)
        assert actor is not None, f"{user} has no post"
        return actor


def build_city() -> City:
    region = RegionFactory(code="3708", name="济宁市", level=RegionLevel.CITY)
    counties = tuple(
        RegionFactory(code=code, name=name, parent=region)
        for code, name in (("370811", "任城区"), ("370881", "曲阜市"))
    )
    _rules()
    return City(
        region=region,
        counties=counties,
        a=_nursery("a", counties[0]),
        b=_nursery("b", counties[1]),
        regulator=_regional("regulator", region, Role.CITY_REGULATOR),
        county_regulator=_regional("county-regulator", counties[0], Role.COUNTY_REGULATOR),
        auditor=_regional("auditor", region, Role.AUDITOR),
        assessor=_regional("assessor", region, Role.ASSESSOR),
        trainer=_regional("trainer", region, Role.TRAINER),
        admin=_regional("admin", region, Role.PLATFORM_ADMIN),
    )


def _rules() -> None:
    limits = {
        ClassType.INFANT: (6, 12, 10, 3),
        ClassType.TODDLER_SMALL: (12, 24, 15, 5),
        ClassType.TODDLER_BIG: (24, 36, 20, 7),
        ClassType.MIXED: (18, 36, 18, None),
    }
    for class_type, (first, below, most, ratio) in limits.items():
        ClassTypeRuleFactory(
            class_type=class_type,
            min_months=first,
            below_months=below,
            max_children=most,
            children_per_carer=ratio,
        )


def _regional(username: str, region: Region, role: Role) -> User:
    user = UserFactory(username=username)
    RegionPostFactory(user=user, region=region, role=role)
    return user


def _nursery(key: str, county: Region) -> Nursery:
    institution = InstitutionFactory(region=county, name=f"{county.name}青禾托育园")
    small = ClassGroupFactory(institution=institution, name="托小（1）班")
    big = ClassGroupFactory(
        institution=institution,
        name="托大（1）班",
        class_type=ClassType.TODDLER_BIG,
        capacity=20,
    )
    children = [_enrolled(small, name) for name in CHILDREN]
    children.sort(key=lambda child: (child.name, child.pk))
    guardian = UserFactory(username=f"{key}-guardian")
    GuardianshipFactory(user=guardian, child=children[0])
    director = _staff(f"{key}-director", institution, Role.DIRECTOR)
    place = {"institution_id": institution.pk}
    return Nursery(
        institution=institution,
        small=small,
        big=big,
        children=children,
        big_child=_enrolled(big, "赵景行"),
        director=director,
        carer=_carer(f"{key}-carer", small),
        big_carer=_carer(f"{key}-big-carer", big),
        health_worker=_staff(f"{key}-health", institution, Role.HEALTH_WORKER),
        clerk=_staff(f"{key}-clerk", institution, Role.CLERK),
        guardian=guardian,
        tablet=TabletFactory(**place),
        machine=MachineKeyFactory(device__institution_id=institution.pk).device,
        pairing=PairingFactory(opened_by=director, **place),
    )


def _enrolled(class_group: ClassGroup, name: str) -> Child:
    child = ChildFactory(name=name)
    EnrolmentFactory(class_group=class_group, child=child)
    return child


def _staff(username: str, institution: Institution, role: Role) -> User:
    user = UserFactory(username=username)
    MembershipFactory(user=user, institution=institution, role=role)
    return user


def _carer(username: str, class_group: ClassGroup) -> User:
    user = UserFactory(username=username)
    membership = MembershipFactory(user=user, institution=class_group.institution, role=Role.CARER)
    ClassDutyFactory(class_group=class_group, membership=membership)
    return user
