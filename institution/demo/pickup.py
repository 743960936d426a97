"""Who picks up in the demonstration city, what families told of the coming days, and who is ill at home."""

import datetime as dt
import random
from collections.abc import Iterator
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from core.actors import resolve
from core.attachments import store_image
from core.calendar import day_bounds, zone
from core.models import User
from institution.demo import Context, Pupil
from institution.demo.copy import copy_in
from institution.demo.names import Names
from institution.enums import AbsenceClose, AbsenceReason, PickupRelation, Sex
from institution.models import (
    AbsenceCase,
    AbsenceNote,
    Attendance,
    Child,
    Guardianship,
    IllnessRule,
    PickupPerson,
    PlannedDay,
)

LISTED = 0.25  # of the children have somebody on the list beside their guardians
TOLD = 0.12  # of the families told something about one of the coming days
RELATIONS = (
    (PickupRelation.GRANDMOTHER, Sex.FEMALE, 50),
    (PickupRelation.GRANDFATHER, Sex.MALE, 30),
    (PickupRelation.NANNY, Sex.FEMALE, 12),
    (PickupRelation.RELATIVE, Sex.FEMALE, 8),
)
NOTES = {
    AbsenceReason.ILL: ("发热在家休息", "咳嗽，明天再看", ""),
    AbsenceReason.PRIVATE: ("去外婆家", "全家出行", ""),
    AbsenceReason.OTHER: ("", "预约体检"),
}
ILLNESSES = (
    ("cold", ["fever", "cough"], 55),
    ("gastro", ["vomiting", "diarrhoea"], 20),
    ("flu", ["fever"], 15),
    ("hfmd", ["fever", "rash"], 10),
)
ASKED = ("还在发热，在家休息。", "已退烧，精神好些。", "吃饭正常，再观察一天。")
SKINS = ((246, 217, 190), (238, 203, 173), (250, 226, 204))
COATS = ((123, 158, 189), (188, 122, 110), (120, 150, 122), (150, 132, 170))
GROUNDS = ((233, 240, 238), (245, 236, 226), (230, 236, 245))
HAIRS = {Sex.FEMALE: (88, 80, 78), Sex.MALE: (150, 148, 146)}


def fill(context: Context, *, draw: bool) -> None:
    rng = random.Random(f"{context.seed}:pickup")  # noqa: S311 -- made-up data
    names = Names(rng)
    guardians = _guardians()
    children = {child.pk: child for child in Child.objects.only("pk", "sealed_id")}
    persons = [
        person
        for pupil in context.pupils
        if pupil.id in guardians and (rng.random() < LISTED or _is_shown(context, pupil))
        for person in _persons(context, pupil, children[pupil.id], guardians[pupil.id], names, rng)
    ]
    plans = [
        plan
        for pupil in context.pupils
        if pupil.id in guardians and (rng.random() < TOLD or _is_shown(context, pupil))
        for plan in _plans(context, pupil, guardians[pupil.id], rng)
    ]
    with context.bar("Pick-up and plans", len(persons) + len(plans)) as bar:
        copy_in(PickupPerson, persons, bar)
        copy_in(PlannedDay, plans, bar)
    if draw:
        _draw(context, rng)
    _absences(context, children, rng)


def _is_shown(context: Context, pupil: Pupil) -> bool:
    """Of the nursery that visitors look at."""
    return bool(context.nurseries) and pupil.institution_id == context.nurseries[0].id


def _guardians() -> dict[int, int]:
    rows = Guardianship.objects.filter(may_pick_up=True).order_by("-pk")
    return dict(rows.values_list("child_id", "user_id"))


def _persons(
    context: Context, pupil: Pupil, child: Child, guardian: int, names: Names, rng
) -> Iterator[PickupPerson]:
    relation, sex, _often = rng.choices(RELATIONS, [often for *_, often in RELATIONS])[0]
    added = context.until - dt.timedelta(days=rng.randrange(1, 60))
    seen = rng.random() < 0.7
    yield PickupPerson(
        institution_id=pupil.institution_id,
        child=child,
        name=names.adult(sex),
        relation=relation,
        phone=f"138{rng.randrange(10**8):08d}",
        valid_from=added.date(),
        added_by_id=guardian,
        added_at=added,
        confirmed_by_id=_carer_of(context, pupil) if seen else None,
        confirmed_at=context.until - dt.timedelta(days=rng.randrange(1, 9)) if seen else None,
    )


def _carer_of(context: Context, pupil: Pupil) -> int:
    found = (w.user_id for w in context.staff if w.class_group_id == pupil.class_group_id)
    anybody = (w.user_id for w in context.staff if w.institution_id == pupil.institution_id)
    return next(found, None) or next(anybody)


def _plans(context: Context, pupil: Pupil, guardian: int, rng) -> Iterator[PlannedDay]:
    day = context.today + dt.timedelta(days=rng.choice((1, 1, 2, 3, 4, 6)))
    told = context.until - dt.timedelta(minutes=rng.randrange(10, 600))
    common = {
        "institution_id": pupil.institution_id,
        "child_id": pupil.id,
        "day": day,
        "told_by_id": guardian,
        "told_at": told,
    }
    if rng.random() < 0.35:
        leaves = rng.choice((dt.time(12, 30), dt.time(15), dt.time(15, 30)))
        yield PlannedDay(coming=True, leaves_at=leaves, note="", **common)
    else:
        reason = rng.choice(list(AbsenceReason))
        yield PlannedDay(coming=False, reason=reason, note=rng.choice(NOTES[reason]), **common)


