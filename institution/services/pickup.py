"""Who may bring and fetch a child, as its guardians say it, and the passes they show for it (docs/adr/0018)."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.attachments import store_image
from core.calendar import now, today
from core.errors import NotThere, Refused
from core.live.groups import child_groups
from core.realtime import announce
from core.scoping import Actor
from core.validators import check_mobile
from institution.enums import Direction, PickupRelation
from institution.models import Child, Enrolment, Guardianship, Institution, PickupPass, PickupPerson
from institution.pass_codes import code_of, digest_of

TOPIC = "pickup"
MOST_PERSONS = 10


def add_person(
    *,
    actor: Actor,
    child: Child,
    name: str,
    relation: str,
    phone: str,
    photo: UploadedFile,
    last_day: dt.date | None = None,
) -> PickupPerson:
    """Raises Refused `no_place`, `not_a_guardian`, `dates_reversed`, `too_many`, `already_added`, and what a picture raises."""
    nursery = _nursery_of(actor, child)
    guardianship_of(actor, child.pk)
    if last_day is not None and last_day < today():
        raise _wrong("last_day", _("The last day lies in the past."), "dates_reversed")
    mine = PickupPerson.objects.visible_to(actor).filter(child=child, institution=nursery)
    if mine.valid(today()).count() >= MOST_PERSONS:
        raise Refused(
            _("At most %(most)d people can stand on the list. Take somebody off first.")
            % {"most": MOST_PERSONS},
            "too_many",
        )
    if mine.valid(today()).filter(name=name).exists():
        raise _on_list()
    number = check_mobile(phone=phone)
    picture = store_image(
        actor=actor, institution_id=nursery.pk, upload=photo, child_ids=[child.pk]
    )
    try:
        with transaction.atomic():
            _end_past(actor, child, nursery, name)
            person = PickupPerson.objects.create(
                institution=nursery,
                child=child,
                name=name,
                relation=PickupRelation(relation),
                phone=number,
                photo=picture.pk,
                valid_from=today(),
                valid_to=last_day + dt.timedelta(days=1) if last_day else None,
                added_by_id=actor.user_id,
            )
            _record(actor, nursery, person, [child.pk], "pickup.person_added")
            _tell(nursery, [child.pk])
    except IntegrityError as error:
        raise _on_list() from error
    return person


def withdraw_person(*, actor: Actor, person: PickupPerson) -> None:
    """From now on; a pass that the person still has ends with it."""
    with transaction.atomic():
        found = PickupPerson.objects.visible_to(actor).select_for_update(of=("self",))
        person = found.select_related("institution__region").get(pk=person.pk)
        if person.withdrawn_at is not None:
            return
        moment = now()
        guardianship_of(actor, person.child_id)
        person.withdrawn_at, person.withdrawn_by_id = moment, actor.user_id
        person.save(update_fields=["withdrawn_at", "withdrawn_by"])
        open_passes(actor).filter(person=person).update(ended_at=moment)
        _record(actor, person.institution, person, [person.child_id], "pickup.person_withdrawn")
        _tell(person.institution, [person.child_id])


def make_pass(
    *,
    actor: Actor,
    children: Sequence[Child],
    direction: str,
    person: PickupPerson | None = None,
) -> uuid.UUID:
    """The bundle of a new pass: of the guardian who asks, or of a person on the list.

    A pass that was open for the same children and the same way ends. Raises Refused `no_child`, `other_child`,
    `other_nursery`, `no_place`, `not_a_guardian`, `may_not_pick_up`, `not_on_the_list`, `no_code`.
    """
    if not children:
        raise Refused(_("Please choose a child."), "no_child")
    nurseries = {_nursery_of(actor, child) for child in children}
    if len(nurseries) > 1:
        raise Refused(
            _("These children are at different nurseries. Make a pass for each."), "other_nursery"
        )
    (nursery,) = nurseries
    bearers = [_bearer(actor, child, person) for child in children]
    for _try in range(5):
        moment, bundle = now(), uuid.uuid4()
        rows = [
            PickupPass(
                institution=nursery,
                child=child,
                bundle=bundle,
                place=place,
                code_digest=digest_of(code_of(bundle)),
                direction=Direction(direction),
                made_by_id=actor.user_id,
                made_at=moment,
                expires_at=moment + dt.timedelta(minutes=settings.PICKUP_PASS_MINUTES),
                **bearer,
            )
            for place, (child, bearer) in enumerate(zip(children, bearers, strict=True))
        ]
        try:
            with transaction.atomic():
                same_way = open_passes(actor).filter(
                    child__in=children, direction=direction, made_by=actor.user_id
                )
                bundles = list(same_way.order_by("pk").values_list("bundle", flat=True))
                open_passes(actor).filter(bundle__in=bundles).update(ended_at=moment)
                PickupPass.objects.bulk_create(rows)
                _record(actor, nursery, rows[0], [c.pk for c in children], "pickup.pass_made")
        except IntegrityError:  # another open pass has these eight digits
            continue
        return bundle
    raise Refused(_("No pass could be made. Please try again."), "no_code")


def end_pass(*, actor: Actor, bundle: uuid.UUID) -> None:
    """Used is used; anything else opens no door from here on."""
    with transaction.atomic():
        rows = PickupPass.objects.visible_to(actor).filter(bundle=bundle)
        found = list(rows.select_related("institution__region").order_by("pk"))
        if not found:
            raise NotThere
        if open_passes(actor).filter(bundle=bundle).update(ended_at=now()):
            children = [row.child_id for row in found]
            _record(actor, found[0].institution, found[0], children, "pickup.pass_ended")


def open_passes(actor: Actor):
    return PickupPass.objects.visible_to(actor).filter(used_at=None, ended_at=None)


def _nursery_of(actor: Actor, child: Child) -> Institution:
    places = Enrolment.objects.visible_to(actor).filter(child=child).on(today())
    place = places.select_related("institution__region").first()
    if place is None:
        raise Refused(_("%(name)s has no place today.") % {"name": child.name}, "no_place")
    return place.institution


def guardianship_of(actor: Actor, child_id: int) -> Guardianship:
    held = Guardianship.objects.visible_to(actor).valid(today())
    own = held.filter(child=child_id, user=actor.user_id).order_by("pk").first()
    if own is None:
        raise Refused(
            _("Only a guardian decides who picks the child up."), "not_a_guardian", status=403
        )
    return own


def _bearer(actor: Actor, child: Child, person: PickupPerson | None) -> dict:
    own = guardianship_of(actor, child.pk)
    if person is None:
        if not own.may_pick_up:
            raise Refused(
                _(
                    "You are not entered as somebody who picks the child up. Please ask the nursery."
                ),
                "may_not_pick_up",
            )
        return {"guardianship": own}
    if person.child_id != child.pk:
        raise Refused(
            _("%(name)s is not on the list of %(child)s.")
            % {"name": person.name, "child": child.name},
            "other_child",
        )
    if not PickupPerson.objects.visible_to(actor).valid(today()).filter(pk=person.pk).exists():
        raise Refused(
            _("%(name)s is no longer on the list.") % {"name": person.name}, "not_on_the_list"
        )
    return {"person": person}


def _end_past(actor: Actor, child: Child, nursery: Institution, name: str) -> None:
    """Whose last day is over may be entered again."""
    rows = PickupPerson.objects.visible_to(actor).standing()
    rows.filter(child=child, institution=nursery, name=name, valid_to__lte=today()).update(
        withdrawn_at=now(), withdrawn_by=actor.user_id
    )


def _record(actor: Actor, nursery: Institution, subject, child_ids: list[int], action: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=subject,
        institution_id=nursery.pk,
        region_path=nursery.region.path,
        child_ids=child_ids,
    )


def _tell(nursery: Institution, child_ids: list[int]) -> None:
    announce(topic=TOPIC, groups=[*child_groups(child_ids), f"institution.{nursery.pk}"])


def _on_list() -> Refused:
    return _wrong("name", _("Somebody of this name already stands on the list."), "already_added")


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
