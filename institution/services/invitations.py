"""Letting a person in who has no password yet, or has forgotten it: by a code that is handed over.

Whoever makes a code could use it. So it reaches only people who are of this nursery and of no other; for the rest there
is the platform administrator. It is on record, it ends the person's sessions, and a second step is asked for all the same.
"""

import datetime as dt

from django.utils.translation import gettext as _

from core import rls
from core.calendar import today
from core.errors import Refused
from core.models import User
from core.permissions import FAMILY_ROLES, Permission
from core.scoping import Actor
from core.signin import invitations
from institution.actors import Post, posts_of
from institution.models import Enrolment, Guardianship, StaffFile
from institution.services.second_steps import check_may_reset, is_of_staff

Code = tuple[str, dt.datetime]  # as it is written down, and until when it is good


def invite_staff(*, actor: Actor, staff: StaffFile) -> Code:
    """Raises Refused `own_invitation`, `no_sign_in` for posts that do not sign in, or `more_posts`."""
    if staff.membership_id is None:
        raise Refused(
            _("%(name)s works in a post that does not sign in.") % {"name": staff.user.name},
            "no_sign_in",
        )
    return _invite_own(actor, staff.user)


def invite_guardian(*, actor: Actor, guardianship: Guardianship) -> Code:
    """Raises Refused `own_invitation`, or `more_posts` for who also works or has a child elsewhere."""
    return _invite_own(actor, guardianship.user)


def invite_anybody(*, actor: Actor, user: User) -> Code:
    """By the platform administrator. Raises what check_may_reset does."""
    check_may_reset(actor=actor, user=user, posts=posts_of(user))
    return invitations.invite(actor=actor, user=user)


def _invite_own(actor: Actor, user: User) -> Code:
    if user.pk == actor.user_id:
        raise Refused(
            _("Nobody invites oneself. You change your own password in your account."),
            "own_invitation",
        )
    posts = posts_of(user)
    if not _is_of_here_only(actor, posts):
        raise Refused(
            _(
                "%(name)s also works or has a child elsewhere. Only the platform administrator can do this."
            )
            % {"name": user.name},
            "more_posts",
        )
    return invitations.invite(actor=actor, user=user)


def _is_of_here_only(actor: Actor, posts: list[Post]) -> bool:
    office = [post for post in posts if post.role not in FAMILY_ROLES]
    if office and not actor.may(Permission.STAFF_FACTORS_RESET):
        return False
    children = {child for post in posts for child in post.actor.child_ids}
    return all(is_of_staff(actor, post) for post in office) and not _elsewhere(actor, children)


def _elsewhere(actor: Actor, children: set[int]) -> bool:
    with rls.system("invitation: places elsewhere"):
        places = Enrolment.objects.filter(child__in=children).from_day(today())
        return places.exclude(institution=actor.institution_id).exists()
