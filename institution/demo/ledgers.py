"""Ledgers of the demonstration city: what each nursery does again and again, the entries of the last weeks, a few late."""

import datetime as dt
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.files.uploadedfile import SimpleUploadedFile

from core.actors import resolve
from core.attachments import store_image
from core.calendar import day_bounds, local_day
from core.models import User
from core.permissions import Role
from institution.alert_kinds import KINDS
from institution.demo import Context, Nursery
from institution.demo.copy import copy_in
from institution.demo.photos import FOLDER
from institution.enums import AlertKind, InstitutionForm
from institution.enums import LedgerKind as K
from institution.ledgers import due_on
from institution.models import Alert, LedgerEntry, LedgerRhythm, LedgerSchedule, Room

# Only what a text was found for names it; everything else is the nursery's own setting.
NORM = "《托儿所幼儿园卫生保健工作规范》（卫妇社发〔2012〕35号）"
CHLORINE = {"method": "chlorine", "strength": 250, "minutes": 30}
GOOD = {"state": "good"}
DAY = dt.timedelta(days=1)
BACK = 35  # days in which weekly things were done
DAYS = 8  # of daily entries, in nurseries that visitors do not look at


@dataclass(frozen=True)
class Habit:
    kind: K
    what: str
    repeat: str
    detail: dict
    basis: str = ""
    every_days: int | None = None
    weekday: int | None = None
    needs_photo: bool = False
    room: str = ""  # the room of that name
    family: bool = True  # a family site does it too


HABITS = (
    Habit(K.DISINFECTION, "水杯", "days", {"method": "steam", "minutes": 15}, NORM, 1),
    Habit(K.DISINFECTION, "擦手毛巾", "days", {"method": "boiling", "minutes": 20}, NORM, 1),
    Habit(K.DISINFECTION, "门把手、水龙头、床围栏", "days", CHLORINE, NORM, 1),
    Habit(K.DISINFECTION, "玩具", "weekly", CHLORINE, weekday=5),
    Habit(
        K.DISINFECTION, "地面与便盆", "days", CHLORINE, every_days=1, room="盥洗室", family=False
    ),
    Habit(K.EQUIPMENT, "户外大型玩具", "weekly", GOOD, weekday=1, needs_photo=True, family=False),
    Habit(K.EQUIPMENT, "电器与插座", "monthly", GOOD),
    Habit(K.EQUIPMENT, "燃气与灶具", "weekly", GOOD, weekday=5, room="厨房", family=False),
    Habit(K.FIRE, "灭火器与疏散通道", "weekly", GOOD, weekday=3),
    Habit(K.FIRE, "应急灯与烟感", "monthly", GOOD, family=False),
    Habit(
        K.DRILL,
        "疏散演练",
        "quarterly",
        {"drill": "fire", "people": 58, "minutes": 6},
        family=False,
    ),
)
FORGOTTEN = "户外大型玩具"  # by the nursery that visitors look at
NOT_YET = frozenset({"门把手、水龙头、床围栏", "地面与便盆"})  # of today
VISITORS = (
    ("区卫健局 李科长", "日常检查"),
    ("供应商 张师傅", "送食材"),
    ("周女士（家长）", "入园参观"),
    ("消防维保 王工", "检修烟感"),
)
HAZARDS = (
    ("防滑条翘起", "二楼楼梯口", "serious", "后勤 张师傅", "已用胶带临时固定。", "更换防滑条"),
    ("围栏一颗螺丝松动", "户外沙池", "minor", "后勤 张师傅", "", "拧紧并加防松垫圈"),
    ("地面易积水", "盥洗室", "minor", "物业", "已放防滑垫。", "重做地面找坡"),
)


