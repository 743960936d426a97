"""A child's place, data and allergies, as the office of a nursery keeps them."""

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit, quotas, rls
from core.calendar import age_months
from core.errors import NotThere, Refused
from core.models import User
from core.realtime import actor_changed, announce
from core.scoping import Actor
from institution.models import (
    Allergy,
    Child,
    ClassGroup,
    Enrolment,
    Guardianship,
    Institution,
)
from institution.selectors import places

TOPIC = "roster"


@dataclass(frozen=True)
class Exported:
    places: list[Enrolment]
    guardians: dict[int, list[Guardianship]]  # by child


def enrol_child(
    *,
    actor: Actor,
    name: str,
    sex: str,
    born_on: dt.date,
    resident_id: str,
    class_group: ClassGroup,
    start_on: dt.date,
    guardian_name: str,
    guardian_phone: str,
    relation: str,
    application_id: int | None = None,
) -> Enrolment:
    """A place from `start_on` on. A child known by its resident id keeps its record, whichever nursery it comes from.

    `application_id` is the application that holds the place already.

    Raises Refused `class_closed`, `wrong_age`, `class_full`, `place_overlap`, `identity_differs`.
    """
    check_class(actor, class_group, start_on)
    check_age(class_group, born_on, start_on)
    with transaction.atomic():
        lock_with_room(class_group, start_on, apart_from=application_id)
        child, known = _child(
            name=name,
            sex=sex,
            born_on=born_on,
            resident_id=resident_id,
            registered_by_id=class_group.institution_id,
        )
        place = _place(child, class_group, start_on)
        guardian = _guardian(child, guardian_name, guardian_phone, relation)
        audit.record(
            actor=actor,
            action="child.enrolled",
            subject=place,
            child_ids=[child.pk],
            data={"class": class_group.pk, "guardian": guardian.pk, "known_before": known},
        )
        announce(topic=TOPIC, groups=groups_of(class_group))
        actor_changed(guardian.pk)
    return place


def check_enrolment(
    *,
    actor: Actor,
    name: str,
    born_on: dt.date,
    resident_id: str,
    class_group: ClassGroup,
    start_on: dt.date,
) -> None:
    """What `enrol_child` would refuse, but for the room in the class; writes nothing."""
    check_class(actor, class_group, start_on)
    check_age(class_group, born_on, start_on)
    known = child_with_number(resident_id) if resident_id else None
    if known is None:
        return
    _check_same(known, name, born_on)
    with rls.system("child: same resident id elsewhere"):
        taken = Enrolment.objects.filter(child=known).from_day(start_on).exists()
    if taken:
        raise _overlap()


def export_children(*, actor: Actor, day: dt.date) -> Exported:
    """Everybody with a place that day, on record as an export and as a look at each child."""
    places = list(
        Enrolment.objects.visible_to(actor)
        .on(day)
        .select_related("child", "class_group")
        .order_by("class_group__name", "child__name", "pk")
    )
    children = [place.child_id for place in places]
    institution = Institution.objects.visible_to(actor).get(pk=actor.institution_id or 0)
    quotas.rows(actor=actor, subject=institution, number=len(places))
    with transaction.atomic():
        audit.viewed(
            actor=actor, child_ids=children, fields=["guardians"], purpose="export", each_time=True
        )
        audit.record(
            actor=actor, action="children.exported", subject=institution, data={"rows": len(places)}
        )
    held = Guardianship.objects.filter(child__in=children).valid(day).select_related("user")
    guardians: dict[int, list[Guardianship]] = {}
    for each in held.order_by("pk"):
        guardians.setdefault(each.child_id, []).append(each)
    return Exported(places, guardians)


def check_class(actor: Actor, class_group: ClassGroup, start_on: dt.date) -> None:
    running = ClassGroup.objects.visible_to(actor).running(start_on)
    if not running.filter(pk=class_group.pk).exists():
        raise Refused(
            _("This class does not run on that day."),
            "class_closed",
            fields={"class_group": _("This class does not run on that day.")},
        )


def check_age(class_group: ClassGroup, born_on: dt.date, start_on: dt.date) -> None:
    rule = places.rules_on(start_on).get(class_group.class_type)
    months = age_months(born_on, start_on)
    if rule and not rule.min_months <= months < rule.below_months:
        sentence = _(
            "This class takes children from %(low)d to under %(high)d months; on the first day the child is %(age)d months old."
        ) % {"low": rule.min_months, "high": rule.below_months, "age": months}
        raise Refused(sentence, "wrong_age", fields={"class_group": sentence})


def lock_with_room(
    class_group: ClassGroup, start_on: dt.date, *, apart_from: int | None = None
) -> None:
    """The class's row is locked, so that two clerks cannot give the last place away twice. Inside a transaction."""
    ClassGroup.objects.select_for_update().get(pk=class_group.pk)
    check_room(class_group, start_on, apart_from=apart_from)


