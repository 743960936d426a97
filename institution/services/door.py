"""A pass at the door: looked at, and taken once. Whatever is wrong with it is said in one sentence and stays on record.

Guessing is limited by tablet or carer and by nursery. Beside the code stands a person who compares the faces: the carer.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, rls
from core.calendar import local_day, now, today
from core.devices import tries
from core.display import clock
from core.errors import Refused
from core.scoping import Actor
from institution.enums import Direction, PassState
from institution.models import Attendance, Enrolment, Guardianship, PickupPass, PickupPerson
from institution.pass_codes import clean, digest_of
from institution.services import daily_log

WINDOW = dt.timedelta(minutes=10)
BY_PLACE, BY_NURSERY = 20, 100
ENTRY = {Direction.BRING: "arrive", Direction.FETCH: "leave"}
READS = "device secret: a pass shown at the door"


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where a pass is shown: at a tablet of the nursery, or to a carer who is signed in."""

    institution_id: int
    actor: Actor | None = None
    device_id: int | None = None

    @property
    def key(self) -> str:
        return (
            f"tablet:{self.device_id}"
            if self.device_id
            else f"user:{self.actor and self.actor.user_id}"
        )


@dataclass(frozen=True)
class Shown:
    """A pass that may be taken."""

    rows: list[PickupPass]

    @property
    def direction(self) -> Direction:
        return Direction(self.rows[0].direction)

    @property
    def bearer(self) -> str:
        return self.rows[0].bearer

    @property
    def relation(self) -> str:
        return self.rows[0].bearer_relation

    @property
    def person(self) -> PickupPerson | None:
        return self.rows[0].person

    @property
    def names(self) -> str:
        return _(", ").join(row.child.name for row in self.rows)


def look(*, door: Door, code: str) -> Shown:
    """Raises Refused `wrong_code`, `pass_used`, `pass_ended`, `pass_expired`, `pass_elsewhere`, `bearer_revoked`,
    `no_place`, `not_here`, `here_already`, or `too_many_tries` with 429."""
    names = [f"door:{door.key}", f"door:nursery:{door.institution_id}"]
    counts = [tries.take(name, within=WINDOW) for name in names]
    if counts[0] > BY_PLACE or counts[1] > BY_NURSERY:
        raise Refused(
            _("Too many wrong codes at this door. Please wait ten minutes."),
            "too_many_tries",
            status=429,
        )
    with transaction.atomic():
        rows = _find(code)
        refusal = _refusal(door, rows)
        if refusal is not None:
            _record_refused(door, rows, refusal)
    if rows:
        for name in names:
            tries.give_back(name)
    if refusal is not None:
        raise refusal
    return Shown(rows)


def take(*, door: Door, actor: Actor, code: str) -> Shown:
    """The carer says that it is she: each child arrives or leaves with this person, and the pass is used.

    Raises what `look` raises, and Refused with the code of an entry that the daily log does not take.
    """
    look(door=door, code=code)
    with transaction.atomic():
        rows = _find(code, lock=True)
        refusal = _refusal(door, rows)
        if refusal is not None:
            _record_refused(door, rows, refusal)
        else:
            _take(actor, rows)
    if refusal is not None:
        raise refusal
    return Shown(rows)


def _take(actor: Actor, rows: list[PickupPass]) -> None:
    moment = now()
    # At the door a carer works for the whole house: the pass says which child, whatever its class.
    at_the_door = replace(actor, class_ids=None)
    answers = daily_log.record(actor=at_the_door, entries=[_entry(row, moment) for row in rows])
    for answer in answers:
        if answer.status == "refused":
            raise Refused(answer.message, answer.code)
    PickupPass.objects.filter(pk__in=[row.pk for row in rows], used_at=None).update(
        used_at=moment, used_by=actor.user_id
    )
    if (person := rows[0].person) and person.confirmed_at is None:
        PickupPerson.objects.filter(pk=person.pk).update(
            confirmed_at=moment, confirmed_by=actor.user_id
        )
    audit.record(
        actor=actor,
        action="pickup.pass_used",
        subject=rows[0],
        institution_id=rows[0].institution_id,
        region_path=actor.region_path,
        child_ids=[row.child_id for row in rows],
        data={"direction": rows[0].direction, "person": rows[0].person_id},
    )


