"""Alerts of the demonstration city: a few open, one in hand, and what the last days left closed."""

import datetime as dt
import random
from collections.abc import Iterator

from core.permissions import Role
from institution.alert_kinds import KINDS
from institution.demo import Context, Nursery, Pupil, Worker
from institution.demo.copy import copy_in
from institution.enums import AlertKind, AlertOutcome, AlertState
from institution.models import Alert

K = AlertKind
OURS = "setting:ALERT_ANSWER_MINUTES"
MINUTE = dt.timedelta(minutes=1)
NOTES = (
    "家长堵车，已电话联系，由班主任陪伴等候。",
    "从隔壁班调来一名老师。",
    "奶奶忘带接送卡，已核对身份证。",
)
SHARE = 0.12  # of the nurseries; the one of the demonstration logins always


def fill(context: Context) -> None:
    rng = random.Random(f"{context.seed}:alerts")  # noqa: S311 -- made-up data
    shown = set(context.logins.values())
    staff: dict[int, list[Worker]] = {}
    for worker in context.staff:
        staff.setdefault(worker.institution_id, []).append(worker)
    pupils: dict[int, list[Pupil]] = {}
    for pupil in context.pupils:
        pupils.setdefault(pupil.class_group_id, []).append(pupil)
    rows = [
        alert
        for nursery in context.nurseries
        if nursery.class_ids
        and (rng.random() < SHARE or shown & {w.user_id for w in staff.get(nursery.id, ())})
        for alert in _alerts(context, nursery, staff[nursery.id], pupils, rng)
    ]
    with context.bar("Alerts", len(rows)) as bar:
        copy_in(Alert, rows, bar)


def _alerts(
    context: Context,
    nursery: Nursery,
    staff: list[Worker],
    pupils: dict[int, list[Pupil]],
    rng: random.Random,
) -> Iterator[Alert]:
    here = context.until
    class_id = next(
        (
            w.class_group_id
            for w in staff
            if w.user_id in context.logins.values() and w.class_group_id
        ),
        nursery.class_ids[0],
    )
    director = next(worker for worker in staff if worker.role == Role.DIRECTOR)
    present = max(len(pupils.get(class_id, ())), 8)
    yield _alert(
        nursery,
        K.RATIO_BREACH,
        here - 2 * MINUTE,
        class_group_id=class_id,
        evidence={"present": present, "carers": 1, "most": 5},
    )
    yield _alert(
        nursery,
        K.CERTIFICATE_EXPIRING,
        here - dt.timedelta(days=1),
        minutes=4320,
        evidence={"days": rng.randrange(5, 29)},
        state=AlertState.TAKEN,
        owner_id=director.membership_id,
        taken_at=here - dt.timedelta(hours=5),
    )
    for days in range(1, 4):
        child = rng.choice(pupils.get(class_id) or [None])
        raised = here - dt.timedelta(days=days, minutes=rng.randrange(20, 90))
        kind = rng.choice((K.LATE_PICKUP, K.RATIO_BREACH, K.UNKNOWN_PERSON))
        yield _alert(
            nursery,
            kind,
            raised,
            class_group_id=class_id,
            child_id=child.id if child and kind != K.RATIO_BREACH else None,
            evidence={"minutes": rng.randrange(16, 40), "present": 12, "carers": 2, "most": 5},
            state=AlertState.CLOSED,
            owner_id=director.membership_id,
            taken_at=raised + 3 * MINUTE,
            closed_at=raised + rng.randrange(8, 40) * MINUTE,
            outcome=AlertOutcome.RESOLVED,
            note=NOTES[(K.LATE_PICKUP, K.RATIO_BREACH, K.UNKNOWN_PERSON).index(kind)],
        )


def _alert(
    nursery: Nursery, kind: AlertKind, raised: dt.datetime, *, minutes: int = 15, **values
) -> Alert:
    return Alert(
        institution_id=nursery.id,
        kind=kind,
        key=f"made-up:{raised.isoformat()}",
        severity=KINDS[kind].severity,
        rule=OURS,
        raised_at=raised,
        due_at=raised + minutes * MINUTE,
        **values,
    )
