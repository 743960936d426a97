"""What the account pages show, ready for the templates."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.models import Session
from core.signin.devices import device, place
from core.signin.policy import needs_factor, roles_of
from core.signin.sessions import agent_of
from institution.actors import Post


@dataclass(frozen=True)
class SessionRow:
    handle: str
    what: str
    icon: str
    where: str
    seen_at: Any
    started_at: Any
    here: bool


def session_rows(sessions: Iterable[Session], current: str | None) -> list[SessionRow]:
    """This one first."""
    rows = []
    for session in sessions:
        what, icon = device(session.agent)
        rows.append(
            SessionRow(
                handle=handle_of(session.session_key),
                what=what,
                icon=icon,
                where=place(session.ip),
                seen_at=session.seen_at,
                started_at=session.started_at,
                here=session.session_key == current,
            )
        )
    return sorted(rows, key=lambda row: not row.here)


def handle_of(session_key: str) -> str:
    """Names a session in an address without being one's way in."""
    return hashlib.sha256(f"session|{session_key}".encode()).hexdigest()[:24]


def factor_is_required(posts: list[Post]) -> bool:
    return needs_factor(roles_of(posts[0].actor)) if posts else False


def this_device(request) -> str:
    return device(agent_of(request))[0][:40]