def _entry(row: PickupPass, moment: dt.datetime) -> daily_log.NewEntry:
    held = row.guardianship_id
    person = {"kind": "guardian", "id": held} if held else {"kind": "person", "id": row.person_id}
    return daily_log.NewEntry(
        id=row.pk,
        child_id=row.child_id,
        kind=ENTRY[Direction(row.direction)],
        at=moment,
        detail=msgspec.json.encode({"by": row.bearer, "person": person}),
        checked=True,
    )


@rls.system(READS)
def _find(code: str, *, lock: bool = False) -> list[PickupPass]:
    """The rows of the newest pass that has these digits, wherever it belongs."""
    typed = clean(code)
    if not typed:
        return []
    known = PickupPass.objects.filter(code_digest=digest_of(typed))
    newest = known.order_by("-made_at", "pk").values_list("bundle", flat=True).first()
    if newest is None:
        return []
    rows = PickupPass.objects.filter(bundle=newest).select_related(
        "child", "person", "guardianship__user"
    )
    if lock:
        rows = rows.select_for_update(of=("self",))
    return list(rows.order_by("place", "pk"))


def _refusal(door: Door, rows: Sequence[PickupPass]) -> Refused | None:
    if not rows:
        return Refused(_("This is not the code of a pass. Please look at it again."), "wrong_code")
    first, moment = rows[0], now()
    if first.institution_id != door.institution_id:
        return Refused(_("This pass is for another nursery."), "pass_elsewhere")
    match first.state(moment):
        case PassState.USED:
            return Refused(_used(first), "pass_used")
        case PassState.ENDED:
            return Refused(
                _("This pass was taken back by the family, or a newer one took its place."),
                "pass_ended",
            )
        case PassState.EXPIRED:
            return Refused(
                _("This pass ran out at %(time)s. The family can make a new one.")
                % {"time": clock(first.expires_at)},
                "pass_expired",
            )
    if not all(_bearer_stands(row) for row in rows):
        return Refused(
            _("%(name)s may no longer pick this child up. Please ask the family.")
            % {"name": first.bearer},
            "bearer_revoked",
        )
    return _presence(rows)


def _used(row: PickupPass) -> str:
    if row.used_at and local_day(row.used_at) == today():
        return _("This pass was already used at %(time)s.") % {"time": clock(row.used_at)}
    return _("This pass was already used.")


def _bearer_stands(row: PickupPass) -> bool:
    if row.person_id is not None:
        return PickupPerson.objects.valid(today()).filter(pk=row.person_id).exists()
    held = Guardianship.objects.valid(today()).filter(may_pick_up=True)
    return held.filter(pk__in=[row.guardianship_id]).exists()


def _presence(rows: Sequence[PickupPass]) -> Refused | None:
    ids = [row.child_id for row in rows]
    placed = Enrolment.objects.filter(institution=rows[0].institution_id, child__in=ids).on(today())
    if len(set(placed.values_list("child", flat=True))) < len(ids):
        return Refused(_("This child has no place here today."), "no_place")
    here = set(
        Attendance.objects.on(today())
        .present()
        .filter(child__in=ids)
        .values_list("child", flat=True)
    )
    for row in rows:
        if row.direction == Direction.FETCH and row.child_id not in here:
            return Refused(
                _("%(name)s is not at the nursery now.") % {"name": row.child.name}, "not_here"
            )
        if row.direction == Direction.BRING and row.child_id in here:
            return Refused(
                _("%(name)s is here already.") % {"name": row.child.name}, "here_already"
            )
    return None


def _record_refused(door: Door, rows: Sequence[PickupPass], refusal: Refused) -> None:
    """At the nursery whose door it was; of another nursery's pass no child is named there."""
    own = [row for row in rows if row.institution_id == door.institution_id]
    audit.record(
        actor=door.actor,
        action="pickup.pass_refused",
        subject=own[0] if own else None,
        institution_id=door.institution_id,
        child_ids=[row.child_id for row in own],
        outcome="refused",
        data={"reason": refusal.code, "device": door.device_id},
    )
