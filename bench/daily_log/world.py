"""Nurseries with one class of 15 children and one carer with a token each."""

import datetime as dt

from django.contrib.auth.models import Permission
from psycopg2.extras import DateRange

from bench.daily_log.nursery import Nursery
from core.calendar import today
from core.models import Region, User
from core.signin import tokens
from institution import partitions
from institution.models import (
    Child,
    ClassDuty,
    ClassGroup,
    Enrolment,
    Guardianship,
    Institution,
    Membership,
)


def build(count: int) -> list[Nursery]:
    partitions.ensure_ahead(today())
    city = Region.objects.create(
        code="3708", name="City", short_name="City", level="city", path="3708/"
    )
    county = Region.objects.create(
        code="370811",
        name="County",
        short_name="County",
        level="county",
        path="3708/370811/",
        parent=city,
    )
    return [_nursery(county, number) for number in range(count)]


def _nursery(county: Region, number: int) -> Nursery:
    since = DateRange(today() - dt.timedelta(days=60), None)
    institution = Institution.objects.create(
        name=f"Nursery {number}",
        credit_code=f"{number:018d}",
        region=county,
        form="centre",
        operation="private",
        address="Street",
        places=15,
    )
    group = ClassGroup.objects.create(
        institution=institution, name="Class", class_type="toddler_small", capacity=15
    )
    carer = User.objects.create(username=f"carer{number}", name="Carer")
    carer.user_permissions.add(
        Permission.objects.get(codename="add_dailyentry")
    )  # the yardstick asks for it
    membership = Membership.objects.create(
        user=carer, institution=institution, role="carer", started_on=since.lower
    )
    ClassDuty.objects.create(
        institution=institution, membership=membership, class_group=group, during=since
    )
    children = [
        Child.objects.create(
            name=f"Child {n}", sex="female", born_on=today() - dt.timedelta(days=600)
        )
        for n in range(15)
    ]
    parents = []
    for child in children:
        Enrolment.objects.create(
            institution=institution, class_group=group, child=child, during=since
        )
        parent = User.objects.create(username=f"parent{child.pk}", name="Parent")
        Guardianship.objects.create(user=parent, child=child, relation="mother")
        parents.append(parent.pk)
    return Nursery(
        institution.pk,
        group.pk,
        carer.pk,
        tokens.issue(user=carer),
        [child.pk for child in children],
        parents,
    )