def fill(context: Context, *, draw: bool) -> None:
    rng = random.Random(f"{context.seed}:ledgers")  # noqa: S311 -- made-up data
    writers: dict[int, list[int]] = {}
    for worker in context.staff:
        if worker.role in (Role.CARER, Role.HEALTH_WORKER):
            writers.setdefault(worker.institution_id, []).append(worker.user_id)
    nurseries = [nursery for nursery in context.nurseries if writers.get(nursery.id)]
    if not nurseries:
        return
    made, shown = _schedules(context, nurseries), nurseries[0].id
    rhythms = [_rhythm(context, schedule, habit) for schedule, habit in made]
    entries: list[LedgerEntry] = []
    for schedule, habit in made:
        by = writers[schedule.institution_id]
        entries += _done(context, schedule, habit, by, rng, shown=schedule.institution_id == shown)
    for nursery in nurseries:
        entries += _others(context, nursery, writers[nursery.id], rng, shown=nursery.id == shown)
    if draw:
        _photograph(entries, shown)
    with context.bar("Ledgers", len(rhythms) + len(entries)) as bar:
        copy_in(LedgerRhythm, rhythms, bar)
        copy_in(LedgerEntry, entries, bar)
    copy_in(Alert, list(_alerts(context, shown, made, rhythms, entries)))


def _alerts(
    context: Context,
    shown: int,
    made: list[tuple[LedgerSchedule, Habit]],
    rhythms: list[LedgerRhythm],
    entries: list[LedgerEntry],
) -> Iterator[Alert]:
    """What the next look of the schedule would raise where visitors look (services.ledgers); elsewhere it does."""
    for (schedule, habit), rhythm in zip(made, rhythms, strict=True):
        if schedule.institution_id != shown or habit.what != FORGOTTEN:
            continue
        last = max(e.at for e in entries if e.schedule_id == schedule.pk)
        due = due_on(rhythm, local_day(last))
        raised = context.until - dt.timedelta(hours=3)
        yield Alert(
            institution_id=shown,
            kind=AlertKind.LEDGER_LATE,
            key=f"task:{schedule.pk}:{due}",
            severity=KINDS[AlertKind.LEDGER_LATE].severity,
            evidence={"ledger": str(habit.kind), "due": str(due)},
            rule="setting:ALERT_ANSWER_MINUTES",
            raised_at=raised,
            due_at=raised + dt.timedelta(days=1),
        )


def _schedules(context: Context, nurseries: list[Nursery]) -> list[tuple[LedgerSchedule, Habit]]:
    rooms = {
        (institution, name): pk
        for pk, institution, name in Room.objects.order_by("pk").values_list(
            "pk", "institution_id", "name"
        )
    }
    made = [
        (
            LedgerSchedule(
                institution_id=nursery.id,
                kind=habit.kind,
                what=habit.what,
                room_id=rooms.get((nursery.id, habit.room)),
            ),
            habit,
        )
        for nursery in nurseries
        for habit in HABITS
        if habit.family or nursery.form != InstitutionForm.FAMILY
    ]
    copy_in(LedgerSchedule, [schedule for schedule, _habit in made])
    return made


def _rhythm(context: Context, schedule: LedgerSchedule, habit: Habit) -> LedgerRhythm:
    return LedgerRhythm(
        institution_id=schedule.institution_id,
        schedule_id=schedule.pk,
        repeat=habit.repeat,
        every_days=habit.every_days,
        weekday=habit.weekday,
        needs_photo=habit.needs_photo,
        basis=habit.basis,
        valid_from=context.today - 120 * DAY,
    )


def _done(
    context: Context,
    schedule: LedgerSchedule,
    habit: Habit,
    writers: list[int],
    rng: random.Random,
    *,
    shown: bool,
) -> Iterator[LedgerEntry]:
    """On days of care. Of today's a part is still to do; here and there something was forgotten."""
    for day in _days_of(habit, context, shown=shown, rng=rng):
        forgotten = day > context.today - 14 * DAY and (
            habit.what == FORGOTTEN if shown else habit.repeat == "weekly" and rng.random() < 0.04
        )
        not_yet = day == context.today and (habit.what in NOT_YET or rng.random() < 0.2)
        if forgotten or not_yet:
            continue
        at = day_bounds(day)[0] + dt.timedelta(hours=8, minutes=rng.randrange(120))
        if at <= context.until:
            detail = _detail(habit, rng)
            yield _entry(
                rng,
                schedule.institution_id,
                habit.kind,
                at,
                rng.choice(writers),
                schedule_id=schedule.pk,
                what=habit.what,
                detail=detail,
            )


