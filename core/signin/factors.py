"""Second factors of a person: adding, showing, taking away. Every attempt leaves an audit record."""

import base64
import datetime as dt
import hashlib
import os
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit, calendar, rls
from core.errors import NotThere, Refused
from core.models import AuditEvent, Factor, RecoveryCode, User
from core.models.sign_in import FactorKind
from core.scoping import Actor
from core.signin import guesses, totp
from core.signin.sessions import end_everything
from core.signin.spelling import plain, spelled
from core.signin.webauthn import Browser, NotSigned

RECOVERY_CODES = 10
RECOVERY_BYTES = 15
MOST_FACTORS = 10
TOLD_FOR = dt.timedelta(days=30)


@dataclass(frozen=True)
class Answer:
    """What a person shows: the code of an app, a recovery code, or what a passkey signed. One of them."""

    code: str = ""
    recovery: str = ""
    passkey: str = ""

    def __bool__(self) -> bool:
        return bool(self.code or self.recovery or self.passkey)


def factors_of(user: User) -> list[Factor]:
    return list(Factor.objects.filter(user=user).order_by("created_at", "pk"))


def has_factor(user: User) -> bool:
    return Factor.objects.filter(user=user).exists()


def codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def add_app(*, actor: Actor | None, user: User, secret: str, code: str, name: str = "") -> Factor:
    """The code proves that the app has the secret."""
    step = totp.step_of(secret, _digits(code), at=calendar.now().timestamp())
    if step is None:
        _note(actor, user, "factor.added", outcome="refused", kind=FactorKind.TOTP)
        raise Refused(
            _("This code does not fit. Take the newest one, and check the clock of the phone."),
            "wrong_code",
            fields={"code": [_("This code does not fit. Take the newest one.")]},
        )
    with transaction.atomic():
        # a new app takes the place of the old one
        Factor.objects.filter(user=user, kind=FactorKind.TOTP).delete()
        factor = Factor.objects.create(
            user=user,
            kind=FactorKind.TOTP,
            name=name or str(FactorKind.TOTP.label),
            secret=secret,
            counter=step,
        )
        _note(actor, user, "factor.added", kind=factor.kind)
    return factor


def add_passkey(
    *, actor: Actor | None, user: User, browser: Browser, answer: str, name: str
) -> Factor:
    if Factor.objects.filter(user=user).count() >= MOST_FACTORS:
        raise Refused(_("You have ten already. Remove one first."), "too_many")
    try:
        credential_id, credential, counter = browser.new(answer)
        with transaction.atomic():
            factor = Factor.objects.create(
                user=user,
                kind=FactorKind.PASSKEY,
                name=name,
                secret=credential,
                credential_id=credential_id,
                counter=counter,
            )
            _note(actor, user, "factor.added", kind=factor.kind)
    except (NotSigned, IntegrityError) as error:
        _note(actor, user, "factor.added", outcome="refused", kind=FactorKind.PASSKEY)
        raise Refused(
            _("The passkey could not be added. Please try again."), "wrong_passkey"
        ) from error
    return factor


def remove(*, actor: Actor | None, user: User, pk: int) -> None:
    with transaction.atomic():
        factor = Factor.objects.select_for_update().filter(user=user, pk=pk).first()
        if factor is None:
            raise NotThere
        factor.delete()
        if not has_factor(user):  # the codes stand in for a factor that is gone
            RecoveryCode.objects.filter(user=user).delete()
        _note(actor, user, "factor.removed", kind=factor.kind)


def new_recovery_codes(*, actor: Actor | None, user: User) -> list[str]:
    """Ten codes, shown this once; earlier ones no longer work."""
    codes = [
        spelled(base64.b32encode(os.urandom(RECOVERY_BYTES)).decode())
        for _number in range(RECOVERY_CODES)
    ]
    with transaction.atomic():
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(
            [RecoveryCode(user=user, digest=_digest(user, code)) for code in codes]
        )
        _note(actor, user, "recovery_codes.made")
    return codes


