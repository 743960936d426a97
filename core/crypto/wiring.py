"""What Django calls: the keys of a new database, and the check of the settings at start."""

from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from core.crypto.keyring import check_settings, make_first_keys


def after_migrate(**_kwargs) -> None:
    if "crypto_key" in connection.introspection.table_names():
        make_first_keys()


def check_keys(app_configs, **_kwargs) -> list:
    try:
        check_settings()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="core.E003")]
    return []
