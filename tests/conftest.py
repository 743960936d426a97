import pytest
from django.test import Client

from core.calendar import today
from core.models import User
from institution import partitions
from tests.factories.city import City, build_city


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        partitions.ensure_ahead(today())


@pytest.fixture
def city(db) -> City:
    return build_city()


@pytest.fixture
def signed_in():
    """signed_in(user) is a browser of that user; with `post`, acting in that one of several posts."""

    def sign_in(user: User, post: str = "") -> Client:
        client = Client()
        client.force_login(user)
        if post:
            session = client.session
            session["post"] = post
            session.save()
        return client

    return sign_in
