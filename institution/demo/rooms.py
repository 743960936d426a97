"""Rooms of the demonstration city: one for each class, some for everybody, and a few classes that soon shrink."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from institution.demo import Context
from institution.demo.copy import copy_in
from institution.enums import InstitutionForm, RoomPurpose
from institution.models import ClassCapacity, ClassGroup, Institution, Room, RoomUse

P = RoomPurpose
Built = list[tuple[Institution, list[ClassGroup]]]
SHARED = (
    (P.KITCHEN, "厨房", (18, 32)),
    (P.HEALTH, "保健室", (12, 18)),
    (P.WASH, "盥洗室", (14, 26)),
    (P.OFFICE, "办公室", (12, 24)),
)
NAMES = ("向日葵", "小松鼠", "小海豚", "萤火虫", "蒲公英", "小燕子", "小荷叶", "白鸽")


def fill(context: Context, city: Built) -> None:
    rng = random.Random(f"{context.seed}:rooms")  # noqa: S311 -- made-up data
    rooms: list[Room] = []
    uses: list[tuple[Room, ClassGroup]] = []
    for institution, groups in city:
        own = [_own_room(institution, group, place, rng) for place, group in enumerate(groups)]
        uses += zip(own, groups, strict=True)
        rooms += [*own, *_shared(institution, rng)]
    taken = Counter(pupil.class_group_id for pupil in context.pupils)
    changes = [
        ClassCapacity(
            institution_id=group.institution_id,
            class_group_id=group.pk,
            places=group.capacity - 2,
            valid_from=context.today + dt.timedelta(days=rng.randrange(20, 90)),
        )
        for place, (_institution, groups) in enumerate(city)
        for group in groups[:1]
        if group.capacity - 2 > taken[group.pk] and (place == 0 or rng.random() < 0.3)
    ]
    with context.bar("Rooms", len(rooms) + len(uses) + len(changes)) as bar:
        copy_in(Room, rooms, bar)
        copy_in(RoomUse, [_use(room, group) for room, group in uses], bar)
        copy_in(ClassCapacity, changes, bar)


def _own_room(institution: Institution, group: ClassGroup, place: int, rng: random.Random) -> Room:
    low, high = institution.lowest_storey or 1, institution.highest_storey or 1
    family = institution.form == InstitutionForm.FAMILY
    return Room(
        institution_id=institution.pk,
        name="起居室" if family else f"{NAMES[place % len(NAMES)]}活动室",
        purpose=P.CARE,
        storey=min(low + place // 3, max(low, high)),
        area=Decimal(group.capacity * rng.randrange(30, 46)) / 10,
    )


def _shared(institution: Institution, rng: random.Random) -> Iterator[Room]:
    for purpose, name, (least, most) in SHARED:
        if institution.form == InstitutionForm.FAMILY and purpose in (P.HEALTH, P.OFFICE):
            continue
        yield Room(
            institution_id=institution.pk,
            name=name,
            purpose=purpose,
            storey=institution.lowest_storey or 1,
            area=Decimal(rng.randrange(least, most)),
        )


def _use(room: Room, group: ClassGroup) -> RoomUse:
    return RoomUse(
        institution_id=room.institution_id,
        room_id=room.pk,
        class_group_id=group.pk,
        during=(group.opened_on, None),
    )
