"""Which groups a session hears, asked of the database when a socket opens and again while it lives.

Always of many sessions at once: after a restart thousands of browsers knock within seconds, and what they cost is the
statements. Three answer for all who wait (docs/benchmarks.md).
"""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass

from channels.db import database_sync_to_async
from django.contrib.sessions.backends.base import SessionBase
from django.db import Error

from core import actors
from core.devices import people, tablets
from core.live.groups import groups_of
from core.signin import sessions
from core.signin.policy import Standing, roles_of, standing

SESSION_POST = "post"
MOST_AT_ONCE = 100  # sessions in one question

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Guest:
    """Who a session belongs to, and what it hears. Nobody hears nothing."""

    user_id: int = 0
    groups: frozenset[str] = frozenset()


NOBODY = Guest()
# A session's key, and the tablet's cookie its browser showed; None where only a living socket is looked at again.
Knock = tuple[str, str | None]


def guests_of(knocks: Collection[Knock]) -> list[Guest]:
    """Of each knock, in their order."""
    found = {
        store.session_key: (store, user) for store, user in sessions.loaded({k for k, _ in knocks})
    }
    users = {user.pk: user for _store, user in found.values()}
    actors.read_posts(list(users.values()))
    return [_guest(*found[key], cookie) if key in found else NOBODY for key, cookie in knocks]


def groups_of_sessions(session_keys: Collection[str]) -> dict[str, frozenset[str]]:
    keys = list(session_keys)
    guests = guests_of([(key, None) for key in keys])
    return {key: guest.groups for key, guest in zip(keys, guests, strict=True)}


def groups_for(user, session: SessionBase, cookie: str | None = None) -> frozenset[str]:
    """Nothing for a visitor, a closed account, a person without a post, or a session that is over or lacks its factor.

    A session of a PIN also shows the tablet's cookie when its socket opens; later only the tablet is looked at.
    """
    actor = actors.resolve(user, session.get(SESSION_POST, ""))
    if people.DEVICE_KEY in session:
        device = people.device_of(session) if cookie is None else tablets.look(cookie)
        actor = people.narrowed(actor, session, device)
    if actor is None or standing(session, roles_of(actor)) is not Standing.GOOD:
        return frozenset()
    return groups_of(actor)


def _guest(session: SessionBase, user, cookie: str | None) -> Guest:
    return Guest(user.pk, groups_for(user, session, cookie))


class Door:
    """Lets in: while the database answers for some, the next ones gather, and are asked for together."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Knock, asyncio.Future[Guest]]] = []
        self.asking: asyncio.Task | None = None

    async def ask(self, session_key: str, cookie: str) -> Guest:
        """Nobody without a database too: the page comes again."""
        answer = asyncio.get_running_loop().create_future()
        self.waiting.append(((session_key, cookie), answer))
        if self.asking is None or self.asking.done():
            self.asking = asyncio.create_task(self._answer())
        return await answer

    async def _answer(self) -> None:
        while self.waiting:
            now, self.waiting = self.waiting[:MOST_AT_ONCE], self.waiting[MOST_AT_ONCE:]
            now = [(knock, answer) for knock, answer in now if not answer.done()]  # gone meanwhile
            guests = await self._guests([knock for knock, _answer in now])
            for (_knock, answer), guest in zip(now, guests, strict=True):
                if not answer.done():
                    answer.set_result(guest)

    async def _guests(self, knocks: list[Knock]) -> list[Guest]:
        try:
            return await database_sync_to_async(guests_of)(knocks)
        except Error:
            logger.warning("live sockets not admitted: no database")
        except Exception:  # the others who wait must not wait for ever
            logger.exception("live sockets not admitted")
        return [NOBODY] * len(knocks)
