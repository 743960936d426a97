"""A way in: somebody in charge makes a code and hands it over, and whoever shows it chooses a password for one account.

The code is 80 random bits, shown once and kept as a hash; it works once and for some days, and the newest counts. It is
no second step: who has one is still asked for it. Who may make one for whom is the caller's matter.
"""

import base64
import datetime as dt
import hashlib
import os

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from core import actors, audit, calendar
from core.errors import Refused
from core.models import Invitation, User
from core.scoping import Actor
from core.signin import guesses
from core.signin.sessions import end_everything
from core.signin.spelling import plain, spelled

BYTES = 10
LENGTH = BYTES * 8 // 5


def invite(*, actor: Actor | None, user: User) -> tuple[str, dt.datetime]:
    """The code, shown this once, and until when it is good. An earlier one no longer works."""
    code = spelled(base64.b32encode(os.urandom(BYTES)).decode())
    until = calendar.now() + dt.timedelta(hours=settings.INVITATION_HOURS)
    made = {
        "digest": _digest(code),
        "made_by_id": actor.user_id if actor else None,
        "made_at": calendar.now(),
        "expires_at": until,
    }
    with transaction.atomic():
        Invitation.objects.update_or_create(user=user, defaults=made)
        again = user.has_usable_password()
        audit.record(actor=actor, action="account.invited", subject=user, data={"again": again})
    return code, until


def invited(typed: str, *, address: str | None) -> User:
    """Whose code it is. Raises Refused `wrong_code`, also where too many wrong ones came from the address."""
    key = f"@{address}"
    allowed = guesses.INVITATION.take(key)
    found = _open().filter(digest=_digest(typed)).select_related("user").first()
    if not allowed or found is None:
        raise _wrong()
    guesses.INVITATION.give_back(key)
    return found.user


def accept(typed: str, *, user: User, password: str) -> None:
    """The password counts from now on, and every session of before ends. The caller has checked it against the validators."""
    with transaction.atomic():
        mine = _open().select_for_update().filter(digest=_digest(typed), user=user)
        if not mine.exists():
            raise _wrong()
        mine.delete()
        again = user.has_usable_password()
        user.set_password(password)
        user.save(update_fields=["password"])
        guesses.forget_person(user.pk)
        actor = actors.resolve(user)
        end_everything(actor=actor, user=user, reason="invitation")
        audit.record(actor=actor, action="account.opened", subject=user, data={"again": again})


def _open():
    return Invitation.objects.filter(expires_at__gt=calendar.now(), user__is_active=True)


def _digest(typed: str) -> bytes:
    return hashlib.sha256(f"invitation|{plain(typed)[: 2 * LENGTH]}".encode()).digest()


def _wrong() -> Refused:
    return Refused(
        _(
            "This code is not right, or no longer good. Please ask whoever gave it to you for a new one."
        ),
        "wrong_code",
    )
