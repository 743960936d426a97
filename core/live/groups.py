from collections.abc import Iterable

from core.permissions import INSTITUTION_ROLES, REGION_ROLES
from core.scoping import Actor


def groups_of(actor: Actor) -> frozenset[str]:
    """The live groups an actor hears. The browser never names a group."""
    groups = {f"user.{actor.user_id}"}
    groups |= {f"child.{pk}" for pk in actor.child_ids}
    if actor.role in INSTITUTION_ROLES and actor.institution_id:
        groups.add(f"institution.{actor.institution_id}")
        groups |= {f"class.{pk}" for pk in actor.class_ids or ()}
    if actor.role in REGION_ROLES and actor.region_path:
        groups.add(region_group(actor.region_path))
    return frozenset(groups)


def region_group(path: str) -> str:
    return "region." + path.rstrip("/").replace("/", ".")


def region_groups(path: str) -> list[str]:
    """The groups of a region and of every region above it: who announces for a town is heard by county and city."""
    codes = path.rstrip("/").split("/")
    return ["region." + ".".join(codes[:depth]) for depth in range(1, len(codes) + 1)]


def child_groups(child_ids: Iterable[int]) -> list[str]:
    return [f"child.{pk}" for pk in child_ids]
