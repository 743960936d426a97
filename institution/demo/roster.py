"""What the staff of the demonstration city has on file, when it was where, and how this week and the next are planned.

A few papers are missing or run out, and on some days a carer comes late or goes home early: then a class is above the rule.
"""

import datetime as dt
import random
from collections.abc import Iterator, Sequence

from django.db.models import Model

from core.calendar import day_bounds
from core.permissions import Role
from institution.demo import Context, Worker
from institution.demo.copy import copy_in
from institution.demo.names import Names
from institution.enums import (
    ContractKind,
    Education,
    Employment,
    LeaveState,
    Sex,
    StaffLeaveKind,
    StaffPost,
)
from institution.models import Shift, StaffFile, StaffIdentity, StaffLeave, StaffPresence

POST = {
    Role.DIRECTOR: StaffPost.DIRECTOR,
    Role.CARER: StaffPost.CARER,
    Role.HEALTH_WORKER: StaffPost.HEALTH_WORKER,
    Role.CLERK: StaffPost.CLERK,
}
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
MORNING, EVENING = dt.time(7, 30), dt.time(17, 30)
PLANNED_WEEKS = 2
WORKDAYS = 5


def fill(context: Context) -> None:
    rng = random.Random(f"{context.seed}:roster")  # noqa: S311 -- made-up data
    workers = sorted(context.staff, key=lambda worker: worker.membership_id)
    files = [_file(context, worker, rng) for worker in workers]
    people = [
        StaffIdentity(user_id=worker.user_id, document_number=number)
        for worker, number in _documents(workers, context.today, rng)
    ]
    presence = [each for worker in workers for each in _presence(context, worker, rng)]
    leaves = _leaves(context, workers, rng)
    away = {(leave.membership_id, leave.during[0]) for leave in leaves}
    shifts = [each for worker in workers for each in _shifts(context.today, worker, away)]
    rows: dict[type[Model], list] = {
        StaffFile: files,
        StaffIdentity: people,
        StaffPresence: presence,
        StaffLeave: leaves,
        Shift: shifts,
    }
    with context.bar("Staff files and rosters", sum(len(found) for found in rows.values())) as bar:
        for model, found in rows.items():
            copy_in(model, found, bar)


def _documents(
    workers: Sequence[Worker], today: dt.date, rng: random.Random
) -> Iterator[tuple[Worker, str]]:
    """One for each person; a few have not shown theirs."""
    names, seen = Names(rng), set()
    for worker in workers:
        born = today - dt.timedelta(days=rng.randrange(23 * 365, 52 * 365))
        number = names.resident_id(born, Sex.FEMALE)
        if worker.user_id in seen or number in seen or rng.random() < 0.02:
            continue
        seen |= {worker.user_id, number}
        yield worker, number


def _file(context: Context, worker: Worker, rng: random.Random) -> StaffFile:
    today, since = context.today, worker.since
    asked = max(today - dt.timedelta(days=rng.randrange(10, 355)), since - 20 * DAY)
    asked = today - dt.timedelta(days=rng.randrange(366, 420)) if rng.random() < 0.02 else asked
    fixed = rng.random() < 0.7
    file = StaffFile(
        institution_id=worker.institution_id,
        user_id=worker.user_id,
        membership_id=worker.membership_id,
        post=POST[worker.role],
        employment=Employment.FULL_TIME,
        education=rng.choice((Education.COLLEGE, Education.COLLEGE, Education.BACHELOR)),
        during=(since, None),
        contract_kind=ContractKind.FIXED if fixed else ContractKind.OPEN,
        contract_from=since,
        contract_until=today + dt.timedelta(days=rng.randrange(15, 900)) if fixed else None,
        health_number=f"鲁健{rng.randrange(10**8):08d}",
        health_until=today + dt.timedelta(days=rng.randrange(-4, 360)),
        clearance_asked_on=asked,
        clearance_clear_on=asked + 5 * DAY,
    )
    if rng.random() < 0.02:
        file.health_number, file.health_until = "", None
    return file


def _presence(context: Context, worker: Worker, rng: random.Random) -> Iterator[StaffPresence]:
    """Carers with their class; the others in the house. Who is late or goes early leaves a class above the rule."""
    for day in context.days:
        if rng.random() < 0.02:
            continue  # forgot the clock
        start = day_bounds(day)[0]
        came = start + dt.timedelta(hours=7, minutes=rng.randrange(5, 25))
        gone = start + dt.timedelta(hours=17, minutes=rng.randrange(25, 50))
        if worker.class_group_id and rng.random() < 0.03:
            came += rng.randrange(40, 110) * MINUTE
        elif worker.class_group_id and rng.random() < 0.02:
            gone -= rng.randrange(60, 180) * MINUTE
        if came >= context.until:
            continue
        yield StaffPresence(
            institution_id=worker.institution_id,
            membership_id=worker.membership_id,
            class_group_id=worker.class_group_id,
            day=day,
            during=(came, gone if gone <= context.until else None),
        )


def _leaves(context: Context, workers: Sequence[Worker], rng: random.Random) -> list[StaffLeave]:
    """One nursery in three has somebody away soon, decided or not, by the director of that nursery."""
    directors = {w.institution_id: w.user_id for w in workers if w.role == Role.DIRECTOR}
    shown = {
        w.institution_id for w in workers if w.user_id in context.logins.values()
    }  # always where the demonstration logins are
    rows = []
    for place, director in sorted(directors.items()):
        carers = [w for w in workers if w.institution_id == place and w.role == Role.CARER]
        if len(carers) < 2 or (place not in shown and rng.random() < 0.66):
            continue
        granted, asked = rng.sample(carers, 2)
        first = _workday(context.today + DAY)
        rows += [
            _leave(granted, first, StaffLeaveKind.ANNUAL, LeaveState.GRANTED, director),
            _leave(asked, _workday(first + DAY), StaffLeaveKind.PRIVATE, LeaveState.ASKED, None),
        ]
    return rows


def _leave(worker: Worker, day: dt.date, kind, state, director: int | None) -> StaffLeave:
    return StaffLeave(
        institution_id=worker.institution_id,
        membership_id=worker.membership_id,
        kind=kind,
        during=(day, day + DAY),
        state=state,
        decided_by_id=director,
    )


def _workday(day: dt.date) -> dt.date:
    while day.weekday() >= WORKDAYS:
        day += DAY
    return day


def _shifts(today: dt.date, worker: Worker, away: set[tuple[int, dt.date]]) -> Iterator[Shift]:
    if worker.class_group_id is None:
        return
    monday = today - dt.timedelta(days=today.weekday())
    for number in range(7 * PLANNED_WEEKS):
        day = monday + number * DAY
        if day.weekday() >= WORKDAYS or (worker.membership_id, day) in away:
            continue
        yield Shift(
            institution_id=worker.institution_id,
            membership_id=worker.membership_id,
            class_group_id=worker.class_group_id,
            day=day,
            starts_at=MORNING,
            ends_at=EVENING,
        )
