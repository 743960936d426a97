"""What each role may do with each table. Granted anew after every migration, so that a new table is never forgotten."""

from core.postgres import roles

ALL = "SELECT, INSERT, UPDATE, DELETE"
APPEND = "SELECT, INSERT"
KEEP = "SELECT, INSERT, UPDATE"

# Tables that nobody changes or deletes from, whoever asks.
APPEND_ONLY = frozenset(
    {
        "core_auditevent",
        "institution_ledgerentry",
        "institution_mealentry",
        "institution_mealmonth",
    }
)
# Tables that only a trigger of the owner writes.
READ_ONLY = frozenset({"core_auditchain", "institution_rowchange"})
# Tables whose rows stay: they are corrected, never taken away.
NEVER_DELETED = frozenset(
    {
        "institution_incident",
        "institution_incidentchild",
        "institution_incidentnotice",
        "institution_incidentreport",
        "institution_incidentstep",
    }
)
# What a parent's own request writes; every other table a parent at most reads.
FAMILY_WRITES = {
    "core_apitoken": ALL,
    "core_attachment": "SELECT, INSERT, UPDATE",
    "core_auditevent": APPEND,
    "core_auditread": ALL,
    "core_factor": ALL,
    "core_guesses": ALL,
    "core_job": ALL,
    "core_outboxmessage": ALL,
    "core_recoverycode": ALL,
    "core_sentonce": ALL,
    "core_session": ALL,
    "core_tally": ALL,
    "core_user": "SELECT, UPDATE",
    "crypto_key": APPEND,
    "institution_incidentnotice": "SELECT, UPDATE",
    "institution_pickuppass": "SELECT, INSERT, UPDATE",
    "institution_pickupperson": "SELECT, INSERT, UPDATE",
    "institution_pickupquestion": "SELECT, UPDATE",
    "institution_plannedday": ALL,
    "institution_message": APPEND,
    "institution_noticeread": APPEND,
    "institution_readmark": "SELECT, INSERT, UPDATE",
    "institution_thread": "SELECT, INSERT, UPDATE",
}

# With row-level security and no policy for families, a parent has no right to the table at all.
_TABLES = f"""
SELECT c.relname, c.relrowsecurity AND NOT EXISTS (
           SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND '{roles.FAMILY}'::regrole = ANY(p.polroles))
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
 ORDER BY c.relname
"""  # noqa: S608 -- our own role
# A month is reached through the table it belongs to, where the policies are.
_PARTITIONS = """
SELECT relname FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relispartition ORDER BY relname
"""


def _rights(table: str) -> str:
    if table in READ_ONLY:
        return "SELECT"
    if table in APPEND_ONLY:
        return APPEND
    return KEEP if table in NEVER_DELETED else ALL


def grant_all(cursor) -> None:
    everybody = f"{roles.RUNTIME}, {roles.SYSTEM}, {roles.FAMILY}"
    cursor.execute(_TABLES)
    statements = []
    for table, closed_to_families in cursor.fetchall():
        rights = _rights(table)
        statements.append(f'REVOKE ALL ON "{table}" FROM {everybody}')
        statements.append(f'GRANT {rights} ON "{table}" TO {roles.RUNTIME}, {roles.SYSTEM}')
        if not closed_to_families:
            rights = FAMILY_WRITES.get(table, "SELECT")
            statements.append(f'GRANT {rights} ON "{table}" TO {roles.FAMILY}')
    cursor.execute(_PARTITIONS)
    for (table,) in cursor.fetchall():
        statements.append(f'REVOKE ALL ON "{table}" FROM {everybody}')
    statements.append(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {everybody}")
    cursor.execute("; ".join(statements))
