"""The health of the demonstration city: a check of every child that came, measurements of nearly all."""

import datetime as dt
from decimal import Decimal

from core.calendar import age_months
from core.permissions import Role
from health.enums import Action, EntryPaper, Finding, Position
from health.models import EntryCheck, Measurement, MorningCheck
from health.services.reference import load_rules
from institution.demo import Context, Pupil
from institution.demo.copy import copy_in
from institution.enums import AdmissionState, Sex
from institution.models import Application, Attendance

# Medians and about one standard deviation by completed months, near those of WS/T 423-2022.
GROWTH = {
    Sex.MALE: {
        6: (8.4, 68.7, 43.4),
        12: (10.1, 76.7, 46.1),
        18: (11.3, 83.1, 47.4),
        24: (12.6, 88.2, 48.3),
        30: (13.7, 93.2, 48.9),
        36: (14.6, 97.5, 49.3),
    },
    Sex.FEMALE: {
        6: (7.8, 67.1, 42.2),
        12: (9.4, 75.2, 45.1),
        18: (10.7, 81.9, 46.4),
        24: (11.9, 87.0, 47.3),
        30: (13.0, 91.9, 47.9),
        36: (14.1, 96.2, 48.5),
    },
}
SPREAD = (0.10, 0.034, 0.028)
MILD = [
    Finding.COUGH,
    Finding.RASH,
    Finding.EYES,
    Finding.INJURY,
    Finding.LISTLESS,
    Finding.DIARRHOEA,
]
NOTES = {
    Finding.COUGH: "轻微咳嗽，已告知家长",
    Finding.RASH: "手臂少量皮疹，已拍照告知家长",
    Finding.EYES: "右眼微红，请家长留意",
    Finding.INJURY: "膝盖擦伤，家长说明在家摔倒",
    Finding.LISTLESS: "精神欠佳，昨晚睡得晚",
    Finding.DIARRHOEA: "昨晚腹泻一次",
}


def fill(context: Context) -> None:
    load_rules()
    _checks(context)
    if not Measurement.objects.exists():
        _measurements(context)
    if not EntryCheck.objects.exists():
        _papers(context)


def _checkers(context: Context) -> dict[int, int]:
    """Who checks at each nursery: its health worker, else its director."""
    found: dict[int, int] = {}
    for worker in context.staff:
        if worker.role == Role.HEALTH_WORKER or (
            worker.role == Role.DIRECTOR and worker.institution_id not in found
        ):
            found[worker.institution_id] = worker.user_id
    return found


def _checks(context: Context) -> None:
    if not context.days:
        return
    checkers = _checkers(context)
    came = (
        Attendance.objects.filter(day__gte=context.days[0], day__lte=context.days[-1])
        .exclude(arrived_at=None)
        .order_by("day", "institution", "child")
        .values_list("institution", "class_group", "child", "day", "arrived_at")
    )
    rows = [
        _check(context, checkers[institution], (institution, class_group, child, day, arrived))
        for institution, class_group, child, day, arrived in came
        if not (day == context.today and context.rng.random() < 0.12)  # not yet looked at
    ]
    rows = [row for row in rows if row.checked_at <= context.until]
    with context.bar("Morning checks", len(rows)) as bar:
        copy_in(MorningCheck, rows, bar)


def _check(context: Context, checker: int, came: tuple) -> MorningCheck:
    rng = context.rng
    institution, class_group, child, day, arrived = came
    temperature = Decimal(str(round(min(37.2, rng.gauss(36.5, 0.18)), 1)))
    findings, action, note = [], Action.ADMITTED, ""
    if rng.random() < 0.007:
        temperature = Decimal(str(round(rng.uniform(37.3, 38.6), 1)))
        findings = [Finding.FEVER]
        action = Action.SENT_HOME if temperature >= Decimal("37.8") else Action.OBSERVED
        note = "已联系家长，建议就医" if action == Action.SENT_HOME else "半小时后复测"
    elif rng.random() < 0.028:
        findings = [rng.choice(MILD)]
        action = Action.OBSERVED if rng.random() < 0.5 else Action.ADMITTED
        note = NOTES[findings[0]]
    return MorningCheck(
        institution_id=institution,
        class_group_id=class_group,
        child_id=child,
        day=day,
        checked_at=arrived + dt.timedelta(seconds=rng.randint(60, 600)),
        temperature=temperature,
        findings=[str(finding) for finding in findings],
        action=action,
        note=note,
        checked_by_id=checker,
    )


def _measurements(context: Context) -> None:
    checkers = _checkers(context)
    rows = [
        _measurement(context, pupil, checkers[pupil.institution_id], day)
        for pupil in context.pupils
        if context.rng.random() < 0.94
        for here in [min(170, (context.today - pupil.since).days)]
        if here > 2
        for day in [_workday(context.today - dt.timedelta(days=context.rng.randint(2, here)))]
        if day >= pupil.since
    ]
    with context.bar("Measurements", len(rows)) as bar:
        copy_in(Measurement, rows, bar)


def _papers(context: Context) -> None:
    """Of those about to start some have shown everything, some only the vaccination certificate."""
    checkers = _checkers(context)
    signed = Application.objects.filter(state=AdmissionState.CONTRACTED).order_by("pk")
    rows = [
        EntryCheck(
            institution_id=institution,
            application_id=application,
            paper=paper,
            day=context.today - dt.timedelta(days=context.rng.randint(2, 20)),
            passed=True,
            issuer="" if paper == EntryPaper.VACCINATION else "妇幼保健院",
            checked_by_id=checkers[institution],
            recorded_at=context.until,
        )
        for turn, (application, institution) in enumerate(signed.values_list("pk", "institution"))
        for paper in (EntryPaper.VACCINATION, EntryPaper.EXAMINATION)[: 2 - turn % 2]
    ]
    with context.bar("Papers before the first day", len(rows)) as bar:
        copy_in(EntryCheck, rows, bar)


def _workday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=max(0, day.weekday() - 4))


def _measurement(context: Context, pupil: Pupil, checker: int, day: dt.date) -> Measurement:
    months = age_months(pupil.born_on, day)
    tall = context.rng.gauss(0, 0.8)  # a tall child is mostly a heavy one
    weight, length, head = (
        median * (1 + spread * (0.7 * tall + context.rng.gauss(0, 0.5)))
        for median, spread in zip(_median(pupil.sex, months), SPREAD, strict=True)
    )
    return Measurement(
        institution_id=pupil.institution_id,
        child_id=pupil.id,
        measured_on=day,
        weight_kg=Decimal(str(round(weight, 2))),
        length_cm=Decimal(str(round(length, 1))),
        measure=Position.STANDING if months >= 24 else Position.LYING,
        head_cm=Decimal(str(round(head, 1))) if months < 24 else None,
        measured_by_id=checker,
        recorded_at=context.until,
    )


def _median(sex: Sex, months: int) -> tuple[float, ...]:
    """Between two rows of the table in a straight line, outside of it as in its first or last row."""
    table = GROWTH[sex]
    below = max((age for age in table if age <= months), default=min(table))
    above = min((age for age in table if age >= months), default=max(table))
    share = (months - below) / (above - below) if above > below else 0
    return tuple(a + (b - a) * share for a, b in zip(table[below], table[above], strict=True))
