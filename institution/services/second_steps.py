"""Taking a lost second step away from somebody else, so that the person can sign in and add a new one.

It takes two people: nobody resets one's own. A director reaches those whose posts are all of the director's nursery;
whoever also oversees, or also works elsewhere, only the platform administrator.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import NotThere, Refused
from core.models import User
from core.permissions import FAMILY_ROLES, INSTITUTION_ROLES, Permission
from core.scoping import Actor
from core.signin import factors
from institution.actors import Post, posts_of


@transaction.atomic
def reset_second_step(*, actor: Actor, user: User) -> None:
    """Raises NotThere for people out of reach, Refused `own_factor`, `more_posts` or `no_factor`."""
    check_may_reset(actor=actor, user=user, posts=posts_of(user))
    if not factors.has_factor(user):
        raise Refused(_("%(name)s has no second step.") % {"name": user.name}, "no_factor")
    factors.reset(actor=actor, user=user)


def check_may_reset(*, actor: Actor, user: User, posts: list[Post]) -> None:
    if user.pk == actor.user_id:
        raise Refused(
            _("Nobody resets one's own second step. Please ask the platform administrator."),
            "own_factor",
        )
    office = [post for post in posts if post.role not in FAMILY_ROLES]
    if actor.may(Permission.FACTORS_RESET):
        if any(is_beyond(actor, post) for post in office):
            raise NotThere
        return
    own = [post for post in office if is_of_staff(actor, post)]
    if not own or not actor.may(Permission.STAFF_FACTORS_RESET):
        raise NotThere
    if len(own) < len(office):
        raise Refused(
            _("%(name)s also has a post elsewhere. Only the platform administrator can do this.")
            % {"name": user.name},
            "more_posts",
        )


def is_beyond(actor: Actor, post: Post) -> bool:
    """A post with a place, and the place is not in the administrator's region."""
    path = post.actor.region_path
    return bool(path) and not path.startswith(actor.region_path)


def is_of_staff(actor: Actor, post: Post) -> bool:
    return post.role in INSTITUTION_ROLES and post.actor.institution_id == actor.institution_id
