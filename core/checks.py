"""What production must not run with: a login of the database that walls do not bind, debug pages, well-known keys.

`manage.py check --deploy` says it before, and a process that serves refuses to begin (core.serving).
"""

from django.conf import settings
from django.core import checks
from django.db import Error, connection

from core.postgres import login

LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})
SHORTEST_KEY = 32
MADE_UP = ("only-for-tests", "django-insecure", "change-me", "changeme")
ASKED_OF = ("SECRET_KEY", "AUDIT_ANCHOR_KEY")


def check_login(app_configs, **_kwargs) -> list[checks.CheckMessage]:
    try:
        found = login.powers(connection)
    except Error:
        hint = "The processes ask again when they begin to serve."
        return [checks.Info("The database could not be asked.", hint=hint, id="core.I004")]
    hint = "DATABASE_URL names a login of its own, see “Roles of the database” in docs/runbook.md."
    return [checks.Error(sentence, hint=hint, id="core.E004") for sentence in found]


def check_settings(app_configs, **_kwargs) -> list[checks.CheckMessage]:
    return [checks.Error(sentence, id="core.E005") for sentence in unsafe_settings()]


def unsafe_settings() -> list[str]:
    """Of a site that others reach: keys where it is served over HTTPS, DEBUG also where it is not."""
    found = []
    if settings.DEBUG and (settings.SECURE_SITE or not LOCAL.issuperset(settings.ALLOWED_HOSTS)):
        found.append("DEBUG shows everybody the inside of the program.")
    if not settings.SECURE_SITE:
        return found
    for name in ASKED_OF:
        key = getattr(settings, name)
        if len(key) < SHORTEST_KEY or len(set(key)) < 5 or key.lower().startswith(MADE_UP):
            found.append(f"{name} is short or well known: python3 -m core.servers.keys makes one.")
    if settings.SECRET_KEY == settings.AUDIT_ANCHOR_KEY:
        found.append("SECRET_KEY and AUDIT_ANCHOR_KEY are the same.")
    return found
