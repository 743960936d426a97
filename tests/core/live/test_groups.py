import pytest

from core.live.groups import groups_of, region_groups
from core.permissions import Role
from core.scoping import Actor


@pytest.mark.parametrize(
    ("actor", "groups"),
    [
        (Actor(user_id=1, role=Role.GUARDIAN, child_ids=frozenset({7, 8})), {"child.7", "child.8"}),
        (Actor(user_id=1, role=Role.RELATIVE, child_ids=frozenset({7})), {"child.7"}),
        (Actor(user_id=1, role=Role.DIRECTOR, institution_id=3), {"institution.3"}),
        (
            Actor(user_id=1, role=Role.CARER, institution_id=3, class_ids=frozenset({5})),
            {"institution.3", "class.5"},
        ),
        (
            Actor(user_id=1, role=Role.COUNTY_REGULATOR, region_path="3708/370811/"),
            {"region.3708.370811"},
        ),
        (Actor(user_id=1, role=Role.AUDITOR, region_path="3708/"), {"region.3708"}),
        (Actor(user_id=1, role=Role.CLINIC_DOCTOR, institution_ids=frozenset({3})), set()),
        # What a role has no use for does not widen it.
        (Actor(user_id=1, role=Role.GUARDIAN, region_path="3708/", institution_id=3), set()),
    ],
)
def test_groups_follow_the_actor(actor, groups):
    assert groups_of(actor) == groups | {"user.1"}


def test_region_groups_reach_every_region_above():
    assert region_groups("3708/370811/370811001/") == [
        "region.3708",
        "region.3708.370811",
        "region.3708.370811.370811001",
    ]