def shown(*, user: User, answer: Answer, browser: Browser | None, address: str | None) -> str:
    """The kind of factor that the answer proves, or "" when it proves nothing. Counted, recorded, and used up."""
    if answer.passkey:
        kind = _passkey(user, answer.passkey, browser)
    elif answer.recovery:
        kind = _limited(_recovery, user, answer.recovery, address, guesses.FACTOR_HERE)
    else:
        kind = _limited(_app, user, answer.code, address, guesses.FACTOR_HERE, guesses.APP_CODE)
    _note(None, user, "factor.shown", outcome="done" if kind else "refused", kind=kind or "")
    return kind


def reset(*, actor: Actor | None, user: User) -> None:
    """Somebody in charge takes lost factors away and ends every session; the person starts with the password."""
    with transaction.atomic():
        Factor.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()
        guesses.forget_person(user.pk)
        _note(actor, user, "factor.reset")
        end_everything(actor=actor, user=user, reason="factor_reset")


def reset_lately(user: User) -> AuditEvent | None:
    """The last time somebody took this person's factors away, to be told as long as there is no new one."""
    if has_factor(user):
        return None
    with rls.system("audit: what was done to one's own account"):
        found = AuditEvent.objects.filter(
            action="factor.reset",
            subject_type=user._meta.label_lower,
            subject_id=str(user.pk),
            at__gte=calendar.now() - TOLD_FOR,
        )
        return found.order_by("-at", "-pk").first()


def _passkey(user: User, answer: str, browser: Browser | None) -> str:
    if browser is None:
        return ""
    known = Factor.objects.filter(user=user, kind=FactorKind.PASSKEY)
    try:
        factor, counter = browser.signed_by(answer, known)
    except NotSigned:
        return ""
    return FactorKind.PASSKEY.value if use_passkey(factor, counter) else ""


def use_passkey(factor: Factor, counter: int) -> bool:
    """A count that does not grow tells of a copied key; keys without a counter always say 0."""
    fresh = Factor.objects.filter(pk=factor.pk)
    if counter or factor.counter:
        fresh = fresh.filter(counter__lt=counter)
    return bool(fresh.update(counter=counter, used_at=calendar.now()))


def _limited(check, user: User, typed: str, address: str | None, *limits: guesses.Limit) -> str:
    keys = [_key(user, limit, address) for limit in limits]
    allowed = [limit.take(key) for limit, key in zip(limits, keys, strict=True)]
    kind = check(user, typed) if all(allowed) else ""
    if kind:
        for limit, key in zip(limits, keys, strict=True):
            limit.give_back(key)
    return kind


def _key(user: User, limit: guesses.Limit, address: str | None) -> str:
    here = limit is guesses.FACTOR_HERE
    return f"user-{user.pk}@{address}" if here else f"user-{user.pk}"


def _app(user: User, typed: str) -> str:
    factor = Factor.objects.filter(user=user, kind=FactorKind.TOTP).first()
    if factor is None:
        return ""
    step = totp.step_of(factor.secret, _digits(typed), at=calendar.now().timestamp())
    if step is None:
        return ""
    # each code once, whichever process sees it first
    fresh = Factor.objects.filter(pk=factor.pk, counter__lt=step)
    return FactorKind.TOTP.value if fresh.update(counter=step, used_at=calendar.now()) else ""


def _recovery(user: User, typed: str) -> str:
    unused = RecoveryCode.objects.filter(user=user, digest=_digest(user, typed), used_at=None)
    return "recovery" if unused.update(used_at=calendar.now()) else ""


def _digits(typed: str) -> str:
    return "".join(typed.split())[:12]


def _digest(user: User, code: str) -> bytes:
    return hashlib.sha256(f"recovery|{user.pk}|{plain(code)[:40]}".encode()).digest()


def _note(actor: Actor | None, user: User, action: str, *, outcome: str = "done", **data) -> None:
    with transaction.atomic():
        audit.record(
            actor=actor,
            action=action,
            subject=user,
            outcome=outcome,
            data={name: str(value) for name, value in data.items() if value},
        )
