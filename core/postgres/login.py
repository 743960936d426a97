"""Whether the login of this connection is one that row-level security binds."""

_POWERS = """
SELECT r.rolsuper, r.rolbypassrls,
       (SELECT min(c.relname)::text FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
           AND pg_has_role(r.oid, c.relowner, 'MEMBER'))
  FROM pg_roles r WHERE r.rolname = session_user
"""


def powers(connection) -> list[str]:
    """One sentence for each power that the application must not have; nothing when it has none."""
    with connection.cursor() as cursor:
        cursor.execute(_POWERS)
        superuser, bypasses, owned = cursor.fetchone()
    if superuser:
        return ["The application signs in to the database as a superuser."]
    found = []
    if bypasses:
        found.append("The application's login has BYPASSRLS.")
    if owned:
        found.append(f"The application's login owns tables, or may become their owner ({owned}).")
    return found
