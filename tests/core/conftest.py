import pytest

from core import actors
from core.models import User
from core.permissions import Role
from core.scoping import Actor


@pytest.fixture
def posts(monkeypatch, settings):
    """Who acts as what, in place of memberships, which core does not know. Filled by `acting`."""
    settings.MIDDLEWARE = [
        "tests.core.middleware.SetActor" if name == "portal.middleware.ActorMiddleware" else name
        for name in settings.MIDDLEWARE
    ]
    registered: dict[int, Actor] = {}
    monkeypatch.setattr(actors, "_resolvers", [lambda user, post="": registered.get(user.pk)])
    return registered


@pytest.fixture
def acting(db, posts):
    def sign_up(username: str, role: Role, **where) -> Actor:
        user = User.objects.create_user(username, name=username.title())
        actor = Actor(user_id=user.pk, role=role, name=user.name, **where)
        posts[user.pk] = actor
        return actor

    return sign_up


@pytest.fixture
def carer(acting) -> Actor:
    return acting("carer", Role.CARER, institution_id=1, region_path="3708/370811/")
