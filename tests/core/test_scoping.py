"""Which rows a scope leaves, as the condition itself: no database, no world around it."""

import pytest
from django.db.models import Q

from core.errors import NotThere
from core.permissions import Role
from core.scoping import NOTHING, Actor, Scope

EVERY = Scope(class_group="class_group", child="child")
PARENT = Actor(user_id=1, role=Role.GUARDIAN, child_ids=frozenset({7}))
DIRECTOR = Actor(user_id=1, role=Role.DIRECTOR, institution_id=3)
CARER = Actor(user_id=1, role=Role.CARER, institution_id=3, class_ids=frozenset({5}))
DOCTOR = Actor(user_id=1, role=Role.CLINIC_DOCTOR, institution_ids=frozenset({3}))
COUNTY = Actor(user_id=1, role=Role.COUNTY_REGULATOR, region_path="3708/370811/")


@pytest.mark.parametrize(
    ("actor", "seen"),
    [
        (PARENT, Q(child__in=frozenset({7}))),
        (DIRECTOR, Q(institution__in={3})),
        (CARER, Q(institution__in={3}) & Q(class_group__in=frozenset({5}))),
        (DOCTOR, Q(institution__in=frozenset({3}))),
        (COUNTY, Q(institution__region__path__startswith="3708/370811/")),
    ],
    ids=lambda value: value.role if isinstance(value, Actor) else "",
)
def test_each_role_sees_by_its_own_path(actor, seen):
    assert EVERY.limit(actor) == seen


def test_a_director_is_not_narrowed_to_classes_and_a_carer_only_where_there_are_any():
    assert Scope().limit(CARER) == Q(institution__in={3})


@pytest.mark.parametrize(
    ("scope", "actor"),
    [
        (Scope(child=None), PARENT),
        (Scope(child="child"), Actor(user_id=1, role=Role.GUARDIAN)),
        (Scope(institution=None), DIRECTOR),
        (Scope(), Actor(user_id=1, role=Role.DIRECTOR)),
        (Scope(), Actor(user_id=1, role=Role.CLINIC_DOCTOR)),
        (Scope(region=None), COUNTY),
        (Scope(), Actor(user_id=1, role=Role.CITY_REGULATOR)),
    ],
)
def test_without_a_path_or_a_place_nothing_is_seen(scope, actor):
    assert scope.limit(actor) == NOTHING


def test_a_row_itself_may_be_the_institution_or_the_child():
    assert Scope(institution="").limit(DIRECTOR) == Q(pk__in={3})


def test_somebody_without_a_nursery_has_no_workplace():
    assert DIRECTOR.workplace == 3
    with pytest.raises(NotThere):
        _ = COUNTY.workplace
