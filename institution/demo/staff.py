"""Who works in the nurseries, the offices and the clinics."""

import datetime as dt
from collections.abc import Sequence
from math import ceil

from core.models import Region, RegionPost
from core.models.region import RegionLevel
from core.permissions import Role
from institution.demo.city import SHOWCASE_CLASS, SHOWCASE_TOWN
from institution.demo.people import Register
from institution.enums import InstitutionForm, Sex
from institution.models import ClassDuty, ClassGroup, Institution, InstitutionGrant, Membership

USUAL_RATIO = 5  # of a mixed class, for which the standard gives none
OFFICE_FROM = 40  # places
PROBATION_DAYS = 90
CITY_POSTS = (
    Role.CITY_REGULATOR,
    Role.AUDITOR,
    Role.ASSESSOR,
    Role.TRAINER,
    Role.PLATFORM_ADMIN,
)


def employ(
    register: Register, institution: Institution, classes: Sequence[tuple[ClassGroup, int]]
) -> None:
    """A director, a health worker, a clerk in larger places, and as many carers as the classes' ratios ask for."""
    _member(register, institution, Role.DIRECTOR)
    if institution.form != InstitutionForm.FAMILY:
        _member(register, institution, Role.HEALTH_WORKER)
    if institution.places >= OFFICE_FROM:
        _member(register, institution, Role.CLERK)
    for group, children in sorted(classes, key=lambda pair: pair[0].name != SHOWCASE_CLASS):
        ratio = register.rules[group.class_type].children_per_carer or USUAL_RATIO
        for _carer in range(ceil(children / ratio)):
            member = _member(register, institution, Role.CARER)
            register.add(
                ClassDuty(
                    institution=institution,
                    membership=member,
                    class_group=group,
                    during=(member.started_on, None),
                )
            )


def _member(register: Register, institution: Institution, role: Role) -> Membership:
    rng = register.rng
    sex = Sex.MALE if role == Role.DIRECTOR and rng.random() < 0.2 else Sex.FEMALE
    open_days = (register.today - register.opening_of(institution)).days
    days = rng.randrange(PROBATION_DAYS, open_days)
    return register.add(
        Membership(
            user=register.user("s", register.names.adult(sex), login=register.login(role)),
            institution=institution,
            role=role,
            started_on=register.today - dt.timedelta(days=days),
        )
    )


def appoint(register: Register, institutions: Sequence[Institution]) -> None:
    """Posts in regions, and a clinic's doctor for the nurseries of each county."""
    regions = {region.code: region for region in Region.objects.order_by("path")}
    city = next(region for region in regions.values() if region.level == RegionLevel.CITY)
    for role in CITY_POSTS:
        _official(register, city, role)
    home = regions[SHOWCASE_TOWN].parent_id
    counties = [region for region in regions.values() if region.level == RegionLevel.COUNTY]
    for county in sorted(counties, key=lambda region: (region.pk != home, region.path)):
        _official(register, county, Role.COUNTY_REGULATOR)
        _doctor(register, [i for i in institutions if i.region.path.startswith(county.path)])
    _official(register, regions[SHOWCASE_TOWN], Role.TOWN_REGULATOR)


def _official(register: Register, region: Region, role: Role) -> None:
    name = register.names.adult(register.rng.choice((Sex.FEMALE, Sex.MALE)))
    user = register.user("r", name, login=register.login(role))
    register.add(RegionPost(user=user, region=region, role=role))


def _doctor(register: Register, contracted: Sequence[Institution]) -> None:
    user = register.user(
        "d", register.names.adult(Sex.FEMALE), login=register.login(Role.CLINIC_DOCTOR)
    )
    for institution in contracted:
        register.add(
            InstitutionGrant(
                user=user,
                content_object=institution,
                permission=register.may_view["institution"],
            )
        )
