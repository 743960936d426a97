from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import TokenAuthentication

from core import audit
from core.crypto import blind_index, holds_number
from core.models import User
from core.scoping import Actor
from core.signin import tokens
from core.signin.guesses import PASSWORD


def people_called(sign_in_name: str):
    """By user name, or by mobile phone. A number is compared as a keyed hash and no user name holds one, so that what
    the database writes down about its statements has no phone in it.
    """
    model = get_user_model()
    if not sign_in_name or "\0" in sign_in_name:
        return model.objects.none()
    if holds_number(sign_in_name):
        return model.objects.filter(phone_index__of=sign_in_name)
    return model.objects.filter(username=sign_in_name)


class NameOrPhoneBackend(ModelBackend):
    def authenticate(self, request, username=None, password=None, **kwargs):
        if username is None or password is None:
            return None
        counted_as = lockout_name(request, {"username": username})
        if not PASSWORD.take(counted_as):
            raise PermissionDenied  # however right the password is: the second factor comes first now
        people = list(people_called(username))
        for user in people:
            if user.check_password(password) and self.user_can_authenticate(user):
                PASSWORD.give_back(counted_as)
                return user
        if not people:
            get_user_model()().set_password(
                password
            )  # as slow as a real account, so that names cannot be probed
        return None


def lockout_name(request, credentials: dict | None = None) -> str:
    """What django-axes counts failures under: the account, however it was typed, and never a phone in clear."""
    typed = (credentials or {}).get("username") or request.POST.get("username") or ""
    person = people_called(typed).values_list("pk", flat=True).first()
    if person is not None:
        return f"user-{person}"
    index = blind_index(get_user_model(), "phone", typed.replace("\0", ""))
    if index is None:
        return "unknown-sign" if typed else "unknown"
    return f"unknown-{index.hex()}"


class ProgramAuthentication(TokenAuthentication):
    """`Authorization: Token …`; `request.auth` is the token's Credential (core.signin.tokens)."""

    def authenticate_credentials(self, key: str):
        found = tokens.holder(key)
        if found is None:
            raise exceptions.AuthenticationFailed(_("This token is not valid."), "wrong_token")
        user, credential = found
        if not user.is_active:
            raise exceptions.AuthenticationFailed(_("This account is closed."), "account_closed")
        return user, credential


def change_password(*, actor: Actor | None, user: User, password: str) -> None:
    """The caller has checked it against the validators, and ends the other sessions."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        audit.record(actor=actor, action="password.changed", subject=user)
