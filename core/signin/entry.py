"""Through the door: password, then the second factor of whoever has one; where passwords are paused because somebody
guesses, the second factor first. What is shown so far waits in the session of a visitor, for ten minutes.
"""

from django.contrib.auth import login, logout, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest

from core import actors, audit, calendar
from core.addresses import address_of
from core.auth import people_called
from core.models import User
from core.realtime import actor_changed
from core.signin import guesses
from core.signin.factors import Answer, has_factor, shown, use_passkey
from core.signin.policy import CONFIRMED, FACTOR, limits, roles_of
from core.signin.sessions import end_everything
from core.signin.webauthn import Browser, NotSigned

HALF = "half_way"  # session: who has shown the first thing and not yet the second
HALF_SECONDS = 600
BACKEND = "core.auth.NameOrPhoneBackend"


def after_password(request: HttpRequest, user: User) -> bool:
    """The password was right. True: signed in; False: the second factor is asked next."""
    if has_factor(user):
        _wait(request, user, "")
        return False
    enter(request, user, "")
    return True


def after_factor(request: HttpRequest, user: User, kind: str) -> None:
    """The factor was right, and came first."""
    _wait(request, user, kind)


def half_way(request: HttpRequest) -> tuple[User, str] | None:
    """Who is at the door, and the kind of factor already shown, "" for a password."""
    waiting = request.session.get(HALF)
    if not waiting or calendar.now().timestamp() - waiting["at"] > HALF_SECONDS:
        return None
    user = User.objects.filter(pk=waiting["user"], is_active=True).first()
    if user is None or user.get_session_auth_hash() != waiting["hash"]:
        return None
    return user, waiting["factor"]


def show_factor(request: HttpRequest, user: User, answer: Answer) -> str:
    """The kind of factor that the answer proves, or ""."""
    browser = Browser(request) if answer.passkey else None
    return shown(user=user, answer=answer, browser=browser, address=address_of(request))


def whose(request: HttpRequest, name: str, answer: Answer) -> tuple[User, str] | None:
    """Who shows a factor before any password. A passkey says itself whose it is; a code needs the name."""
    if answer.passkey:
        try:
            factor, counter = Browser(request).signed_by(answer.passkey)
        except NotSigned:
            return None
        owner = factor.user
        return (owner, factor.kind) if owner.is_active and use_passkey(factor, counter) else None
    for user in people_called(name):
        if user.is_active and (kind := show_factor(request, user, answer)):
            return user, kind
    return None


def password_after_factor(user: User, password: str) -> bool:
    """A lock-out does not keep away somebody who has shown the factor; ten wrong passwords an hour do."""
    key = f"user-{user.pk}"
    if not guesses.AFTER_FACTOR.take(key) or not user.check_password(password):
        with transaction.atomic():
            audit.record(
                actor=actors.resolve(user),
                action="session.refused",
                subject=user,
                outcome="refused",
                data={"by": "password_after_factor"},
            )
        return False
    guesses.AFTER_FACTOR.give_back(key)
    return True


def enter(request: HttpRequest, user: User, factor: str) -> None:
    request.session.pop(HALF, None)
    with transaction.atomic():
        login(request, user, BACKEND)
        actor = actors.resolve(user)
        __, life = limits(roles_of(actor) if actor else ())
        request.session.set_expiry(calendar.now() + life)
        if factor:
            request.session[FACTOR] = factor


def leave(request: HttpRequest) -> None:
    user: User = request.user  # type: ignore[assignment]  # views behind the door
    with transaction.atomic():
        logout(request)
        actor_changed(user.pk)


def stay_alone(request: HttpRequest, user: User, *, reason: str) -> None:
    """Every other session, token and socket of the person ends; this one goes on under a new key."""
    with transaction.atomic():
        end_everything(actor=actors.resolve(user), user=user, reason=reason)
        update_session_auth_hash(request, user)
        request.session[CONFIRMED] = int(calendar.now().timestamp())


def _wait(request: HttpRequest, user: User, factor: str) -> None:
    request.session.cycle_key()
    request.session.set_expiry(HALF_SECONDS)
    request.session[HALF] = {
        "user": user.pk,
        "factor": factor,
        "hash": user.get_session_auth_hash(),
        "at": int(calendar.now().timestamp()),
    }
