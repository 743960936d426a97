"""Which groups a session hears, asked of the database when a socket opens and again while it lives."""

from collections.abc import Iterable
from importlib import import_module

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from core import actors
from core.devices import people, tablets
from core.live.groups import groups_of
from core.signin.policy import Standing, roles_of, standing

SESSION_POST = "post"


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


def groups_of_sessions(session_keys: Iterable[str]) -> dict[str, frozenset[str]]:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    return {key: _groups_of_session(store(key)) for key in session_keys}


def _groups_of_session(session: SessionBase) -> frozenset[str]:
    request = HttpRequest()
    request.session = session
    return groups_for(auth.get_user(request), session)
