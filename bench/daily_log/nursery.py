"""Apart from `world`, so that load processes need no Django."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Nursery:
    institution_id: int
    class_group_id: int
    user_id: int
    token: str
    child_ids: list[int]
    parent_ids: list[int]
