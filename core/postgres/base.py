"""Django's PostgreSQL backend that tells the database in whose name each transaction runs.

The scope in force (core.postgres.scope) is written into the transaction itself, by settings that end with it: so nothing
is left on a connection that somebody else gets next, also behind pgbouncer. It travels in the same message as the
first statement and costs no round trip. Outside `atomic` every statement is a transaction of its own and carries the
stamp itself. BEGIN travels with the first statement too; the driver itself always stays in autocommit.
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
        before = self.wrapper.due() if self.wrapper else b""
        if not before:
            super().execute(query, vars)
            return
        self.said = self._bytes(query) if vars is None else self.mogrify(query, vars)
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

    def _bytes(self, query: Any) -> bytes:
        if isinstance(query, sql.Composable):
            query = query.as_string(self)
        return query if isinstance(query, bytes) else query.encode()


class DatabaseWrapper(base.DatabaseWrapper):
    _stamped: scope.DatabaseScope | None = None  # what the open transaction carries

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

    def due(self) -> bytes:
        """What the next statement must be told first."""
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
        self._stamped = None

    def _commit(self):
        self._end("COMMIT")

    def _rollback(self):
        self._end("ROLLBACK")

    def _end(self, how: str) -> None:
        self._stamped = None
        with self.wrap_database_errors:
            if self.connection is None or not self._is_open():
                return
            with debug_transaction(self, how), self.connection.cursor() as cursor:
                cursor.execute(how)

    def _savepoint_rollback(self, sid):
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # unknown to the stubs
        self._stamped = scope.UNKNOWN  # what was set after the savepoint is undone with it

    def _close(self):
        self._stamped = None
        return super()._close()  # type: ignore[misc]  # unknown to the stubs
