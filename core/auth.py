from functools import cache

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import TokenAuthentication

from core.crypto import blind_index


def people_called(sign_in_name: str):
    """By user name or by mobile phone. At most two: a name may be spelled like somebody's phone."""
    model = get_user_model()
    if not sign_in_name or "\0" in sign_in_name:
        return model.objects.none()
    by_phone = Q(phone_index__of=sign_in_name)
    return model.objects.filter(Q(username=sign_in_name) | by_phone).order_by("pk")


class NameOrPhoneBackend(ModelBackend):
    def authenticate(self, request, username=None, password=None, **kwargs):
        if username is None or password is None:
            return None
        people = list(people_called(username))
        for user in people:
            if user.check_password(password) and self.user_can_authenticate(user):
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


_READ = {"id", "username", "name", "language", "is_active", "is_superuser"}


class OneStatementTokenAuthentication(TokenAuthentication):
    """The same tokens, read by a statement that is not composed anew for each batch of entries.

    Only what a request needs is read; the sealed phone number, for one, stays sealed until somebody asks for it.
    """

    def authenticate_credentials(self, key: str):
        fields, statement = _by_token()
        with connection.cursor() as cursor:
            cursor.execute(statement, [key.replace("\0", "")])
            row = cursor.fetchone()
        if row is None:
            raise exceptions.AuthenticationFailed(_("This token is not valid."), "wrong_token")
        user = get_user_model().from_db(connection.alias, fields, row)
        if not user.is_active:
            raise exceptions.AuthenticationFailed(_("This account is closed."), "account_closed")
        return user, key


@cache
def _by_token() -> tuple[list[str], str]:
    """Fields in the order in which the model takes them from a row, and the statement that gives them so."""
    fields = [field for field in get_user_model()._meta.concrete_fields if field.attname in _READ]
    columns = ", ".join(f"u.{field.column}" for field in fields)
    return [field.attname for field in fields], (
        f"SELECT {columns} FROM core_user u JOIN authtoken_token t ON t.user_id = u.id WHERE t.key = %s"  # noqa: S608 -- our own columns
    )
