from string import ascii_lowercase

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.translation import gettext_lazy as _

from core.calendar import now
from core.crypto import (
    BlindIndexField,
    EncryptedTextField,
    NextBlindIndexField,
    SealedRow,
    holds_number,
)


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields) -> "User":
        if holds_number(username):  # nobody would be found by it: core.auth.people_called
            raise ValueError("A user name holds fewer than nine digits in a row.")
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_waiting(self, kind: str, **fields) -> "User":
        """An account that waits for its first sign-in (core.signin.invitations). Named by chance where no name is given."""
        named = {"username": f"{kind}-{get_random_string(12, ascii_lowercase)}"} | fields
        return self.create_user(password=None, **named)


class User(SealedRow, AbstractBaseUser, PermissionsMixin):
    """A person who signs in. What the person may do comes from posts, memberships and guardianships, never from here."""

    username = models.CharField(_("user name"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=64)
    phone = EncryptedTextField(_("mobile phone"), purpose="contact", blank=True, default="")
    phone_index = BlindIndexField(source="phone", null=True, unique=True)
    phone_index_next = NextBlindIndexField()
    language = models.CharField(max_length=10, blank=True, default="")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=now)
    # part of the hash in every session: one more, and all of them end
    session_epoch = models.PositiveIntegerField(default=0)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    post_rows: list[tuple] | None = None  # read together with the user (core.actors)

    def __str__(self) -> str:
        return self.username

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        sealed = f"{self.password}|{self.session_epoch}"
        return salted_hmac(
            "core.User.session", sealed, secret=secret, algorithm="sha256"
        ).hexdigest()

    def get_full_name(self) -> str:
        return self.name
