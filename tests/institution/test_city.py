import pytest

from core.permissions import Role
from institution.models import Child


def test_a_nursery_sees_its_own_children(city):
    seen = Child.objects.visible_to(city.actor(city.a.director)).order_by("pk")
    assert set(seen) == {*city.a.children, city.a.big_child}


@pytest.mark.parametrize(
    "who", ["regulator", "county_regulator", "auditor", "assessor", "trainer", "admin"]
)
def test_the_region_sees_no_child(city, who):
    assert not Child.objects.visible_to(city.actor(getattr(city, who))).exists()


def test_the_carer_has_the_class(city):
    actor = city.actor(city.a.carer)
    assert (actor.role, actor.class_ids) == (Role.CARER, {city.a.small.pk})
