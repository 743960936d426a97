"""Who needs a second factor, and how long a session lives. Asked by pages, API, tokens and sockets alike."""

import datetime as dt
from collections.abc import Iterable
from enum import Enum, auto

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.utils.translation import gettext as _

from core import calendar
from core.devices.people import DEVICE_KEY
from core.errors import Refused
from core.permissions import FAMILY_ROLES, Role
from core.scoping import Actor

FACTOR = "second_factor"  # session: the kind of factor by which its person was recognised
CONFIRMED = (
    "confirmed_at"  # session: when the person last showed password or factor, seconds since 1970
)
STARTED = "started_at"  # session: when it began, seconds since 1970


class Standing(Enum):
    GOOD = auto()
    OVER = auto()  # idle or old: ends now
    NO_FACTOR = auto()  # reaches the pages that add or ask for the second factor, and nothing else


def needs_factor(roles: Iterable[Role]) -> bool:
    return settings.SECOND_FACTOR == "required" and not settings.SECOND_FACTOR_ROLES.isdisjoint(
        roles
    )


def standing(session: SessionBase, roles: frozenset[Role]) -> Standing:
    if is_over(session, roles):
        return Standing.OVER
    by_pin = (
        DEVICE_KEY in session
    )  # a paired tablet in hand and a PIN, for the care of the day only
    if needs_factor(roles) and not session.get(FACTOR) and not by_pin:
        return Standing.NO_FACTOR
    return Standing.GOOD


def shell_of(roles: Iterable[Role]) -> str:
    """The strictest of the person's posts decides: another post is one click away."""
    roles = set(roles)
    if roles and roles <= FAMILY_ROLES:
        return "family"
    return "touch" if roles and roles <= FAMILY_ROLES | {Role.CARER} else "desk"


def limits(roles: Iterable[Role]) -> tuple[dt.timedelta, dt.timedelta]:
    """(longest pause, longest life) of a session."""
    idle, life = settings.SESSION_LIMITS[shell_of(roles)]
    return idle, life


def is_over(session: SessionBase, roles: Iterable[Role]) -> bool:
    idle, life = limits(roles)
    now = calendar.now()
    seen, started = getattr(session, "seen_at", None), session.get(STARTED)
    if seen is not None and now - seen > idle:
        return True
    return started is not None and now.timestamp() - started > life.total_seconds()


def roles_of(actor: Actor) -> frozenset[Role]:
    return actor.roles or frozenset({actor.role})


class FactorNeeded(Refused):
    """A post that asks for a second factor, reached without one."""

    status = 403

    def __init__(self) -> None:
        message = _("Your post asks for a second step at sign-in. Set it up first.")
        super().__init__(message, "second_factor_needed")
