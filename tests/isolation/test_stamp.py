"""The stamp: in whose name a transaction works, and that it ends with it."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from core import rls
from core.models import AuditEvent
from core.postgres import roles, scope
from institution.models import Child, DailyEntry, Enrolment
from tests.factories.city import City, build_city
from tests.factories.institution import ChildFactory, EnrolmentFactory

NO_SCOPE = "no scope"


def ask(sql: str, params=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def role() -> str:
    return ask("SELECT current_user::text")[0][0]


@pytest.fixture
def committed(transactional_db) -> City:
    return build_city()


@pytest.fixture
def no_usual_scope():
    """As in a process that serves: whoever enters nothing has nothing."""
    usual = scope.current()
    scope.set_usual(None)
    yield
    scope.set_usual(usual)


def test_without_a_scope_the_database_refuses_loudly(committed, no_usual_scope):
    with pytest.raises(DatabaseError, match=NO_SCOPE):
        Child.objects.count()
    with pytest.raises(DatabaseError, match=NO_SCOPE), transaction.atomic():
        Enrolment.objects.exists()


def test_a_scope_that_was_left_is_taken_back_within_the_transaction(committed, no_usual_scope):
    with transaction.atomic():
        with rls.of_actor(City.actor(committed.a.director)):
            assert Child.objects.count() == 4
        with pytest.raises(DatabaseError, match=NO_SCOPE):
            Child.objects.count()
        transaction.set_rollback(True)


@pytest.mark.parametrize("whole", [False, True], ids=["each statement", "one transaction"])
def test_the_stamp_does_not_outlive_its_transaction(committed, no_usual_scope, whole):
    with rls.of_actor(City.actor(committed.a.guardian)):
        if whole:
            with transaction.atomic():
                assert (Child.objects.count(), role()) == (1, roles.FAMILY)
        else:
            assert (Child.objects.count(), role()) == (1, roles.FAMILY)

    assert role() == roles.RUNTIME
    assert ask("SELECT current_setting('app.at', true), current_setting('app.children', true)") == [
        ("", "")
    ]
    with pytest.raises(DatabaseError, match=NO_SCOPE):
        Child.objects.count()


@pytest.mark.parametrize("form", ["SELECT set_config('app.inst', %s, false)", "SET app.inst = %s"])
def test_a_setting_left_on_the_session_opens_nothing(committed, no_usual_scope, form):
    """The classical bug: settings of the session, and a connection that somebody else gets next."""
    theirs = f"{{{committed.b.institution.pk}}}"
    ask("SELECT set_config('app.at', extract(epoch FROM now())::text, false)")
    with connection.cursor() as cursor:
        cursor.execute(form, [theirs])

    with pytest.raises(DatabaseError, match=NO_SCOPE):
        Child.objects.count()
    with rls.of_actor(City.actor(committed.a.director)):
        assert set(Enrolment.objects.values_list("institution", flat=True)) == {
            committed.a.institution.pk
        }
    connection.close()


def test_a_role_left_on_the_session_is_taken_back(committed, no_usual_scope):
    ask("SELECT set_config('role', 'app_system', false)")

    with rls.of_actor(City.actor(committed.a.director)):
        assert (role(), Enrolment.objects.count()) == (roles.RUNTIME, 4)
    assert role() == roles.RUNTIME
    with pytest.raises(DatabaseError, match=NO_SCOPE):
        Child.objects.count()
    with pytest.raises(DatabaseError, match=NO_SCOPE), transaction.atomic():
        Child.objects.count()
    connection.close()


def test_the_stamp_costs_no_round_trip(committed, monkeypatch):
    """psycopg2 sends one message for each execute; what is counted here is what goes over the wire."""
    from core.postgres import base  # noqa: PLC0415

    sent: list[bytes] = []

    class Wire(base.psycopg2.extensions.cursor):
        def execute(self, query, vars=None):  # noqa: A002
            sent.append(query if isinstance(query, bytes) else query.encode())
            super().execute(query, vars)

    class Stamped(base.StampedCursor, Wire):
        pass

    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "cursor_factory", Stamped)
    with rls.of_actor(City.actor(committed.a.director)):
        sent.clear()
        Enrolment.objects.count()
        assert len(sent) == 1
        sent.clear()
        with transaction.atomic():
            Enrolment.objects.count()
            Child.objects.count()
        assert len(sent) == 3  # BEGIN, the stamp and the first statement; the second; COMMIT
        assert [message.split(b" ")[0] for message in sent] == [b"BEGIN;", b"SELECT", b"COMMIT"]
        sent.clear()
        with transaction.atomic():
            pass
        assert sent == []
    connection.close()


def test_a_savepoint_undone_takes_a_later_stamp_with_it(committed):
    director, guardian = City.actor(committed.a.director), City.actor(committed.a.guardian)
    with transaction.atomic():
        with rls.of_actor(director):
            assert Child.objects.count() == 4
        point = transaction.savepoint()
        with rls.of_actor(guardian):
            assert Child.objects.count() == 1
        transaction.savepoint_rollback(point)
        with rls.of_actor(guardian):
            assert Child.objects.count() == 1
        with rls.of_actor(director):
            assert Child.objects.count() == 4


def test_a_failed_first_statement_leaves_a_usable_connection(committed):
    with pytest.raises(DatabaseError), transaction.atomic():
        ask("this is no SQL")
    with pytest.raises(DatabaseError), transaction.atomic():
        ask("SELECT 1 / 0")
    with transaction.atomic():
        with pytest.raises(DatabaseError), transaction.atomic():
            ask("SELECT 1 / 0")
        assert Child.objects.count() == 8
    assert Child.objects.count() == 8


def test_percent_signs_and_many_rows_pass(committed):
    assert ask("SELECT '50%'") == [("50%",)]
    assert ask("SELECT '50%%', %s", ["%s"]) == [("50%", "%s")]
    with connection.cursor() as cursor:
        cursor.executemany("SELECT %s", [[1], [2]])


def test_what_was_put_before_a_statement_is_not_shown(committed, django_assert_num_queries):
    with django_assert_num_queries(1) as seen:
        Child.objects.count()

    assert "set_config" not in seen[0]["sql"]


def test_a_reason_that_is_not_listed_is_refused():
    with pytest.raises(ValueError, match="not a reason"):
        rls.system("because it is quicker")


def test_a_connection_that_was_cut_is_noticed_without_asking(committed):
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    assert connection.is_usable()
    other = connection.copy()
    with rls.public(), other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()

    assert not connection.is_usable()
    connection.close()


class TestWhoSeesWhat:
    def test_a_family_reads_its_own_and_has_no_right_to_the_rest(self, city):
        with rls.of_actor(City.actor(city.a.guardian)):
            assert list(Child.objects.all()) == [city.a.guardian.guardianships.get().child]
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                ask("SELECT FROM institution_membership")
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                DailyEntry.objects.update(kind="note")

    def test_a_nursery_writes_no_row_of_another(self, city):
        with rls.of_actor(City.actor(city.a.director)):
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                EnrolmentFactory(
                    institution=city.b.institution, class_group=city.a.small, child=city.a.big_child
                )
            mine = Enrolment.objects.filter(institution=city.a.institution)
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                mine.update(institution=city.b.institution)
            theirs = Enrolment.objects.filter(institution=city.b.institution)
            assert (theirs.update(class_group=city.a.small), theirs.delete()[0]) == (0, 0)

    def test_a_new_child_is_seen_by_who_registers_it_and_by_nobody_else(self, city):
        with rls.of_actor(City.actor(city.a.clerk)):
            child = ChildFactory(registered_by=city.a.institution)
            assert Child.objects.filter(pk=child.pk).exists()
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                ChildFactory(registered_by=city.b.institution)
        with rls.of_actor(City.actor(city.b.clerk)):
            assert not Child.objects.filter(pk=child.pk).exists()

    def test_a_city_sees_every_nursery_and_no_child(self, city):
        with rls.of_actor(City.actor(city.regulator)):
            assert (Enrolment.objects.count(), Child.objects.count()) == (8, 0)
        with rls.of_actor(City.actor(city.county_regulator)):
            assert set(Enrolment.objects.values_list("institution", flat=True)) == {
                city.a.institution.pk
            }


def test_what_the_database_stops_in_a_request_is_not_there_and_is_noted(
    committed, signed_in, monkeypatch
):
    """A hole in the first wall, planted: the page of a family reads what families have no right to."""
    from parents.views import day  # noqa: PLC0415

    monkeypatch.setattr(
        day, "own_children", lambda actor: ask("SELECT FROM institution_membership")
    )
    answer = signed_in(committed.a.guardian).get(reverse("family:day"))

    assert answer.status_code == 404
    event = AuditEvent.objects.get(action="rls_blocked")
    assert (event.actor_user_id, event.outcome) == (committed.a.guardian.pk, "refused")


def test_anybody_reads_the_figures_of_the_public_pages(city):
    page = Client().get(reverse("portal:institution-page", args=[city.a.institution.pk]))

    assert page.context["institution"].enrolled == 4
