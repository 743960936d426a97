"""The people an installation begins with: its administrator, its offices, and the director of a nursery. By a command only."""

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.auth import people_called
from core.calendar import today
from core.crypto import holds_number
from core.errors import Refused
from core.models import Region, RegionPost, User
from core.permissions import REGION_ROLES, Role
from institution.models import Institution, Membership


@transaction.atomic
def appoint(*, role: Role, name: str, person: str, place: str) -> User:
    """`person` is a user name or a mobile phone, and an account is made where nobody is called so. `place` is the code of
    a region, or for the staff of a nursery its number. Raises Refused `other_name`, `no_place` or `has_post`.
    """
    user = people_called(person).first() or _new(name, person)
    if user.name != name:
        raise Refused(
            _("%(person)s is on file with another name.") % {"person": person}, "other_name"
        )
    post = _in_region if role in REGION_ROLES else _in_nursery
    if not post(user, role, place):
        raise Refused(_("%(name)s has this post already.") % {"name": name}, "has_post")
    audit.record(actor=None, action="post.given", subject=user, data={"role": role, "place": place})
    return user


def _new(name: str, person: str) -> User:
    named = {"phone": person} if holds_number(person) else {"username": person}
    return User.objects.create_waiting("person", name=name, **named)


def _in_region(user: User, role: Role, code: str) -> bool:
    region = Region.objects.valid(today()).filter(code=code).first()
    if region is None:
        raise _no_place(code)
    return RegionPost.objects.get_or_create(user=user, region=region, role=role)[1]


def _in_nursery(user: User, role: Role, number: str) -> bool:
    institution = Institution.objects.filter(pk=number).first() if number.isdecimal() else None
    if institution is None:
        raise _no_place(number)
    held = {"user": user, "institution": institution, "role": role, "ended_on": None}
    return Membership.objects.get_or_create(**held, defaults={"started_on": today()})[1]


def _no_place(place: str) -> Refused:
    return Refused(_("There is no such place: %(place)s.") % {"place": place}, "no_place")
