"""Is it still the same person? By password or second factor, five tries in a quarter of an hour, then the session ends."""

from typing import Any

from django.contrib.auth import logout, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import actors, audit, calendar
from core.addresses import address_of
from core.models import User
from core.models.sign_in import FactorKind
from core.realtime import actor_changed
from core.signin import factors, guesses
from core.signin.factors import Answer
from core.signin.policy import CONFIRMED, FACTOR
from core.signin.webauthn import Browser

WRONG = gettext_lazy("That was not right. Please try again.")


def question(request: HttpRequest, user: User) -> dict[str, Any]:
    """What the person can answer with; the passkey's challenge is made here."""
    known = factors.factors_of(user)
    passkeys = [factor for factor in known if factor.kind == FactorKind.PASSKEY]
    return {
        "has_app": any(factor.kind == FactorKind.TOTP for factor in known),
        "passkey_options": Browser(request).ask(passkeys) if passkeys else None,
    }


def by_form(request: HttpRequest, given: dict[str, str]) -> str:
    """What was wrong, or "" when the person is confirmed."""
    user: User = request.user  # type: ignore[assignment]  # views behind the door
    if not guesses.CONFIRM.take(f"user-{user.pk}"):
        _record(user, "refused", "too_often")
        user_id = user.pk
        logout(request)
        with transaction.atomic():
            actor_changed(user_id)
        return _("Too many wrong answers. Please sign in again.")
    before = user.password
    how = _proof(request, user, given)
    _record(user, "done" if how else "refused", how)
    if not how:
        return str(WRONG)
    if user.password != before:  # hashed anew with today's cost: the session goes on
        update_session_auth_hash(request, user)
    guesses.CONFIRM.give_back(f"user-{user.pk}")
    request.session[CONFIRMED] = int(calendar.now().timestamp())
    if how != "password":
        request.session[FACTOR] = how
    return ""


def by_program(request, given: dict[str, str]) -> bool:
    """The same for a token: the caller notes the confirmation on it."""
    user: User = request.user
    if not guesses.CONFIRM.take(f"user-{user.pk}"):
        _record(user, "refused", "too_often")
        return False
    how = _proof(request, user, given, browser=False)
    _record(user, "done" if how else "refused", how)
    if how:
        guesses.CONFIRM.give_back(f"user-{user.pk}")
    return bool(how)


def _proof(request, user: User, given: dict[str, str], *, browser: bool = True) -> str:
    answer = Answer(
        code=given.get("code", ""),
        recovery=given.get("recovery", ""),
        passkey=given.get("passkey", ""),
    )
    if answer:
        site = Browser(request) if browser and answer.passkey else None
        return factors.shown(user=user, answer=answer, browser=site, address=address_of(request))
    password = given.get("password", "")
    return "password" if password and user.check_password(password) else ""


def _record(user: User, outcome: str, how: str) -> None:
    with transaction.atomic():
        audit.record(
            actor=actors.resolve(user),
            action="step_up",
            subject=user,
            outcome=outcome,
            data={"by": how} if how else {},
        )
