"""What a process refuses to serve with, and how long the database works for it."""

import os
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection, transaction
from django.db.backends.signals import connection_created
from django.urls import reverse

from config import celery
from core import audit, checks, serving
from core.postgres import login, owner, patience, roles
from core.servers.keys import make
from tests.factories.city import build_city

CHECKOUT = checks.settings.BASE_DIR


def signed_in_as(given: dict):
    """Another connection to the same database."""
    other = connection.copy()
    other.settings_dict |= given | {"STAMPED": False}
    return other


@pytest.fixture
def superuser(db):
    other = signed_in_as({"USER": "postgres"})
    try:
        other.ensure_connection()
    except OperationalError:
        pytest.skip("the server of DATABASE_URL gives us no superuser")
    yield other
    other.close()


def ask(sql: str):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


class TestLogin:
    def test_the_applications_own_has_no_power(self, db):
        assert login.powers(connection) == []
        assert checks.check_login(None) == []

    def test_one_that_owns_tables_is_named(self, db, settings):
        other = signed_in_as(owner.login_of(settings.MIGRATE_DATABASE_URL))

        (said,) = login.powers(other)
        other.close()

        assert "owns tables" in said

    def test_a_superuser_is_named(self, superuser):
        assert login.powers(superuser) == [
            "The application signs in to the database as a superuser."
        ]

    def test_so_is_one_that_passes_the_walls_or_may_become_the_owner(self, superuser, settings):
        theirs = owner.login_of(settings.MIGRATE_DATABASE_URL)["USER"]
        with superuser.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("CREATE ROLE passes BYPASSRLS; CREATE ROLE becomes")
            cursor.execute(f'GRANT "{theirs}" TO becomes')
            cursor.execute("SET LOCAL SESSION AUTHORIZATION passes")
            passes = login.powers(superuser)
            cursor.execute("SET LOCAL SESSION AUTHORIZATION becomes")
            becomes = login.powers(superuser)
            cursor.execute("ROLLBACK")

        assert passes == ["The application's login has BYPASSRLS."]
        assert len(becomes) == 1
        assert "may become their owner" in becomes[0]

    def test_a_database_that_is_away_is_no_fault_of_the_login(self, monkeypatch):
        def away(_connection):
            raise OperationalError

        monkeypatch.setattr(login, "powers", away)

        assert [said.id for said in checks.check_login(None)] == ["core.I004"]


@pytest.fixture
def good_keys(settings):
    settings.SECURE_SITE, settings.DEBUG = True, False
    settings.SECRET_KEY, settings.AUDIT_ANCHOR_KEY = (
        make()["SECRET_KEY"],
        make()["AUDIT_ANCHOR_KEY"],
    )
    return settings


class TestSettings:
    def test_fresh_keys_are_good(self, good_keys):
        assert checks.check_settings(None) == []

    @pytest.mark.parametrize("name", ["SECRET_KEY", "AUDIT_ANCHOR_KEY"])
    @pytest.mark.parametrize("key", ["short", "a" * 60, "only-for-tests-" + "xyzuvw" * 9])
    def test_short_and_well_known_ones_are_not(self, good_keys, name, key):
        setattr(good_keys, name, key)

        assert [said.id for said in checks.check_settings(None)] == ["core.E005"]
        good_keys.SECURE_SITE = False
        assert checks.unsafe_settings() == []

    def test_one_key_for_two_purposes_is_not(self, good_keys):
        good_keys.AUDIT_ANCHOR_KEY = good_keys.SECRET_KEY

        assert len(checks.unsafe_settings()) == 1

    @pytest.mark.parametrize(
        ("secure", "hosts", "refused"),
        [(True, ["localhost"], 1), (False, ["tuoyu.example"], 1), (False, ["localhost"], 0)],
    )
    def test_debug_is_for_a_machine_of_ones_own(self, good_keys, secure, hosts, refused):
        good_keys.DEBUG, good_keys.SECURE_SITE, good_keys.ALLOWED_HOSTS = True, secure, hosts

        assert len(checks.unsafe_settings()) == refused


@pytest.fixture
def options_as_before():
    options = connection.settings_dict["OPTIONS"]
    before = dict(options)
    yield
    connection_created.disconnect(dispatch_uid="core.serving.refuse_power")
    connection.close()
    options.clear()
    options.update(before)


