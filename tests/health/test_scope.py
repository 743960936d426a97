from dataclasses import replace

import pytest

from core.actors import resolve
from core.models import User
from health.models import Measurement, MorningCheck
from institution.models import InstitutionGrant
from tests.factories.health import MeasurementFactory, MorningCheckFactory


@pytest.fixture
def rows(city):
    for nursery in (city.a, city.b):
        for child in nursery.children:
            MorningCheckFactory(class_group=nursery.small, child=child, fever=True)
            MeasurementFactory(institution=nursery.institution, child=child)
    return city


def seen(city, user: User) -> set[int]:
    actor = city.actor(user)
    checks = set(MorningCheck.objects.visible_to(actor).values_list("institution", flat=True))
    assert checks == set(
        Measurement.objects.visible_to(actor).values_list("institution", flat=True)
    )
    return checks


@pytest.mark.parametrize("who", ["director", "health_worker", "guardian"])
def test_own_nursery_and_family_see_own_children_only(rows, who):
    assert seen(rows, getattr(rows.a, who)) == {rows.a.institution.pk}


@pytest.mark.parametrize("who", ["carer", "clerk"])
def test_staff_without_the_health_permission_see_nothing(rows, who):
    assert seen(rows, getattr(rows.a, who)) == set()


@pytest.mark.parametrize(
    "who", ["regulator", "county_regulator", "auditor", "assessor", "trainer", "admin"]
)
def test_nobody_of_a_region_sees_a_childs_row(rows, who):
    assert seen(rows, getattr(rows, who)) == set()


def test_clinic_doctor_sees_the_granted_nursery_only(rows, doctor):
    assert seen(rows, doctor) == {rows.a.institution.pk}


def test_doctor_sees_nothing_of_a_nursery_that_took_the_grant_back(rows, doctor):
    actor = rows.actor(doctor)
    InstitutionGrant.objects.all().delete()

    assert resolve(doctor) is None
    assert MorningCheck.objects.visible_to(replace(actor, institution_ids=frozenset())).count() == 0
