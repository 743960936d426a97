"""What a database holds, as figures that two databases can be compared by."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg2
from django.conf import settings
from django.db import connections

from core.recovery.errors import Trouble

# The text of a row depends on these; row_security=off makes a policy an error where it would hide rows.
PINNED = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "row_security": "off",
    "search_path": "public, pg_catalog",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}

Address = Mapping[str, str]  # libpq's names: host, port, user, password, dbname, ...


def own_address() -> dict[str, str]:
    """Where backups read: BACKUP_DATABASE_URL, a login that row-level security does not bind; else the usual one."""
    return address(settings.BACKUP_DATABASE or connections["default"].settings_dict)


def address(given: Mapping[str, Any]) -> dict[str, str]:
    """Django's names of a connection as libpq's."""
    names = {
        "HOST": "host",
        "PORT": "port",
        "USER": "user",
        "PASSWORD": "password",
        "NAME": "dbname",
    }
    found = {ours: str(given[theirs]) for theirs, ours in names.items() if given.get(theirs)}
    options = given.get("OPTIONS") or {}
    kept = ("host", "sslmode", "sslrootcert", "sslcert", "sslkey", "passfile", "service")
    return found | {name: str(options[name]) for name in kept if name in options}


def environment(where: Address) -> dict[str, str]:
    """For the programs of PostgreSQL: a password on a command line could be read by everybody on the machine."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    names |= {"dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    names |= {"sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "passfile": "PGPASSFILE"}
    given = {names[key]: value for key, value in where.items() if key in names}
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGTZ": "UTC"} | given


@contextmanager
def connected(where: Address, *, snapshot: bool = False) -> Iterator[Any]:
    """A connection of its own, with `snapshot` one that sees a single moment throughout."""
    options = " ".join(f"-c {name}={value.replace(' ', '')}" for name, value in PINNED.items())
    try:
        connection = psycopg2.connect(**where, options=options, application_name="tuoyu-recovery")
    except psycopg2.OperationalError as error:
        raise Trouble(f"The database cannot be reached: {error}".strip()) from error
    try:
        connection.set_session(
            isolation_level="REPEATABLE READ" if snapshot else None,
            readonly=snapshot,
            autocommit=not snapshot,
        )
        yield connection
    finally:
        connection.close()


def major(connection) -> int:
    return connection.server_version // 10000


def export_snapshot(connection) -> str:
    return rows(connection, "SELECT pg_export_snapshot()")[0][0]


def rows(connection, statement: str, values: list | None = None) -> list[tuple]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()
    except psycopg2.errors.InsufficientPrivilege as error:
        raise Trouble(
            f"{connection.info.user} may not read everything: {error.pgerror}"
            "Set BACKUP_DATABASE_URL to a login that row-level security does not bind."
        ) from error


_TABLES = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 1
"""


def tables(connection) -> dict[str, dict[str, Any]]:
    """Rows of every table, partitions by themselves, and two independent hashes over all of their content."""
    found = {}
    for (name,) in rows(connection, _TABLES):
        count, added, mixed = rows(
            connection,
            "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text,"  # noqa: S608 -- quoted by the server
            f" coalesce(bit_xor(hashtextextended(t::text, 20261123)), 0)::text FROM {name} t",
        )[0]
        found[name] = {"rows": count, "hash": f"{added}/{mixed}"}
    return found


# Each statement gives lines that name one thing and say all of it; sorted, two databases are equal when the lists are.
_CATALOGUE = {
    "columns": """
        SELECT format('%s.%s %s%s%s', c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
                      CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
                      ' ' || a.attidentity::text || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), ''))
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
          LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
           AND a.attnum > 0 AND NOT a.attisdropped""",
    "row security": """
        SELECT format('%s enabled %s forced %s', oid::regclass, relrowsecurity, relforcerowsecurity)
          FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')""",
    "policies": """
        SELECT format('%s on %s.%s %s %s to %s using %s check %s',
                      policyname, schemaname, tablename, permissive, cmd, roles, qual, with_check)
          FROM pg_policies""",
    "triggers": """
        SELECT format('%s enabled %s', pg_get_triggerdef(t.oid), t.tgenabled)
          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace""",
    "constraints": """
        SELECT format('%s on %s %s', conname, conrelid::regclass, pg_get_constraintdef(oid))
          FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'""",
    "indexes": """
        SELECT format('%s valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid)
          FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
         WHERE c.relnamespace = 'public'::regnamespace""",
    "functions": """
        SELECT format('%s definer %s owner %s grants %s %s', p.oid::regprocedure, p.prosecdef, p.proowner::regrole,
                      (SELECT array_agg(x::text ORDER BY x::text)
                         FROM unnest(coalesce(p.proacl, acldefault('f', p.proowner))) x), md5(p.prosrc))
          FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace""",
    "views": """
        SELECT format('%s %s %s', c.oid::regclass, c.reloptions, md5(pg_get_viewdef(c.oid)))
          FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'm')""",
    "owners and grants": """
        SELECT format('%s owner %s grants %s', oid::regclass, relowner::regrole,
                      (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(coalesce(relacl,
                        acldefault((CASE relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", relowner))) x))
          FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')""",
}