class TestBeginning:
    def test_web_workers_and_tasks_do_not_begin_with_a_powerful_login(self, db, settings):
        """In a process of its own, as gunicorn's workers import it."""
        url = urlsplit(settings.MIGRATE_DATABASE_URL)
        url = url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        env = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
        tried = subprocess.run(
            [sys.executable, "-c", "import config.wsgi"],
            cwd=CHECKOUT, env=env, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

        assert tried.returncode != 0
        assert "owns tables" in tried.stderr

    def test_the_worker_ends_instead_of_noting_it(self, monkeypatch):
        def refuse(**_kwargs):
            raise ImproperlyConfigured("a superuser")

        monkeypatch.setattr(serving, "begin", refuse)

        with pytest.raises(SystemExit, match="a superuser"):
            celery.begin()

    def test_every_connection_is_refused_until_the_login_is_harmless(
        self, transactional_db, settings, monkeypatch, options_as_before
    ):
        settings.DEMO_CITY_ALLOWED = False
        serving.begin(statement_seconds=5)
        connection_created.connect(serving.refuse_power, dispatch_uid="core.serving.refuse_power")
        honest = login.powers
        monkeypatch.setattr(login, "powers", lambda _connection: ["It is a superuser."])
        for _time in range(2):
            connection.close()
            with pytest.raises(ImproperlyConfigured, match="superuser"):
                ask("SELECT 1")
        monkeypatch.setattr(login, "powers", honest)

        assert ask("SELECT session_user::text") == [(roles.RUNTIME,)]

    def test_the_bounds_are_on_every_connection_of_the_process(
        self, transactional_db, settings, options_as_before
    ):
        serving.begin(statement_seconds=settings.WEB_STATEMENT_SECONDS)
        assert ask("SHOW statement_timeout") == [("5s",)]
        assert ask("SHOW idle_in_transaction_session_timeout") == [("15s",)]

        serving.begin(statement_seconds=settings.TASK_STATEMENT_SECONDS)
        assert ask("SHOW statement_timeout") == [("1min",)]


@pytest.fixture
def hurried(transactional_db, options_as_before):
    """A second for each statement, and a second of thought inside a transaction."""
    city = build_city()
    patience.bound(connection, statement_seconds=1, idle_seconds=1)
    return city


def sleep_in_the_database(*_args):
    ask("SELECT pg_sleep(20)")


def think_in_a_transaction(*_args):
    with transaction.atomic():
        ask("SELECT 1")
        time.sleep(1.5)
        ask("SELECT 1")


@pytest.mark.parametrize("slow", [sleep_in_the_database, think_in_a_transaction])
class TestTooSlow:
    def test_a_page_says_so(self, hurried, signed_in, monkeypatch, slow):
        from parents.views import day  # noqa: PLC0415

        client = signed_in(hurried.a.guardian)
        monkeypatch.setattr(day, "own_children", slow)
        began = time.monotonic()

        answer = client.get(reverse("family:day"))

        assert time.monotonic() - began < 6
        assert answer.status_code == 503
        assert "操作耗时过长" in answer.text
        assert "Traceback" not in answer.text
        monkeypatch.undo()
        assert client.get(reverse("family:day")).status_code in (200, 302), "and the next is fine"

    def test_the_api_says_so_by_code(self, hurried, signed_in, monkeypatch, slow):
        from institution.api.classes import ClassGroupViewSet  # noqa: PLC0415

        client = signed_in(hurried.a.director)
        monkeypatch.setattr(ClassGroupViewSet, "get_queryset", slow)

        answer = client.get(reverse("api:class-list"))

        assert (answer.status_code, answer.json()["code"]) == (503, "too_slow")


def find_the_disk_full(*_args):
    ask("DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$")


class TestNoSpace:
    def test_a_page_says_so(self, transactional_db, signed_in, monkeypatch):
        from parents.views import day  # noqa: PLC0415

        client = signed_in(build_city().a.guardian)
        monkeypatch.setattr(day, "own_children", find_the_disk_full)

        answer = client.get(reverse("family:day"))

        assert answer.status_code == 503
        assert "存储空间已满" in answer.text

    def test_the_api_says_so_by_code(self, transactional_db, signed_in, monkeypatch):
        from institution.api.classes import ClassGroupViewSet  # noqa: PLC0415

        client = signed_in(build_city().a.director)
        monkeypatch.setattr(ClassGroupViewSet, "get_queryset", find_the_disk_full)

        answer = client.get(reverse("api:class-list"))

        assert (answer.status_code, answer.json()["code"]) == (503, "disk_full")

    def test_nobody_reads_what_cannot_be_put_on_record(
        self, transactional_db, signed_in, monkeypatch
    ):
        """The middleware stores who read what when the view has answered."""
        client = signed_in(build_city().a.director)
        client.raise_request_exception = False
        monkeypatch.setattr(audit, "write_reads", find_the_disk_full)

        page = client.get(reverse("nursery:child-list"))
        answer = client.get(reverse("api:class-list"))

        assert page.status_code == 503
        assert "存储空间已满" in page.text
        assert (answer.status_code, answer.json()["code"]) == (503, "disk_full")
