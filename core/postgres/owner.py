"""Working as the owner of the tables: migrations, and whatever else changes the schema. Never a request."""

from collections.abc import Iterator
from contextlib import contextmanager

import environ
from django.conf import settings
from django.db import connections

LOGIN = ("USER", "PASSWORD", "HOST", "PORT")


def login_of(url: str) -> dict:
    given = environ.Env.db_url_config(url)
    return {key: given.get(key, "") for key in LOGIN}


def become_owner(alias: str = "default") -> dict:
    """Sign in anew as the owner. Returns what `become` takes to go back."""
    connection = connections[alias]
    before = {key: connection.settings_dict[key] for key in LOGIN}
    before["STAMPED"] = connection.settings_dict.get("STAMPED", True)
    become(login_of(settings.MIGRATE_DATABASE_URL) | {"STAMPED": False}, alias)
    return before


def become(login: dict, alias: str = "default") -> None:
    connection = connections[alias]
    connection.close()
    connection.settings_dict.update(login)


@contextmanager
def as_owner_where_known(alias: str = "default") -> Iterator[None]:
    """For commands that empty and measure tables. Inside a transaction the login stays what it is."""
    connection = connections[alias]
    owner = login_of(settings.MIGRATE_DATABASE_URL)["USER"]
    if connection.in_atomic_block or owner == connection.settings_dict["USER"]:
        yield
    else:
        with as_owner(alias):
            yield


@contextmanager
def as_owner(alias: str = "default") -> Iterator[None]:
    before = become_owner(alias)
    try:
        yield
    finally:
        become(before, alias)
