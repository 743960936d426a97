"""A person's PIN on paired tablets. Together they are two things: the tablet one has, the PIN one knows.

Six digits are few, so that guessing is limited twice: five wrong ones by person and tablet, until somebody opens that lock
with another proof, and twenty an hour by tablet. A read database gives no PIN away: it holds argon2 over a hash keyed
with the server's own key.
"""

import datetime as dt
import logging
from collections.abc import Iterable
from itertools import pairwise

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from core import audit
from core.calendar import now
from core.devices import tries
from core.errors import Refused
from core.models.device import Device, Pin
from core.models.user import User
from core.scoping import Actor

DIGITS = 6
BY_PERSON = 5
BY_DEVICE, DEVICE_WINDOW = 20, dt.timedelta(hours=1)
FAVOURITES = frozenset(
    {
        "112233", "223344", "121314", "131415", "147258", "258369", "369258", "159357", "159753",
        "147852", "789456", "456123", "520131", "131452", "520520", "521521", "201314", "102030",
        "112358", "314159", "246810", "135790", "100000", "123123", "110110", "120120", "119119",
    }
)  # fmt: skip

logger = logging.getLogger(__name__)


def check_strength(*, pin: str, phone: str = "") -> str:
    """Raises Refused `weak_pin` with the reason in `fields`."""
    if len(pin) != DIGITS or not (pin.isascii() and pin.isdecimal()):
        raise _weak(_("Six digits, please."))
    if len(set(pin)) <= 2 or pin[:3] == pin[3:] or pin[:2] == pin[2:4] == pin[4:]:
        raise _weak(_("Too many digits are the same. Please choose another PIN."))
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(steps) == 1 or pin in FAVOURITES:
        raise _weak(_("This is one of the first that anybody would try. Please choose another."))
    if _is_date(pin):
        raise _weak(_("This looks like a date, such as a birthday. Please choose another PIN."))
    if phone and pin in phone:
        raise _weak(_("This is part of your phone number. Please choose another PIN."))
    return pin


def set_pin(*, actor: Actor, user: User, pin: str) -> None:
    """One's own, and only when signed in with the password: a PIN cannot change itself."""
    if actor.device_id is not None or actor.user_id != user.pk:
        raise Refused(_("Please sign in with your password to set a PIN."), "password_needed")
    check_strength(pin=pin, phone=user.phone)
    with transaction.atomic():
        Pin.objects.update_or_create(
            user=user, defaults={"digest": digest_of(user.pk, pin), "set_at": now()}
        )
        _open_locks(user.pk)
        audit.record(actor=actor, action="pin.set", subject=user)


@transaction.atomic
def reset_pin(*, actor: Actor, user: User) -> None:
    """The person has no PIN until setting a new one."""
    Pin.objects.filter(user=user).delete()
    _open_locks(user.pk)
    audit.record(actor=actor, action="pin.reset", subject=user)


@transaction.atomic
def open_lock(*, actor: Actor, user: User) -> None:
    """After too many wrong tries, by somebody who knows the person."""
    _open_locks(user.pk)
    audit.record(actor=actor, action="pin.unlocked", subject=user)


def verify(*, device: Device, user: User, pin: str) -> None:
    """Returns when the PIN is right. Raises Refused `wrong_pin`, `pin_locked` or `device_locked` (429), `no_pin`."""
    by_person, by_device = _names(device.pk, user.pk)
    person_tries = tries.take(by_person)
    device_tries = tries.take(by_device, within=DEVICE_WINDOW)
    if person_tries > BY_PERSON:
        tries.give_back(by_device)
        raise _locked()
    if device_tries > BY_DEVICE:
        tries.give_back(by_person)
        raise Refused(
            _("Too many wrong PINs on this tablet. Please wait an hour, or use your password."),
            "device_locked",
            status=429,
        )
    known = Pin.objects.filter(user=user).first()
    if known is not None and _fits(known, pin):
        tries.forget(by_person)
        tries.give_back(by_device)
        return
    _note(device, user, person_tries, device_tries)
    if person_tries >= BY_PERSON:
        raise _locked()
    if known is None:
        raise Refused(_("You have no PIN yet. Set one in your own account."), "no_pin")
    raise Refused(
        _("This PIN is wrong. Tries left: %(count)d.") % {"count": BY_PERSON - person_tries},
        "wrong_pin",
    )


def locked_people(user_ids: Iterable[int]) -> set[int]:
    """Those of them who are locked on some tablet."""
    ids = {str(pk): pk for pk in user_ids}
    rows = tries.Tries.objects.filter(name__startswith="pin:", count__gte=BY_PERSON)
    return {
        ids[name.rpartition(":")[2]]
        for name in rows.values_list("name", flat=True)
        if name.rpartition(":")[2] in ids
    }


def locked_devices(device_ids: Iterable[int]) -> set[int]:
    names = {f"tablet:{pk}": pk for pk in device_ids}
    rows = tries.Tries.objects.filter(
        name__in=names, count__gte=BY_DEVICE, since__gte=now() - DEVICE_WINDOW
    )
    return {names[name] for name in rows.values_list("name", flat=True)}


def _names(device_id: int, user_id: int) -> tuple[str, str]:
    return f"pin:{device_id}:{user_id}", f"tablet:{device_id}"


def _open_locks(user_id: int) -> None:
    tries.Tries.objects.filter(name__startswith="pin:", name__endswith=f":{user_id}").delete()


@transaction.atomic
def _note(device: Device, user: User, person_tries: int, device_tries: int) -> None:
    """Every wrong PIN is on record, and the one that locks is an alarm."""
    locks = person_tries == BY_PERSON or device_tries == BY_DEVICE
    audit.record(
        actor=None,
        action="pin.locked" if locks else "pin.wrong",
        subject=user,
        institution_id=device.institution_id,
        outcome="refused",
        data={"device": device.pk, "tries": person_tries, "tries_on_device": device_tries},
    )
    if locks:
        logger.warning("PIN locked", extra={"device": device.pk, "user": user.pk})


def _locked() -> Refused:
    return Refused(
        _("Locked after five wrong PINs. Set a new PIN with your password, or ask the director."),
        "pin_locked",
        status=429,
    )


def _weak(sentence: str) -> Refused:
    return Refused(sentence, "weak_pin", fields={"pin": [sentence]}, status=400)


def _keyed(user_id: int, pin: str, secret: str) -> str:
    value = f"{user_id}:{pin}"
    return salted_hmac("core.devices.pin", value, secret=secret, algorithm="sha256").hexdigest()


def digest_of(user_id: int, pin: str) -> str:
    return make_password(_keyed(user_id, pin, settings.SECRET_KEY))


def _fits(known: Pin, pin: str) -> bool:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(check_password(_keyed(known.user_id, pin, key), known.digest) for key in keys)


def _is_date(pin: str) -> bool:
    """As years, months and days in one of the usual orders, or a year of this or the last century with its month."""
    first, middle, last = int(pin[:2]), int(pin[2:4]), int(pin[4:])
    orders = [(first, middle, last), (last, middle, first), (last, first, middle)]
    if any(1 <= month <= 12 and 1 <= day <= 31 for _year, month, day in orders):
        return True
    return 1940 <= int(pin[:4]) <= 2039 and (1 <= last <= 12)
