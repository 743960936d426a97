"""Closed and extra days of the demonstration city: a day of training, a repair, a break of one class; all still to come."""

import datetime as dt
import random
from collections.abc import Iterator

from core.models import CalendarDay
from core.models.calendar_day import DayKind
from institution.demo import Context, Nursery
from institution.demo.copy import copy_in
from institution.enums import ClosureReason
from institution.models import Closure, MakeupDay
from institution.selectors.calendar import OPEN_KINDS

R = ClosureReason
NOTES = {
    R.TRAINING: ("急救与窒息处置培训", "保育人员年度培训", "消防演练与培训"),
    R.REPAIR: ("供暖检修", "盥洗室改造", "户外场地铺设软垫"),
    R.BREAK: ("元旦前放假半天顺延", "冬季调整"),
    R.ILLNESS: ("手足口病，班级停托消毒",),
}
AHEAD = 40


def fill(context: Context) -> None:
    rng = random.Random(f"{context.seed}:calendar")  # noqa: S311 -- made-up data
    ahead = CalendarDay.objects.between(
        context.today + dt.timedelta(days=2), context.today + dt.timedelta(days=AHEAD)
    )
    known = dict(ahead.order_by("day").values_list("day", "kind"))
    working = [day for day, kind in known.items() if kind in OPEN_KINDS]
    weekends = [day for day, kind in known.items() if kind == DayKind.WEEKEND]
    if not working or not weekends:
        return  # beyond the years that are announced
    closures = [
        closure
        for place, nursery in enumerate(context.nurseries)
        for closure in _closures(nursery, place, working, rng)
    ]
    extra = [
        MakeupDay(institution_id=nursery.id, day=rng.choice(weekends), note="家长预约满 6 人加开")
        for place, nursery in enumerate(context.nurseries)
        if place == 0 or rng.random() < 0.2
    ]
    with context.bar("Calendar", len(closures) + len(extra)) as bar:
        copy_in(Closure, closures, bar)
        copy_in(MakeupDay, extra, bar)
    open_today(context)


def open_today(context: Context) -> None:
    """The log tells of today whatever day it is (log.days_of_care), so on a weekend the nurseries have opened for once."""
    if CalendarDay.objects.filter(day=context.today, kind__in=OPEN_KINDS).exists():
        return
    days = [
        MakeupDay(institution_id=nursery.id, day=context.today, note="周末加开")
        for nursery in context.nurseries
    ]
    MakeupDay.objects.bulk_create(days, ignore_conflicts=True)


def _closures(
    nursery: Nursery, place: int, working: list[dt.date], rng: random.Random
) -> Iterator[Closure]:
    """At most two that lie apart."""
    half = len(working) // 2
    if place == 0 or rng.random() < 0.7:
        yield _closure(nursery, R.TRAINING, rng.choice(working[:half]), rng)
    if place == 0 or rng.random() < 0.4:
        reason = rng.choice((R.REPAIR, R.BREAK, R.ILLNESS))
        closure = _closure(nursery, reason, rng.choice(working[half:]), rng)
        if reason == R.ILLNESS:
            closure.class_group_id = rng.choice(nursery.class_ids)
        yield closure


def _closure(nursery: Nursery, reason: ClosureReason, day: dt.date, rng: random.Random) -> Closure:
    return Closure(
        institution_id=nursery.id,
        during=(day, day + dt.timedelta(days=1)),
        reason=reason,
        note=rng.choice(NOTES[reason]),
    )