def _days_of(habit: Habit, context: Context, *, shown: bool, rng: random.Random) -> list[dt.date]:
    match habit.repeat:
        case "days":
            since = context.today - DAYS * DAY
            return [day for day in context.days if shown or day >= since]
        case "weekly":
            days = [context.today - number * DAY for number in range(BACK)]
            return [day for day in days if day.isoweekday() == habit.weekday]
    first = context.today.replace(day=1)
    if habit.repeat == "quarterly":
        first = first.replace(month=(first.month - 1) // 3 * 3 + 1)
    span = (context.today - first).days
    this = [first + rng.randrange(span) * DAY] if span else []
    return [first - rng.randrange(2, 20) * DAY, *this]


def _detail(habit: Habit, rng: random.Random) -> dict:
    if habit.kind == K.DRILL:
        return habit.detail | {"people": rng.randrange(30, 70), "minutes": rng.randrange(4, 9)}
    return habit.detail


def _others(
    context: Context, nursery: Nursery, writers: list[int], rng: random.Random, *, shown: bool
) -> Iterator[LedgerEntry]:
    """Visitors, one of them still in the house where visitors of the demonstration look, and hazards, one past its day."""
    past = [day for day in context.days if day < context.today][-10:]
    if not past:
        return
    for who, why in rng.sample(VISITORS, 4 if shown else 1):
        came = day_bounds(rng.choice(past))[0] + dt.timedelta(hours=9, minutes=rng.randrange(60))
        by = rng.choice(writers)
        yield (
            visit := _entry(rng, nursery.id, K.VISITOR, came, by, what=who, detail={"reason": why})
        )
        yield _end(rng, visit, came + dt.timedelta(minutes=rng.randrange(20, 70)), by, {})
    here = context.until - dt.timedelta(minutes=25)
    if shown:
        told = {"what": "区消防大队 孔参谋", "detail": {"reason": "消防检查"}}
        yield _entry(rng, nursery.id, K.VISITOR, here, rng.choice(writers), **told)
    for number, (what, place, severity, mender, note, measure) in enumerate(HAZARDS):
        if not shown and rng.random() > 0.15:
            continue
        found = day_bounds(past[-(number + 2) % len(past)])[0] + dt.timedelta(hours=10)
        by = rng.choice(writers)
        hazard = _entry(
            rng,
            nursery.id,
            K.HAZARD,
            found,
            by,
            what=what,
            detail={"place": place, "severity": severity, "mender": mender},
            note=note,
            mend_by=context.today + (number * 3 - 1) * DAY,
        )
        yield hazard
        if not shown or number == 2:
            yield _end(rng, hazard, found + dt.timedelta(hours=20), by, {"measure": measure})


def _end(
    rng: random.Random, begun: LedgerEntry, at: dt.datetime, by: int, detail: dict
) -> LedgerEntry:
    return _entry(
        rng, begun.institution_id, K(begun.kind), at, by, closes_id=begun.pk, detail=detail
    )


def _entry(
    rng: random.Random, institution: int, kind: K, at: dt.datetime, by: int, **values
) -> LedgerEntry:
    pk = uuid.UUID(int=rng.getrandbits(128), version=4)
    return LedgerEntry(
        id=pk,
        root=pk,
        institution_id=institution,
        kind=kind,
        at=at,
        by_id=by,
        recorded_at=at,
        **values,
    )


def _photograph(entries: list[LedgerEntry], shown: int) -> None:
    """The last cleaned toys of the nursery that visitors look at have a picture, stored as its carer would."""
    checks = [e for e in entries if e.institution_id == shown and e.what == "玩具"]
    entry = max(checks, key=lambda e: e.at, default=None)
    actor = entry and resolve(User.objects.get(pk=entry.by_id))
    if not entry or not actor:
        return
    image = SimpleUploadedFile("toys.jpg", (FOLDER / "blocks.jpg").read_bytes(), "image/jpeg")
    entry.photos = [store_image(actor=actor, institution_id=shown, upload=image).pk]
