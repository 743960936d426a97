import os

import pytest
from django.db import connection, transaction
from django.test import Client, TransactionTestCase

from core import audit, redis
from core.calendar import today
from core.models import User
from core.postgres import owner, scope
from institution import partitions
from tests.factories.city import City, build_city


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """The database is made and migrated by its owner; the tests themselves run as the application's login."""
    application = owner.become_owner()
    yield
    owner.become(application)


@pytest.fixture(scope="session")
def django_db_setup(django_db_modify_db_settings, django_db_setup, django_db_blocker):
    """Transactional tests leave what the migrations loaded, and delete the rest in place of a TRUNCATE of every table."""
    with django_db_blocker.unblock():
        partitions.ensure_ahead(today())
        loaded = filled_tables()
    owner.become(application_login())
    scope.set_usual(scope.system_scope("tests"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            TransactionTestCase, "_fixture_teardown", lambda case: empty_tables(keep=loaded)
        )
        yield
    scope.set_usual(None)
    owner.become_owner()


def application_login() -> dict:
    return owner.login_of(os.environ["DATABASE_URL"]) | {"STAMPED": True}


@pytest.fixture(autouse=True)
def scope_of_its_own():
    """What a test enters without leaving ends with it."""
    with scope.entered(None):
        yield


def filled_tables() -> set[str]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    ask = " UNION ALL ".join(f"(SELECT '{name}' FROM \"{name}\" LIMIT 1)" for name in tables)
    with connection.cursor() as cursor:
        cursor.execute(ask)
        return {name for (name,) in cursor.fetchall()}


def empty_tables(*, keep: set[str]) -> None:
    """The daily log, the ledgers and the money for meals refuse DELETE by triggers of their own: they go first."""
    with (
        owner.as_owner(),
        transaction.atomic(),
        audit.linked_afterwards(),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE institution_dailyentry, institution_ledgerentry")
        cursor.execute("TRUNCATE institution_mealentry, institution_mealmonth")
        cursor.execute("ALTER TABLE institution_rowchange DISABLE TRIGGER USER")
        cursor.execute("SET LOCAL app.history = 'off'")
        for name in sorted(filled_tables() - keep):
            cursor.execute(f'DELETE FROM "{name}"')
        for trigger in ("history_keep", "history_keep_all"):
            cursor.execute(f"ALTER TABLE institution_rowchange ENABLE ALWAYS TRIGGER {trigger}")


@pytest.fixture
def rates(settings):
    """rates(care="5/min") for this test."""

    def set_rates(**values: str) -> None:
        settings.RATES = settings.RATES | values

    return set_rates


@pytest.fixture
def redis_away(monkeypatch):
    def refuse(*_commands):
        raise redis.Unavailable("dead")

    monkeypatch.setattr(redis, "call", refuse)


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