def check_room(
    class_group: ClassGroup, start_on: dt.date, *, apart_from: int | None = None
) -> None:
    found = places.places_from(class_group, start_on, apart_from=apart_from)
    if found.free < 1:
        sentence = _("All %(places)d places of this class are taken.") % {"places": found.capacity}
        raise Refused(sentence, "class_full", fields={"class_group": sentence})


def child_with_number(resident_id: str) -> Child | None:
    """Wherever in the city: the number is that of one child, whose record stays one."""
    with rls.system("child: same resident id elsewhere"):
        return Child.objects.filter(resident_id_index__of=resident_id).first()


def _child(
    *, name: str, sex: str, born_on: dt.date, resident_id: str, registered_by_id: int
) -> tuple[Child, bool]:
    known = child_with_number(resident_id)
    if known is None:
        child = Child(name=name, sex=sex, born_on=born_on, resident_id=resident_id)
        child.registered_by_id = registered_by_id
        child.save(force_insert=True)
        return child, False
    _check_same(known, name, born_on)
    return known, True


def _check_same(known: Child, name: str, born_on: dt.date) -> None:
    if (known.name, known.born_on) != (name, born_on):
        message = _("This resident ID number is on file with another name or date of birth.")
        raise Refused(message, "identity_differs", fields={"resident_id": message})


def _place(child: Child, class_group: ClassGroup, start_on: dt.date) -> Enrolment:
    try:
        with transaction.atomic():
            return Enrolment.objects.create(
                institution_id=class_group.institution_id,
                class_group=class_group,
                child=child,
                during=(start_on, None),
            )
    except IntegrityError as error:
        raise _overlap() from error


def _overlap() -> Refused:
    return Refused(
        _(
            "This child already has a place on some of these days. Its nursery must end that place first."
        ),
        "place_overlap",
    )


def _guardian(child: Child, name: str, phone: str, relation: str) -> User:
    """The person with this phone, or a new account that waits for its first sign-in."""
    user = User.objects.filter(phone_index__of=phone).first()
    if user is None:
        user = User.objects.create_waiting("guardian", name=name, phone=phone)
    Guardianship.objects.get_or_create(
        user=user, child=child, valid_to=None, defaults={"relation": relation}
    )
    return user


@transaction.atomic
def update_child(
    *, actor: Actor, child: Child, name: str, sex: str, born_on: dt.date, resident_id: str
) -> Child:
    """Raises Refused `identity_taken`."""
    other = child_with_number(resident_id)
    if other is not None and other.pk != child.pk:
        raise Refused(
            _("Another child is on file with this resident ID number."),
            "identity_taken",
            fields={"resident_id": _("Another child is on file with this resident ID number.")},
        )
    values = {"name": name, "sex": sex, "born_on": born_on, "resident_id": resident_id}
    changed = sorted(field for field, value in values.items() if getattr(child, field) != value)
    for field in changed:
        setattr(child, field, values[field])
    if changed:
        child.save()
        audit.record(
            actor=actor,
            action="child.changed",
            subject=child,
            child_ids=[child.pk],
            data={"fields": changed},
        )
        announce(topic=TOPIC, groups=[f"institution.{actor.institution_id}", f"child.{child.pk}"])
    return child


@transaction.atomic
def add_allergy(*, actor: Actor, child: Child, substance: str, severity: str) -> Allergy:
    """Raises Refused `allergy_known`."""
    try:
        with transaction.atomic():
            allergy = Allergy.objects.create(
                institution_id=actor.workplace,
                child=child,
                substance=substance,
                severity=severity,
                icon=icon_of(substance),
            )
    except IntegrityError as error:
        raise Refused(
            _("This allergy is already on file."),
            "allergy_known",
            fields={"substance": _("This allergy is already on file.")},
        ) from error
    _note_allergy(actor, allergy, "allergy.added")
    return allergy


@transaction.atomic
def remove_allergy(*, actor: Actor, child: Child, pk: int) -> None:
    allergy = Allergy.objects.visible_to(actor).filter(child=child, pk=pk).first()
    if allergy is None:
        raise NotThere
    _note_allergy(actor, allergy, "allergy.removed")
    allergy.delete()


def _note_allergy(actor: Actor, allergy: Allergy, action: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=allergy,
        child_ids=[allergy.child_id],
        data={"severity": allergy.severity},
    )
    announce(
        topic=TOPIC, groups=[f"institution.{actor.institution_id}", f"child.{allergy.child_id}"]
    )


ICONS = {
    "奶": "milk-off",
    "蛋": "egg-off",
    "花生": "nut-off",
    "坚果": "nut-off",
    "麦": "wheat-off",
    "鱼": "fish-off",
}


def icon_of(substance: str) -> str:
    return next((icon for part, icon in ICONS.items() if part in substance), "triangle-alert")


def groups_of(class_group: ClassGroup) -> list[str]:
    return [f"institution.{class_group.institution_id}", f"class.{class_group.pk}"]
