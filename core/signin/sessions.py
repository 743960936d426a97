"""Sessions in the database, with whose they are and when they were last used (settings.SESSION_ENGINE)."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from core import audit, calendar
from core.addresses import address_of
from core.models import ApiToken, Guesses, Session, User
from core.realtime import actor_changed
from core.scoping import Actor
from core.signin.policy import CONFIRMED, STARTED

SEEN_EVERY = dt.timedelta(minutes=1)
KEEP_GUESSES = dt.timedelta(days=1)
PLACE = "place"  # session: address and browser at sign-in


class SessionStore(db.SessionStore):
    seen_at: dt.datetime | None = None

    @classmethod
    def get_model_class(cls):
        return Session

    def _get_session_from_db(self):
        row = super()._get_session_from_db()  # type: ignore[misc]  # Django's, not in the stubs
        self.seen_at = row.seen_at if row else None
        return row

    @classmethod
    def of(cls, row: Session) -> "SessionStore":
        """Of a row already read, which is not asked for again."""
        self: Any = cls(row.session_key)
        self._session_cache = self.decode(row.session_data)
        self.seen_at = row.seen_at
        return self

    def create_model_instance(self, data):
        row: Any = super().create_model_instance(data)
        place = data.get(PLACE, {})
        row.user_id = data.get(SESSION_KEY)
        row.ip, row.agent = place.get("ip"), place.get("agent", "")
        if started := data.get(STARTED):
            row.started_at = dt.datetime.fromtimestamp(started, dt.UTC)
        self.seen_at = row.seen_at
        return row

    def seen(self) -> None:
        """Used just now. Written once a minute, beside the data: two requests at once do not overwrite each other."""
        now = calendar.now()
        if self.session_key and self.seen_at is not None and now - self.seen_at > SEEN_EVERY:
            self.seen_at = now
            Session.objects.filter(session_key=self.session_key).update(seen_at=now)


def loaded(keys: Collection[str]) -> list[tuple[SessionStore, User]]:
    """Those of the sessions that live, with the person signed in: two statements, however many they are."""
    possible = [key for key in keys if key.isascii() and key.isalnum()]  # one may be anything
    rows = Session.objects.filter(session_key__in=possible, expire_date__gt=calendar.now())
    stores = [SessionStore.of(row) for row in rows]
    ids = {store[SESSION_KEY] for store in stores if SESSION_KEY in store}
    people = {str(pk): user for pk, user in User.objects.in_bulk(ids).items()}
    with_person = [(store, people.get(store.get(SESSION_KEY, ""))) for store in stores]
    return [(store, user) for store, user in with_person if user and _is_of(store, user)]


def _is_of(session: SessionBase, user: User) -> bool:
    """What django.contrib.auth.get_user asks of a session, of one already read."""
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return False
    shown = session.get(HASH_SESSION_KEY) or ""
    known = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return user.is_active and any(constant_time_compare(shown, each) for each in known)


def note_start(sender, request: HttpRequest, user: User, **_kwargs) -> None:
    """Receiver of user_logged_in: signing in is the first time a person is confirmed."""
    now = int(calendar.now().timestamp())
    request.session[STARTED] = request.session[CONFIRMED] = now
    request.session[PLACE] = {"ip": address_of(request), "agent": agent_of(request)}


def agent_of(request: HttpRequest) -> str:
    return request.META.get("HTTP_USER_AGENT", "").replace("\0", "")[:200]


def sessions_of(user_id: int) -> list[Session]:
    """Signed in now, the latest used first."""
    alive = Session.objects.filter(user_id=user_id, expire_date__gt=calendar.now())
    return list(alive.order_by("-seen_at", "session_key"))


def end_session(*, actor: Actor | None, user: User, key: str) -> bool:
    with transaction.atomic():
        ended, __ = Session.objects.filter(user=user, session_key=key).delete()
        if ended:
            audit.record(actor=actor, action="session.ended", subject=user)
            actor_changed(user.pk)
    return bool(ended)


def end_everything(*, actor: Actor | None, user: User, reason: str) -> None:
    """All sessions, tokens and sockets of the user, also those that nobody has listed."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        ended, __ = Session.objects.filter(user=user).delete()
        tokens, __ = ApiToken.objects.filter(user=user).delete()
        audit.record(
            actor=actor,
            action="sessions.ended",
            subject=user,
            data={"sessions": ended, "tokens": tokens, "reason": reason},
        )
        actor_changed(user.pk)
    user.refresh_from_db(fields=["session_epoch"])


def forget_ended() -> int:
    """Sessions, tokens and counters whose time is over."""
    now = calendar.now()
    return (
        Session.objects.filter(expire_date__lte=now).delete()[0]
        + ApiToken.objects.filter(expires_at__lte=now).delete()[0]
        + Guesses.objects.filter(since__lte=now - KEEP_GUESSES).delete()[0]
    )
