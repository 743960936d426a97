"""Pairing a tablet: a code made on one screen, typed on the other, and confirmed on the first.

The first half of the code finds the pairing and the second half proves it: five wrong second halves end it. Guessing
first halves is limited by address.
"""

import datetime as dt
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit, rls
from core.calendar import now
from core.devices import codes, tablets, tries
from core.errors import NotThere, Refused
from core.models.device import Device, Pairing, PairingState
from core.scoping import Actor

VALID = dt.timedelta(minutes=10)
ATTEMPTS = 5
BY_ADDRESS, ADDRESS_WINDOW = 20, dt.timedelta(minutes=10)


def open_pairing(*, actor: Actor, name: str, class_group_id: int | None = None) -> Pairing:
    """A code for one tablet. A code that the same person had open for another ends."""
    moment = now()
    end_old_codes()
    for _try in range(5):
        pairing = Pairing(
            institution_id=actor.workplace,
            class_group_id=class_group_id,
            name=name,
            opened_by_id=actor.user_id,
            expires_at=moment + VALID,
        )
        pairing.locator = codes.code_of(pairing.pk)[: codes.HALF]
        try:
            with transaction.atomic():
                Pairing.objects.filter(
                    opened_by_id=actor.user_id, state__in=[PairingState.OPEN, PairingState.CLAIMED]
                ).update(state=PairingState.REFUSED)
                pairing.save(force_insert=True)
                audit.record(actor=actor, action="device.pairing_opened", subject=pairing)
        except IntegrityError:  # another open code begins with the same half
            continue
        return pairing
    raise Refused(_("No code could be made. Please try again."), "no_code")


def end_old_codes() -> int:
    """Frees their first halves for new codes: of the nursery that makes one, of every nursery by the schedule."""
    old = Pairing.objects.filter(state=PairingState.OPEN, expires_at__lte=now())
    return old.update(state=PairingState.REFUSED)


def claim(*, code: str, address: str, agent: str = "") -> tuple[Pairing, str]:
    """A tablet typed a code: the pairing, and the claim that this tablet keeps until it is confirmed.

    Raises Refused `wrong_code`, or `too_many_tries` with 429 for an address that guesses.
    """
    name = f"pair:{address}"[:80]
    if tries.take(name, within=ADDRESS_WINDOW) > BY_ADDRESS:
        raise Refused(
            _("Too many wrong codes from here. Please wait ten minutes."),
            "too_many_tries",
            status=429,
        )
    with rls.system("device secret: a pairing code"):
        claimed = _claim(codes.clean(code), agent)
    if claimed is None:
        raise Refused(_("This code is not valid. Please look at it again."), "wrong_code")
    tries.give_back(name)
    return claimed


@transaction.atomic
def _claim(code: str, agent: str) -> tuple[Pairing, str] | None:
    found = Pairing.objects.select_for_update(of=("self",)).filter(
        locator=code[: codes.HALF], state=PairingState.OPEN, expires_at__gt=now()
    )
    pairing = found.order_by("pk").first() if code else None
    if pairing is None:
        return None
    if not codes.same(codes.code_of(pairing.pk), code):
        _count_wrong(pairing)
        return None
    claim_secret = tablets.new_secret()
    pairing.claim_hash = tablets.hash_of(claim_secret)
    pairing.state, pairing.agent = PairingState.CLAIMED, agent[:80]
    pairing.save(update_fields=["claim_hash", "state", "agent"])
    return pairing, f"{pairing.pk}.{claim_secret}"


def _count_wrong(pairing: Pairing) -> None:
    pairing.attempts += 1
    if pairing.attempts >= ATTEMPTS:
        pairing.state = PairingState.LOCKED
        audit.record(
            actor=None,
            action="device.pairing_locked",
            subject=pairing,
            institution_id=pairing.institution_id,
            outcome="refused",
        )
    pairing.save(update_fields=["attempts", "state"])


@rls.system("device secret: a tablet that waits")
def claimed_by(cookie: str) -> Pairing | None:
    """The pairing a waiting tablet speaks of."""
    key, _dot, secret = cookie.partition(".")
    try:
        pairing = Pairing.objects.filter(pk=UUID(key)).first()
    except ValueError:
        return None
    if pairing is None or not pairing.claim_hash:
        return None
    return pairing if codes.same(tablets.hash_of(secret), pairing.claim_hash) else None


def confirmation(pairing: Pairing) -> str:
    return codes.confirmation_of(pairing.pk, bytes(pairing.claim_hash or b""))


def state_of(pairing: Pairing) -> PairingState:
    """An open or unconfirmed pairing past its time counts as refused."""
    waiting = pairing.state in (PairingState.OPEN, PairingState.CLAIMED, PairingState.CONFIRMED)
    if waiting and pairing.expires_at <= now():
        return PairingState.REFUSED
    return PairingState(pairing.state)


@transaction.atomic
def answer(*, actor: Actor, pairing: Pairing, agreed: bool) -> Pairing:
    """The admin has compared the two screens. Raises Refused `not_waiting` when there is nothing to answer."""
    pairing = Pairing.objects.select_for_update(of=("self",)).get(pk=pairing.pk)
    if state_of(pairing) != PairingState.CLAIMED:
        raise Refused(_("This code is used up or too old. Make a new one."), "not_waiting")
    pairing.state = PairingState.CONFIRMED if agreed else PairingState.REFUSED
    pairing.save(update_fields=["state"])
    audit.record(
        actor=actor,
        action="device.pairing_confirmed" if agreed else "device.pairing_refused",
        subject=pairing,
    )
    return pairing


@rls.system("device secret: a tablet that waits")
@transaction.atomic
def finish(*, cookie: str) -> tuple[Device, str] | None:
    """The tablet fetches its secret, once; nothing as long as it is not confirmed. NotThere when it never will be."""
    known = claimed_by(cookie)
    if known is None:
        raise NotThere
    pairing = Pairing.objects.select_for_update(of=("self",)).get(pk=known.pk)
    state = state_of(pairing)
    if state == PairingState.CLAIMED:
        return None
    if state != PairingState.CONFIRMED:
        raise NotThere
    device, secret = tablets.made(
        actor_id=pairing.opened_by_id,
        institution_id=pairing.institution_id,
        class_group_id=pairing.class_group_id,
        name=pairing.name,
    )
    pairing.state, pairing.device = PairingState.DONE, device
    pairing.save(update_fields=["state", "device"])
    audit.record(
        actor=None,
        action="device.paired",
        subject=device,
        institution_id=device.institution_id,
        data={"pairing": str(pairing.pk), "class_group": device.class_group_id},
    )
    return device, tablets.cookie_of(device, secret)
