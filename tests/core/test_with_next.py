"""Statements that travel with the next one: sent once, in their order and in their scope, and never after a roll-back."""

import pytest
from django.db import IntegrityError, connection, transaction

from core import rls
from core.postgres import scope
from core.postgres.owner import as_owner

pytestmark = pytest.mark.django_db(transaction=True)

INSERT = "INSERT INTO with_next VALUES (%s, current_setting('role'))"


@pytest.fixture(autouse=True)
def table(transactional_db):
    run_as_owner(
        "CREATE TABLE with_next (n int PRIMARY KEY, role text); GRANT ALL ON with_next TO PUBLIC"
    )
    yield
    run_as_owner("DROP TABLE with_next")


def run_as_owner(sql: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(sql)


def stored() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT n FROM with_next ORDER BY n")
        return [n for (n,) in cursor.fetchall()]


def begin() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT")


@transaction.atomic
def store_twice() -> None:
    begin()
    connection.execute_with_next(INSERT, [1])
    connection.execute_with_next(INSERT, [1])


@transaction.atomic
def fail_as_the_system() -> None:
    with rls.system("tests"):
        connection.execute_with_next(INSERT, [1])
        stored()


def test_it_is_stored_with_the_commit_when_nothing_else_is_said():
    with transaction.atomic():
        begin()
        connection.execute_with_next(INSERT, [1])
        connection.execute_with_next(INSERT, [2])

    assert stored() == [1, 2]


def test_the_next_statement_sees_it():
    with transaction.atomic():
        begin()
        connection.execute_with_next(INSERT, [1])

        assert stored() == [1]


def test_it_is_stored_as_the_first_statement_and_outside_a_transaction():
    with transaction.atomic():
        connection.execute_with_next(INSERT, [1])
    connection.execute_with_next(INSERT, [2])

    assert stored() == [1, 2]


def test_what_is_rolled_back_is_not_stored():
    with transaction.atomic():
        begin()
        connection.execute_with_next(INSERT, [1])
        transaction.set_rollback(True)

    assert stored() == []


def test_a_savepoint_keeps_what_was_said_before_it_and_loses_what_was_said_in_it():
    with transaction.atomic():
        begin()
        connection.execute_with_next(INSERT, [1])
        with transaction.atomic():
            connection.execute_with_next(INSERT, [2])
            transaction.set_rollback(True)

    assert stored() == [1]


def test_its_error_ends_the_transaction_and_is_not_said_twice():
    with pytest.raises(IntegrityError):
        store_twice()

    assert stored() == []


def test_its_scope_is_the_one_in_which_it_was_said():
    with transaction.atomic(), scope.entered(scope.PUBLIC):
        begin()
        with rls.system("tests"):
            connection.execute_with_next(INSERT, [1])
        connection.execute_with_next(INSERT, [2])

    with connection.cursor() as cursor:
        cursor.execute("SELECT n, role FROM with_next ORDER BY n")
        assert cursor.fetchall() == [(1, "app_system"), (2, "none")]


def test_an_error_said_in_another_scope_leaves_what_stands_around_it():
    with transaction.atomic(), scope.entered(scope.PUBLIC):
        begin()
        connection.execute_with_next(INSERT, [1])
        with pytest.raises(IntegrityError):
            fail_as_the_system()
        connection.execute_with_next(INSERT, [2])

    assert stored() == [1, 2]


def test_nothing_is_taken_by_a_transaction_that_is_to_be_rolled_back():
    with transaction.atomic():
        begin()
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            connection.execute_with_next(INSERT, [1])
