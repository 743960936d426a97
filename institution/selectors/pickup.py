"""Who may bring and fetch a child: for the family that decides it, and for the carers who look at faces."""

import base64
import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from core import audit
from core.attachments import signed_url
from core.calendar import day_bounds, now, today
from core.crypto import mask_phone
from core.models import Attachment
from core.scoping import Actor
from institution.enums import PassState
from institution.models import (
    Child,
    Guardianship,
    PickupPass,
    PickupPerson,
    PickupQuestion,
)
from institution.pass_codes import code_of, picture, spaced, token_of


@dataclass(frozen=True)
class Holder:
    """A guardian or a person on the list."""

    name: str
    relation: str
    phone: str  # masked
    photo: str = ""  # address of the small picture
    person: PickupPerson | None = None

    @property
    def is_over(self) -> bool:
        return bool(self.person and self.person.valid_to and self.person.valid_to <= today())


@dataclass(frozen=True)
class PickupList:
    child: Child
    guardians: list[Holder]  # who are entered as picking up
    persons: list[Holder]


def pickup_list(*, actor: Actor, child: Child, purpose: str = "") -> PickupList:
    """With a `purpose` the look is written down, where the guardians can read it."""
    held = Guardianship.objects.filter(
        child__in=Child.objects.visible_to(actor).filter(pk=child.pk), may_pick_up=True
    )
    held = held.valid(today()).select_related("user").order_by("pk")
    persons = list(
        PickupPerson.objects.visible_to(actor)
        .standing()
        .filter(child=child)
        .select_related("child")
        .order_by("name", "pk")
    )
    photos = _photos(actor, persons)
    if purpose:
        audit.viewed(actor=actor, child_ids=[child.pk], fields=["pickup"], purpose=purpose)
    return PickupList(
        child=child,
        guardians=[
            Holder(each.user.name, each.get_relation_display(), mask_phone(each.user.phone))
            for each in held
        ],
        persons=[
            Holder(
                each.name,
                each.get_relation_display(),
                mask_phone(each.phone),
                photos.get(each.photo, ""),
                each,
            )
            for each in persons
        ],
    )


def _photos(actor: Actor, persons: Iterable[PickupPerson]) -> dict[uuid.UUID | None, str]:
    wanted = [each.photo for each in persons if each.photo]
    if not wanted:
        return {}
    found = Attachment.objects.visible_to(actor).filter(pk__in=wanted)
    return {each.pk: signed_url(each, actor, "thumb") for each in found}


@dataclass(frozen=True)
class PassPage:
    """A pass as its guardian shows it, or sends it on."""

    rows: list[PickupPass]
    moment: dt.datetime

    @property
    def first(self) -> PickupPass:
        return self.rows[0]

    @property
    def state(self) -> PassState:
        return self.first.state(self.moment)

    @property
    def is_open(self) -> bool:
        return self.state == PassState.OPEN

    @property
    def code(self) -> str:
        return code_of(self.first.bundle)

    @property
    def spaced(self) -> str:
        return spaced(self.code)

    @property
    def picture(self) -> str:
        return picture(self.code)

    @property
    def token(self) -> str:
        return token_of(self.first.bundle)

    @property
    def names(self) -> str:
        return _(", ").join(row.child.name for row in self.rows)


def pass_page(*, actor: Actor, bundle: uuid.UUID) -> PassPage | None:
    rows = PickupPass.objects.visible_to(actor).filter(bundle=bundle)
    found = list(
        rows.select_related("child", "person", "guardianship__user", "institution").order_by(
            "place", "pk"
        )
    )
    return PassPage(found, now()) if found else None


def shared_pass(bundle: uuid.UUID) -> PassPage | None:
    """For whoever was sent the link: the same, in no actor's name. The page says no child's name."""
    rows = PickupPass.objects.filter(bundle=bundle)
    found = list(
        rows.select_related("person", "guardianship__user", "institution").order_by("place", "pk")
    )
    return PassPage(found, now()) if found else None


def open_passes_of(*, actor: Actor, child: Child) -> list[PassPage]:
    """Those of this child that can still be shown, newest first."""
    mine = PickupPass.objects.visible_to(actor).filter(child=child, used_at=None, ended_at=None)
    mine = mine.filter(expires_at__gt=now())
    found = mine.select_related("child", "person", "guardianship__user")
    return [PassPage([row], now()) for row in found.order_by("-made_at", "pk")]


def photo_data(person: PickupPerson | None) -> str:
    """The small picture itself, for a tablet at the door on which nobody is signed in."""
    if person is None or person.photo is None:
        return ""
    rows = Attachment.objects.filter(pk=person.photo, institution_id=person.institution_id)
    found = rows.first()
    if found is None or not found.thumbnail:
        return ""
    with found.thumbnail.open("rb") as file:
        return "data:image/jpeg;base64," + base64.b64encode(file.read()).decode()


def questions_of(*, actor: Actor, child: Child) -> list[PickupQuestion]:
    """What the nursery has asked the family today, newest first."""
    rows = PickupQuestion.objects.visible_to(actor).filter(child=child)
    rows = rows.filter(asked_at__gte=day_bounds(today())[0]).select_related("child", "asked_by")
    return list(rows.order_by("-asked_at", "-pk"))
