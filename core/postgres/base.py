"""Django's PostgreSQL backend that tells the database in whose name each transaction runs.

The scope in force (core.postgres.scope) is written into the transaction itself, by settings that end with it: so nothing
is left on a connection that somebody else gets next, also behind pgbouncer. It travels in the same message as the
first statement and costs no round trip. Outside `atomic` every statement is a transaction of its own and carries the
stamp itself. BEGIN travels with the first statement too; the driver itself always stays in autocommit. And a statement
whose answer nobody waits for travels with the next one, at the latest with COMMIT (`execute_with_next`).
"""

import select
from typing import Any

import psycopg2
from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
from psycopg2 import sql

from core.postgres import scope

IDLE = psycopg2.extensions.TRANSACTION_STATUS_IDLE


class StampedCursor(psycopg2.extensions.cursor):
    """Puts BEGIN and the stamp before a statement where they are due."""

    wrapper: "DatabaseWrapper | None" = None
    said: bytes | None = None

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 -- psycopg2's name
        self.said = None
        before = self.wrapper.take_due() if self.wrapper else b""
        if not before:
            super().execute(query, vars)
            return
        self.said = self.bytes_of(query, vars)
        super().execute(before + self.said)
        self.wrapper.done()  # type: ignore[union-attr]  # nothing is due without one

    def executemany(self, query: Any, vars_list: Any) -> None:
        for values in vars_list:
            self.execute(query, values)

    def copy_expert(self, *args: Any, **kwargs: Any) -> None:
        """COPY does not share a message with anything: the stamp goes before, so it needs `atomic`."""
        if self.wrapper and self.wrapper.due():
            self.execute("SELECT")
        super().copy_expert(*args, **kwargs)

    @property
    def query(self) -> bytes | None:
        """What was asked, without what was put before it."""
        return self.said if self.said is not None else super().query

    def bytes_of(self, query: Any, vars: Any) -> bytes:  # noqa: A002 -- psycopg2's name
        if vars is not None:
            return self.mogrify(query, vars)
        if isinstance(query, sql.Composable):
            query = query.as_string(self)
        return query if isinstance(query, bytes) else query.encode()


class DatabaseWrapper(base.DatabaseWrapper):
    _stamped: scope.DatabaseScope | None = None  # what the open transaction carries
    _waiting: bytes = b""  # statements that go with the next one

    @property
    def stamps(self) -> bool:
        """Not on a connection of the owner, who migrates and needs statements that run in no transaction."""
        return self.settings_dict.get("STAMPED", True)

    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        connection.autocommit = True
        connection.cursor_factory = StampedCursor
        self._stamped = None
        return connection

    def create_cursor(self, name=None):
        cursor = super().create_cursor(name)
        cursor.wrapper = self
        return cursor

    def execute_with_next(self, query: str, params: Any) -> None:
        """Send it with the transaction's next statement and save a round trip; its error is that statement's error.

        What is rolled back before then is never sent. Outside an open transaction it is sent at once.
        """
        self.validate_no_broken_transaction()
        with self.cursor() as cursor:
            if self.autocommit or not self._is_open():
                cursor.execute(query, params)
                return
            said = cursor.cursor.bytes_of(query, params)
        self._waiting += self._stamp_due() + said + b"; "
        self.done()

    def due(self) -> bytes:
        """What the next statement must be told first."""
        return self._waiting + self._stamp_due()

    def take_due(self) -> bytes:
        """It is told once, also when the statement fails."""
        due, self._waiting = self.due(), b""
        return due

    def _stamp_due(self) -> bytes:
        begin = b"" if self.autocommit or self._is_open() else b"BEGIN; "
        wanted = self._wanted()
        stamped = None if begin or self.autocommit else self._stamped
        if wanted is None or wanted == stamped:
            return begin
        return begin + wanted.stamp

    def done(self) -> None:
        """The transaction, if one is open, now carries the scope in force."""
        self._stamped = self._wanted()

    def _wanted(self) -> scope.DatabaseScope | None:
        """Where no scope is entered the stamp says so: a role left on the session would otherwise stand in for it."""
        return (scope.current() or scope.NOBODY) if self.stamps else None

    def is_usable(self) -> bool:
        """Nothing to read means that the server is there: one that goes says so. Every request asks this."""
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0) or super().is_usable()

    def _is_open(self) -> bool:
        return self.connection.get_transaction_status() != IDLE

    def _set_autocommit(self, autocommit):
        self._stamped, self._waiting = None, b""

    def _commit(self):
        self._end("COMMIT")

    def _rollback(self):
        self._waiting = b""
        self._end("ROLLBACK")

    def _end(self, how: str) -> None:
        waiting, self._waiting, self._stamped = self._waiting, b"", None
        with self.wrap_database_errors:
            if self.connection is None or not self._is_open():
                return
            with debug_transaction(self, how), self.connection.cursor() as cursor:
                cursor.execute(waiting + how.encode())

    def _savepoint_rollback(self, sid):
        self._waiting = b""  # SAVEPOINT took with it what was said before
        self.done()  # a failed transaction hears nothing but ROLLBACK TO, so no stamp goes before it
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # unknown to the stubs
        self._stamped = scope.UNKNOWN  # what was set after the savepoint is undone with it

    def _close(self):
        self._stamped, self._waiting = None, b""
        return super()._close()  # type: ignore[misc]  # unknown to the stubs
