"""What the database itself says about its walls, so that a table of another room cannot be forgotten."""

import re

import pytest
from django.db import connection

from core.postgres import grants, roles

OF_A_NURSERY = "institution_id|child_id|child_ids|class_group_id|membership_id"
THEMSELVES = {"institution_institution", "institution_child"}
RUN_AS_OWNER = {
    "core_audit_link": "links a new audit record to its chain; a trigger",
    "institution_keep_history": "writes down what became of a row; a trigger",
    "institution_forget_history": "takes an erased child's values out of the history; the system's role only",
    "institution_dailyentry_end_month": "drops a month older than three years; the system's role only",
    "institution_dailyentry_month": "makes the next month of the daily log; the system's role only",
}

pytestmark = pytest.mark.django_db


def ask(sql: str, *params) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall()


def tenant_tables() -> set[str]:
    found = ask(
        f"""SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
               AND NOT a.attisdropped AND a.attname ~ '^({OF_A_NURSERY})$'"""
    )
    grants_of_guardian = {"institution_institutiongrant", "institution_childgrant"}
    return {name for (name,) in found} | THEMSELVES | grants_of_guardian


def test_every_table_of_a_nursery_has_a_wall_also_against_its_owner():
    """Missing here: add `Isolate(table, staff=..., family=...)` to a migration (core.postgres.policies)."""
    walled = ask(
        """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
              AND relrowsecurity AND relforcerowsecurity AND NOT relispartition"""
    )
    assert tenant_tables() - {name for (name,) in walled} == set()


def test_every_wall_has_its_policies_for_reading_and_for_writing():
    rows = ask(
        """SELECT c.relname, p.polname, p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL, p.polcmd::text,
                  ARRAY(SELECT r::regrole::text FROM unnest(p.polroles) AS r), p.polpermissive
             FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"""
    )
    known = {"staff": [roles.RUNTIME], "system": [roles.SYSTEM], "family": [roles.FAMILY]}
    policies: dict[str, set[str]] = {}
    for table, policy, both, command, of_roles, permissive in rows:
        assert both, f"{table}.{policy} needs USING and WITH CHECK"
        assert (command, of_roles, permissive) == ("*", known[policy], True), (table, policy)
        policies.setdefault(table, set()).add(policy)

    assert {name: got for name, got in policies.items() if not {"staff", "system"} <= got} == {}
    assert tenant_tables() - policies.keys() == set()


def test_each_policy_asks_its_function_once_for_a_statement():
    """Without the SELECT around it the function would be asked for every row."""
    rows = ask("SELECT tablename, policyname, qual, with_check FROM pg_policies")
    bare = [
        (table, policy)
        for table, policy, qual, check in rows
        for expression in (qual, check)
        if len(re.findall(r"\bapp_\w+\(", expression)) != expression.count("SELECT ")
    ]
    assert bare == []


def test_months_are_reached_only_through_their_table():
    months = ask(
        """SELECT relname, relrowsecurity AND relforcerowsecurity,
                  has_table_privilege(%s, oid, 'SELECT, INSERT, UPDATE, DELETE')
             FROM pg_class WHERE relispartition AND relkind = 'r'
              AND relnamespace = 'public'::regnamespace""",
        roles.RUNTIME,
    )
    assert len(months) >= 3
    assert [name for name, walled, granted in months if granted or not walled] == []


def test_nothing_looks_past_the_walls():
    views = ask(
        """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
              AND (relkind = 'm' OR relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY(reloptions), false))"""
    )
    functions = ask(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    assert views == []
    assert {name for (name,) in functions} == RUN_AS_OWNER.keys()


def test_functions_run_as_owner_have_a_search_path_of_their_own():
    rows = ask(
        "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    assert {
        name for name, config in rows if not any("search_path=" in c for c in config or ())
    } == set()


def test_the_application_signs_in_as_somebody_without_power():
    assert ask("SELECT session_user::text") == [(roles.RUNTIME,)]
    rows = ask(
        """SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication, rolinherit
             FROM pg_roles WHERE rolname = ANY(%s)""",
        [roles.RUNTIME, roles.SYSTEM, roles.FAMILY],
    )
    assert {name: power for name, power, _inherits in rows} == {
        roles.RUNTIME: False,
        roles.SYSTEM: False,
        roles.FAMILY: False,
    }
    for role in (roles.SYSTEM, roles.FAMILY):
        assert ask(
            "SELECT pg_has_role(%s, %s, 'USAGE'), pg_has_role(%s, %s, 'SET')",
            *[roles.RUNTIME, role] * 2,
        ) == [(False, True)], "the login may become it in a transaction and is not it otherwise"


def test_the_application_owns_nothing_and_makes_nothing():
    owned = ask(
        "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = ANY(%s)",
        [roles.RUNTIME, roles.SYSTEM, roles.FAMILY],
    )
    assert owned == []
    assert ask(
        "SELECT r, has_schema_privilege(r, 'public', 'CREATE') FROM unnest(%s::text[]) AS r",
        [roles.RUNTIME, roles.SYSTEM, roles.FAMILY],
    ) == [(roles.RUNTIME, False), (roles.SYSTEM, False), (roles.FAMILY, False)]


def test_nobody_but_the_owner_empties_a_table_or_touches_its_triggers():
    rows = ask(
        """SELECT table_name, grantee, privilege_type FROM information_schema.role_table_grants
            WHERE grantee = ANY(%s) AND privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES')""",
        [roles.RUNTIME, roles.SYSTEM, roles.FAMILY],
    )
    assert rows == []


def test_a_family_writes_these_tables_and_no_other():
    rows = ask(
        """SELECT c.relname FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND has_table_privilege(%s, c.oid, 'INSERT, UPDATE, DELETE')""",
        roles.FAMILY,
    )
    assert {name for (name,) in rows} == grants.FAMILY_WRITES.keys()


def test_what_is_only_appended_to_is_never_changed_or_deleted():
    rows = ask(
        """SELECT t, r FROM unnest(%s::text[]) AS t, unnest(%s::text[]) AS r
            WHERE has_table_privilege(r, t, 'UPDATE, DELETE')""",
        sorted(grants.APPEND_ONLY),
        [roles.RUNTIME, roles.SYSTEM, roles.FAMILY],
    )
    assert rows == []
