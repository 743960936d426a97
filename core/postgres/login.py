"""The application's login must be one that the policies bind: no superuser, no BYPASSRLS, no owner of tables."""

from django.core.exceptions import ImproperlyConfigured

# The login itself, not the role that the stamp takes for a transaction.
_STANDING = """
SELECT rolname, rolsuper, rolbypassrls,
       EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relrowsecurity)
  FROM pg_roles r WHERE rolname = session_user
"""


def refuse_unbound(connection) -> None:
    """Raises ImproperlyConfigured, so that a process with such a login answers nobody."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING)
        name, superuser, bypasses, owns = cursor.fetchone()
    reasons = {"is a superuser": superuser, "has BYPASSRLS": bypasses, "owns tables": owns}
    if found := [reason for reason, is_so in reasons.items() if is_so]:
        raise ImproperlyConfigured(
            f"The database login {name} {' and '.join(found)}, so that row-level security does not bind it. "
            "DATABASE_URL must name the application's login (docs/runbook.md)."
        )
