import signal
from collections.abc import Iterator

import pytest

from core import actors, redis
from core.models import User
from core.permissions import Role
from core.scoping import Actor
from core.servers.redis import Redis


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


@pytest.fixture
def own_redis(settings, tmp_path) -> Iterator[Redis]:
    """A Redis of this test alone, to kill and to freeze, with the breaker closed before and after."""
    server = Redis(tmp_path / "redis", tmp_path / "redis.log")
    server.start()
    settings.REDIS_URL = settings.CELERY_BROKER_URL = server.url
    _forget_redis()
    yield server
    if server.process is not None:
        server.process.send_signal(signal.SIGCONT)
    server.stop()
    _forget_redis()


def _forget_redis() -> None:
    redis.pool.cache_clear()
    redis.breaker.failed = 0
