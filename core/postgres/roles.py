"""The database roles, as plain SQL, since the servers of a demonstration make them without Django.

The owner makes and changes tables. The application signs in as RUNTIME, which owns nothing and is bound by every
policy; inside a transaction it becomes SYSTEM (all rows, for listed reasons) or FAMILY (a parent: reads its own, writes
hardly anything). NOINHERIT is what keeps RUNTIME from having the rights of SYSTEM all the time.
"""

RUNTIME = "tuoyu_app"
SYSTEM = "app_system"
FAMILY = "app_parent"


def missing(owner: str) -> str:
    """Which roles and memberships are not there yet, by name."""
    return f"""
SELECT name::text FROM unnest(ARRAY['{RUNTIME}', '{SYSTEM}', '{FAMILY}']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
UNION ALL
SELECT granted.rolname || ' granted to ' || member.rolname
  FROM pg_roles granted, pg_roles member
 WHERE ((granted.rolname IN ('{SYSTEM}', '{FAMILY}') AND member.rolname = '{RUNTIME}')
        OR (granted.rolname = '{SYSTEM}' AND member.rolname = {quoted(owner)}))
   AND NOT pg_has_role(member.rolname, granted.rolname, 'MEMBER')
"""  # noqa: S608 -- our own roles


def making(owner: str, password: str = "") -> str:
    """Makes what is missing. To be run by a superuser, or by a role that may create roles."""
    login = f"LOGIN NOINHERIT PASSWORD {quoted(password)}" if password else "LOGIN NOINHERIT"
    return f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{RUNTIME}') THEN CREATE ROLE {RUNTIME} {login}; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{SYSTEM}') THEN CREATE ROLE {SYSTEM} NOLOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{FAMILY}') THEN CREATE ROLE {FAMILY} NOLOGIN; END IF;
END $$;
GRANT {SYSTEM}, {FAMILY} TO {RUNTIME};
GRANT {SYSTEM} TO "{owner}";
"""  # noqa: S608 -- our own roles


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
