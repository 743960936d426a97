"""Who plays in a simulated day and what they will do: read from the database before the clock starts.

Signing in many people takes long, because password hashes are meant to. So the players get sessions straight from the
session store, which only works beside the server's database; all else they do over HTTP and sockets.
"""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import groupby

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.utils.crypto import get_random_string

from core.calendar import day_bounds, now, today
from core.models import Session, User
from core.permissions import Role
from institution.demo.days import Child, ClassRoom, Day
from institution.enums import ClassType
from institution.models import ClassDuty, Enrolment, Guardianship

KEY_LENGTH = 32


@dataclass(frozen=True, kw_only=True)
class Action:
    """One tap: at a second of the day, these children, the same kind."""

    second: int
    entries: tuple[tuple[int, str, str], ...]  # child, kind, detail


@dataclass(frozen=True, kw_only=True)
class CarerPart:
    user_id: int
    session: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, kw_only=True)
class ParentPart:
    user_id: int
    session: str
    child_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Script:
    carers: tuple[CarerPart, ...]
    parents: tuple[ParentPart, ...]

    @property
    def watched(self) -> set[int]:
        return {child for parent in self.parents for child in parent.child_ids}

    def batches(self, first: int, last: float) -> int:
        """How many are tapped between these seconds of the day."""
        return sum(
            first <= action.second <= last for part in self.carers for action in part.actions
        )


def write(*, seed: int, institutions: int, carers: int, parents: int) -> Script:
    """One carer for each class, of the first nurseries by id; parents of the children in those classes."""
    rooms = _rooms(institutions)[: carers or None]
    rng = random.Random(seed)  # noqa: S311 -- a played day
    children = {child.id for room in rooms for child in room.children}
    families = _families(children)[: parents or None]
    keys = sessions([room.carers[0] for room in rooms] + [user for user, _children in families])
    return Script(
        carers=tuple(
            CarerPart(
                user_id=room.carers[0],
                session=keys[room.carers[0]],
                actions=tuple(
                    _actions(Day(rng, room, menu=seed, writers=room.carers[:1]).tell(today(), 0))
                ),
            )
            for room in rooms
        ),
        parents=tuple(
            ParentPart(user_id=user, session=keys[user], child_ids=tuple(own))
            for user, own in families
        ),
    )


def _actions(events) -> list[Action]:
    """Events that were recorded together are one batch."""
    ordered = sorted(events)
    return [
        Action(second=second, entries=tuple((e.child_id, e.kind, e.detail) for e in batch))
        for second, batch in groupby(ordered, key=lambda event: event.recorded)
    ]


def _rooms(institutions: int) -> list[ClassRoom]:
    """Classes with children and a carer who acts as nothing else."""
    day = today()
    places = Enrolment.objects.on(day).order_by("institution_id", "class_group_id", "child_id")
    if institutions:
        first = (
            places.order_by("institution_id").values_list("institution_id", flat=True).distinct()
        )
        places = places.filter(institution__in=list(first[:institutions]))
    carers: dict[int, list[int]] = {}
    duties = ClassDuty.objects.filter(during__contains=day, membership__role=Role.CARER).order_by(
        "pk"
    )
    for class_group, user in duties.values_list("class_group_id", "membership__user_id"):
        carers.setdefault(class_group, []).append(user)
    rooms: dict[int, ClassRoom] = {}
    rows = places.values_list("class_group_id", "class_group__class_type", "child_id", "during")
    for class_group, class_type, child, during in rows:
        if class_group in carers:
            room = rooms.setdefault(
                class_group,
                ClassRoom(
                    id=class_group, class_type=ClassType(class_type), carers=carers[class_group]
                ),
            )
            room.children.append(Child(child, during.lower, without_milk=False))
    return list(rooms.values())


def _families(children: set[int]) -> list[tuple[int, list[int]]]:
    """One guardian for each child; who has two children in these classes watches both."""
    found: dict[int, list[int]] = {}
    taken: set[int] = set()
    rows = Guardianship.objects.valid(today()).filter(child__in=children).order_by("child_id", "pk")
    for user, child in rows.values_list("user_id", "child_id"):
        if child not in taken:
            taken.add(child)
            found.setdefault(user, []).append(child)
    return list(found.items())


def sessions(user_ids: Sequence[int]) -> dict[int, str]:
    """A session for each user, as signing in by the form makes it."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    rows, keys = [], {}
    for user in User.objects.in_bulk(user_ids).values():
        data = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: "core.auth.NameOrPhoneBackend",
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        keys[user.pk] = get_random_string(KEY_LENGTH, "abcdefghijklmnopqrstuvwxyz0123456789")
        rows.append(
            Session(
                user=user,
                session_key=keys[user.pk],
                session_data=store.encode(data),
                expire_date=now() + dt.timedelta(hours=4),
            )
        )
    Session.objects.bulk_create(rows)
    return keys


def leave(script: Script) -> None:
    """The sessions of the players end with the play."""
    keys = [carer.session for carer in script.carers] + [
        parent.session for parent in script.parents
    ]
    Session.objects.filter(session_key__in=keys).delete()


def times_stored(entry_ids: Sequence[str]) -> dict[str, int]:
    """How often each entry is in the database; its key allows the same id at two times, the service does not."""
    first, end = day_bounds(today())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id::text, count(*) FROM institution_dailyentry "
            "WHERE id = ANY(%s::uuid[]) AND at >= %s - interval '1 day' AND at < %s + interval '1 day' GROUP BY id",
            [list(entry_ids), first, end],
        )
        return dict(cursor.fetchall())
