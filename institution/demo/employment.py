"""Staff files, who clocked in where on the days of the log, and the roster of two weeks. A few files miss something."""

import datetime as dt
import random
from collections.abc import Iterator

from core.calendar import day_bounds, zone
from core.permissions import Role
from institution.demo import Context, Worker
from institution.demo.copy import copy_in
from institution.enums import ContractKind, Education, Employment
from institution.models import Shift, StaffFile, StaffIdentity, StaffPresence
from institution.services.staff import POSTS

DAYS = 10  # of the clock, the last of the log
PLANNED_DAYS = 12  # of the roster, from this week's Monday
SATURDAY = 5
TROUBLES = {3: 0.02, 7: 0.06, 10: 0.1}  # so that every larger nursery has something to renew
FULL = [dt.time(7, 30), dt.time(17, 30)]


def fill(context: Context) -> None:
    rng = random.Random(f"{context.seed}:employment")  # noqa: S311 -- made-up data
    files = [
        _file(context, worker, rng, TROUBLES.get(place % 16, rng.random()))
        for place, worker in enumerate(context.staff)
    ]
    stretches = list(_presence(context, rng))
    shifts = list(_shifts(context, rng))
    total = 2 * len(files) + len(stretches) + len(shifts)
    with context.bar("Staff files and clock", total) as bar:
        copy_in(StaffFile, files, bar)
        copy_in(StaffIdentity, _identities(context, rng), bar)
        copy_in(StaffPresence, stretches, bar)
        copy_in(Shift, shifts, bar)


def _file(context: Context, worker: Worker, rng: random.Random, trouble: float) -> StaffFile:
    """One in eight has a paper that ran out or soon will; below 0.12 `trouble` says which."""
    asked = context.today - dt.timedelta(days=rng.randrange(20, 330))
    health = context.today + dt.timedelta(days=rng.randrange(40, 360))
    if trouble < 0.04:
        health = context.today + dt.timedelta(days=rng.randrange(-10, 25))
    elif trouble < 0.08:
        asked = context.today - dt.timedelta(days=rng.randrange(345, 380))
    fixed = rng.random() < 0.7 or 0.08 <= trouble < 0.12
    ending = 0.08 <= trouble < 0.12
    until = context.today + dt.timedelta(
        days=rng.randrange(5, 25) if ending else rng.randrange(60, 900)
    )
    return StaffFile(
        institution_id=worker.institution_id,
        user_id=worker.user_id,
        membership_id=worker.membership_id,
        post=POSTS[worker.role],
        employment=Employment.PART_TIME if rng.random() < 0.06 else Employment.FULL_TIME,
        education=rng.choice((Education.SENIOR, Education.COLLEGE, Education.BACHELOR)),
        during=(worker.since, None),
        contract_kind=ContractKind.FIXED if fixed else ContractKind.OPEN,
        contract_from=worker.since,
        contract_until=max(until, worker.since) if fixed else None,
        health_number=f"鲁健{rng.randrange(10**8):08d}",
        health_until=health,
        clearance_asked_on=asked,
        clearance_clear_on=min(asked + dt.timedelta(days=5), context.today),
    )


def _identities(context: Context, rng: random.Random) -> list[StaffIdentity]:
    """Passports, whose numbers nobody has: a resident ID number could be somebody's."""
    numbers = rng.sample(range(10**7), len(context.staff))
    return [
        StaffIdentity(user_id=worker.user_id, document_number=f"DEMO{number:07d}")
        for worker, number in zip(context.staff, numbers, strict=True)
    ]


def _presence(context: Context, rng: random.Random) -> Iterator[StaffPresence]:
    """Carers with their class from before the first child to after the last; some help for a while in the next class."""
    rooms = {nursery.id: nursery.class_ids for nursery in context.nurseries}
    carers = [w for w in context.staff if w.role == Role.CARER and w.class_group_id]
    for day in context.days[-DAYS:]:
        midnight = day_bounds(day)[0]
        for worker in carers:
            if worker.since > day or rng.random() < 0.015:
                continue
            yield from _stretches(context, worker, rooms[worker.institution_id], midnight, rng)


def _stretches(
    context: Context, worker: Worker, rooms: tuple[int, ...], midnight: dt.datetime, rng
) -> Iterator[StaffPresence]:
    def moment(hour: float, spread: int) -> dt.datetime:
        return midnight + dt.timedelta(hours=hour, minutes=rng.randrange(spread))

    day = midnight.astimezone(zone()).date()
    parts = [(worker.class_group_id, moment(7.1, 20), moment(17.6, 25))]
    others = [pk for pk in rooms if pk != worker.class_group_id]
    if others and rng.random() < 0.04:
        away, back = moment(10, 30), moment(10.6, 20)
        home = parts[0]
        parts = [
            (home[0], home[1], away),
            (rng.choice(others), away, back),
            (home[0], back, home[2]),
        ]
    for room, first, last in parts:
        if first < context.until:
            yield StaffPresence(
                institution_id=worker.institution_id,
                membership_id=worker.membership_id,
                class_group_id=room,
                day=day,
                during=(first, last if last <= context.until else None),
                reason="",
            )


def _shifts(context: Context, rng: random.Random) -> Iterator[Shift]:
    """This week and the next in the nurseries of the demonstration logins; now and then somebody is not planned."""
    shown = {w.institution_id for w in context.staff if w.user_id in context.logins.values()}
    monday = context.today - dt.timedelta(days=context.today.weekday())
    for worker in context.staff:
        if worker.institution_id not in shown or not worker.class_group_id:
            continue
        for number in range(PLANNED_DAYS):
            day = monday + dt.timedelta(days=number)
            if day.weekday() >= SATURDAY or rng.random() < 0.05:
                continue
            yield Shift(
                institution_id=worker.institution_id,
                membership_id=worker.membership_id,
                class_group_id=worker.class_group_id,
                day=day,
                starts_at=FULL[0],
                ends_at=FULL[1],
            )