# What the server writes differently when it reads back its own text: x = ANY ((ARRAY['a'::varchar])::text[]).
_SPELLING = re.compile(r"::[a-z ]+(\(\d+\))?(\[\])?|[()\[\]\s]")
_SPELT = ("columns", "policies", "triggers", "constraints", "indexes")


def catalogue(connection) -> dict[str, list[str]]:
    """Everything beside the rows: a database with all rows but without its triggers or policies is not the same."""
    return {
        kind: sorted(line for (line,) in rows(connection, statement))
        for kind, statement in _CATALOGUE.items()
    }


_SEQUENCES = """
SELECT sequencename::text, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1
"""


def sequences(connection) -> dict[str, int]:
    """Sequences stand outside of transactions: read before the dump, they are at most what the dump holds."""
    return dict(rows(connection, _SEQUENCES))


def sequence_differences(expected: Mapping[str, int], found: Mapping[str, int]) -> list[str]:
    return [
        f"sequence {name} was at {value} and is at {found.get(name)}"
        for name, value in expected.items()
        if found.get(name, -1) < value
    ]


_WAL = """
SELECT pg_walfile_name(pg_current_wal_lsn()), setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'
"""


def wal_position(connection) -> dict[str, Any]:
    """The segment that is written now: a data folder read from here on needs it and what follows."""
    first, segment_bytes = rows(connection, _WAL)[0]
    return {"first": first, "segment_bytes": segment_bytes}


_MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY app, name"


def migrations(connection) -> list[str]:
    return [f"{app}.{name}" for app, name in rows(connection, _MIGRATIONS)]


_ROLES = """
SELECT DISTINCT r.rolname, r.rolcanlogin, r.rolbypassrls
  FROM pg_roles r WHERE r.rolname !~ '^pg_' AND NOT r.rolsuper AND r.oid IN (
    SELECT refobjid FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass
       AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    UNION SELECT datdba FROM pg_database WHERE datname = current_database()
    UNION SELECT roleid FROM pg_auth_members
    UNION SELECT member FROM pg_auth_members)
 ORDER BY 1
"""
_MEMBERS = """
SELECT a.rolname, b.rolname FROM pg_auth_members m
  JOIN pg_roles a ON a.oid = m.roleid JOIN pg_roles b ON b.oid = m.member
 WHERE a.rolname !~ '^pg_' AND b.rolname !~ '^pg_' AND NOT a.rolsuper AND NOT b.rolsuper ORDER BY 1, 2
"""


def roles(connection) -> dict[str, list]:
    """The roles that own or may use something here; their passwords belong to the server and stay there."""
    return {
        "roles": [
            {"name": name, "login": login, "bypassrls": bypass}
            for name, login, bypass in rows(connection, _ROLES)
        ],
        "members": [list(pair) for pair in rows(connection, _MEMBERS)],
    }


def is_empty(connection) -> bool:
    return not rows(connection, _TABLES)


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Sentences, one for each table whose rows differ."""
    said = []
    for name in sorted(expected.keys() | found.keys()):
        one, other = expected.get(name), found.get(name)
        if one is None or other is None:
            said.append(
                f"{name} is only in the {'backup' if other is None else 'restored database'}"
            )
        elif one["rows"] != other["rows"]:
            said.append(f"{name} had {one['rows']} rows and has {other['rows']}")
        elif one["hash"] != other["hash"]:
            said.append(f"{name} has the same number of rows and other content")
    return said


def catalogue_differences(
    expected: Mapping[str, list[str]], found: Mapping[str, list[str]]
) -> list[str]:
    said = []
    for kind in expected:
        one, other = _by_meaning(kind, expected[kind]), _by_meaning(kind, found.get(kind, []))
        said += [f"{kind}: missing {one[each]}" for each in sorted(one.keys() - other.keys())]
        said += [f"{kind}: added {other[each]}" for each in sorted(other.keys() - one.keys())]
    return said


def _by_meaning(kind: str, lines: list[str]) -> dict[str, str]:
    """Casts and brackets are left out of what is compared, the line as it stands is what is told."""
    return {
        "".join(_SPELLING.sub("", line).split()) if kind in _SPELT else line: line for line in lines
    }
