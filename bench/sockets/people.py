"""Fifty children with twenty guardians each, and the guardians' sessions: rows of the real tables."""

import datetime as dt
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from bench.sockets.client import Address
from core.models import User
from institution.enums import Relation, Sex
from institution.models import Child, Guardianship

BACKEND = "core.auth.NameOrPhoneBackend"
FIRST_CHILD = 1001  # all room names are of one length


def guardians(*, sockets: int, per_room: int) -> list[Address]:
    children = [
        Child(pk=FIRST_CHILD + n, name=f"小{n}", sex=Sex.values[0], born_on=dt.date(2025, 1, 1))
        for n in range(sockets // per_room)
    ]
    Child.objects.bulk_create(children, ignore_conflicts=True)
    users = [
        User(username=f"bench-{n}", name=f"家长{n}", password="!", last_login=None)
        for n in range(sockets)
    ]
    User.objects.bulk_create(users)
    Guardianship.objects.bulk_create(
        Guardianship(user=user, child=children[n // per_room], relation=Relation.values[0])
        for n, user in enumerate(users)
    )
    return [
        Address(group=f"child.{children[n // per_room].pk}", session=_session(user))
        for n, user in enumerate(users)
    ]


def _session(user: User) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key