def _draw(context: Context, rng: random.Random) -> None:
    """A face for each person of the nursery that visitors look at, stored as its guardian would."""
    if not context.nurseries:
        return
    nursery = context.nurseries[0].id
    persons = PickupPerson.objects.filter(institution=nursery).select_related("added_by")
    for person in persons.order_by("pk"):
        actor = resolve(User.objects.get(pk=person.added_by_id), "guardian")
        if actor is None:
            continue
        sex = Sex.MALE if person.relation == PickupRelation.GRANDFATHER else Sex.FEMALE
        image = SimpleUploadedFile(f"{person.pk}.jpg", _face(rng, sex), "image/jpeg")
        stored = store_image(
            actor=actor, institution_id=nursery, upload=image, child_ids=[person.child_id]
        )
        PickupPerson.objects.filter(pk=person.pk).update(photo=stored.pk)


def _face(rng: random.Random, sex: Sex) -> bytes:
    """Head and shoulders in a few shapes: nobody in particular."""
    picture = Image.new("RGB", (480, 480), rng.choice(GROUNDS))
    draw = ImageDraw.Draw(picture)
    skin, coat, hair = rng.choice(SKINS), rng.choice(COATS), HAIRS[sex]
    wide = rng.randrange(96, 112)
    draw.ellipse((70, 330, 410, 700), fill=coat)
    draw.rectangle((206, 300, 274, 370), fill=skin)
    if sex == Sex.FEMALE:
        draw.ellipse((240 - wide - 22, 90, 240 + wide + 22, 340), fill=hair)
    draw.ellipse((240 - wide, 110, 240 + wide, 335), fill=skin)
    draw.pieslice((240 - wide - 6, 92, 240 + wide + 6, 290), 180, 360, fill=hair)
    for x in (200, 280):
        draw.ellipse((x - 9, 214, x + 9, 234), fill=(60, 52, 50))
    draw.arc((205, 240, 275, 298), 20, 160, fill=(176, 92, 84), width=7)
    if rng.random() < 0.4:
        for x in (200, 280):
            draw.ellipse((x - 30, 196, x + 30, 252), outline=(70, 70, 74), width=5)
        draw.line((230, 222, 250, 222), fill=(70, 70, 74), width=5)
    out = BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


def _absences(context: Context, children: dict[int, Child], rng: random.Random) -> None:
    """A case for each child that is ill at home on the last day, begun on the first of its days without a gap."""
    ill = Attendance.objects.filter(day__in=context.days[-7:], absence=AbsenceReason.ILL)
    days: dict[int, set[dt.date]] = {}
    places: dict[int, Attendance] = {}
    for row in ill.order_by("day", "pk"):
        days.setdefault(row.child_id, set()).add(row.day)
        places[row.child_id] = row
    rules = {rule.code: rule for rule in IllnessRule.objects.order_by("valid_from", "pk")}
    cases = [
        _case(context, children[child], places[child], _first(context, told), rules, rng)
        for child, told in days.items()
        if context.days[-1] in told
    ]
    cases += [
        _closed(context, children[child], places[child], min(told), rules, rng)
        for child, told in days.items()
        if context.days[-1] not in told
    ]
    notes = [note for case in copy_in(AbsenceCase, cases) for note in _notes(context, case, rng)]
    copy_in(AbsenceNote, notes)


def _first(context: Context, told: set[dt.date]) -> dt.date:
    first = context.days[-1]
    for day in reversed(context.days):
        if day not in told:
            break
        first = day
    return first


def _case(
    context: Context, child: Child, row: Attendance, first: dt.date, rules, rng, *, known=False
):
    opened = dt.datetime.combine(first, dt.time(8, 40), zone())
    case = AbsenceCase(
        institution_id=row.institution_id,
        class_group_id=row.class_group_id,
        child=child,
        first_day=first,
        opened_at=min(opened, context.until),
        next_due=max(first, context.today),
    )
    if known or first < context.today or rng.random() < 0.5:
        code, symptoms, _often = rng.choices(ILLNESSES, [often for *_, often in ILLNESSES])[0]
        rule = rules[code]
        case.illness, case.symptoms = code, symptoms
        case.infectious, case.needs_certificate = rule.infectious, rule.needs_certificate
    if rng.random() < 0.2 and first < context.today:
        case.next_due = context.today - dt.timedelta(days=1)
    return case


def _closed(context: Context, child: Child, row: Attendance, first: dt.date, rules, rng):
    """Back on the day after the last absence."""
    case = _case(context, child, row, first, rules, rng, known=True)
    back = row.day + dt.timedelta(days=1)
    at = dt.datetime.combine(back, dt.time(8, 50), zone())
    case.next_due, case.closed_at = back, min(at, context.until)
    case.closed_by_id = next(
        w.user_id for w in context.staff if w.institution_id == row.institution_id
    )
    case.close_reason = (
        AbsenceClose.CERTIFICATE if case.needs_certificate else AbsenceClose.RECOVERED
    )
    case.certificate_no = f"区医院 {rng.randrange(10**5):05d}" if case.needs_certificate else ""
    return case


def _notes(context: Context, case: AbsenceCase, rng: random.Random) -> Iterator[AbsenceNote]:
    carer = next(
        (w.user_id for w in context.staff if w.class_group_id == case.class_group_id), None
    )
    day = case.first_day
    while carer is not None and day < case.next_due:
        at = day_bounds(day)[0] + dt.timedelta(hours=10, minutes=rng.randrange(60))
        yield AbsenceNote(
            institution_id=case.institution_id,
            class_group_id=case.class_group_id,
            child=case.child,
            case=case,
            day=day,
            note=rng.choice(ASKED),
            by_id=carer,
            at=min(at, context.until),
        )
        day += dt.timedelta(days=1)
