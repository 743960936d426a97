from contextlib import contextmanager

import psycopg2
import pytest
from django.db import connection


@pytest.fixture
def superuser(transactional_db):
    """superuser() is a cursor of the mightiest role of the server, whose work is committed at the end of the block."""

    @contextmanager
    def open_cursor():
        settings = connection.settings_dict
        try:
            host = settings["HOST"] or settings["OPTIONS"].get("host")
            other = psycopg2.connect(dbname=settings["NAME"], user="postgres", host=host)
        except psycopg2.OperationalError:
            pytest.skip("the server of DATABASE_URL gives us no superuser")
        try:
            with other, other.cursor() as cursor:
                yield cursor
        finally:
            other.close()

    return open_cursor
