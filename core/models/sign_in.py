"""What signing in leaves behind: sessions, tokens of programs, second factors and counted guesses."""

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.calendar import now
from core.crypto import EncryptedTextField, SealedRow


class Session(AbstractBaseSession):
    """Django's session with what a person must see to recognise it. The data is the truth; these columns follow it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions"
    )
    started_at = models.DateTimeField(default=now)
    seen_at = models.DateTimeField(default=now)
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True, default="")

    @classmethod
    def get_session_store_class(cls):
        from core.signin.sessions import SessionStore  # noqa: PLC0415 -- that module loads this one

        return SessionStore


class ApiToken(models.Model):
    """A program's token, known to us only by its hash."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    second_factor = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.pk} {self.user_id}"


class FactorKind(models.TextChoices):
    TOTP = "totp", _("Authenticator app")
    PASSKEY = "passkey", _("Passkey or security key")


class Factor(SealedRow):
    """Something a person has: an authenticator app (its secret) or a passkey (its public key)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=10, choices=FactorKind)
    name = models.CharField(max_length=40)
    secret = EncryptedTextField()
    credential_id = models.BinaryField(max_length=1023, null=True, unique=True)
    counter = models.BigIntegerField(
        default=0
    )  # last time step of an app, signature count of a key
    created_at = models.DateTimeField(default=now)
    used_at = models.DateTimeField(null=True)

    class Meta(SealedRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(kind=FactorKind.TOTP), name="core_factor_one_app"
            ),
            models.CheckConstraint(
                condition=Q(kind=FactorKind.PASSKEY, credential_id__isnull=False)
                | Q(kind=FactorKind.TOTP, credential_id__isnull=True),
                name="core_factor_passkey_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.pk}"


class RecoveryCode(models.Model):
    """One use each. 120 random bits, so a plain hash is enough."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery_codes"
    )
    digest = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="core_recoverycode_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.pk}"


class Invitation(models.Model):
    """A way in for somebody without a password, or with a forgotten one. At most one for each person."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="invitation")
    digest = models.BinaryField(max_length=32, unique=True)
    # nobody: by a command of the operator
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.pk} {self.user_id}"


class Guesses(models.Model):
    """Wrong answers since `since`, under a key such as "password:user-7"."""

    key = models.CharField(max_length=120, unique=True)
    wrong = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.key} {self.wrong}"
