"""The last migration of each app undone and done again over a filled city: every row is the same afterwards."""

import pytest

from core.recovery import database
from tests.recovery.conftest import database_named, manage, superuser, url_of, worker_name
from tests.recovery.steps import last_steps

pytestmark = pytest.mark.slow


def rows(name: str) -> dict:
    with database.connected(superuser(name), snapshot=True) as link:
        tables = database.tables(link)
        catalogue = database.catalogue(link)
    return {table: said for table, said in tables.items() if "django_migrations" not in table} | {
        "catalogue": catalogue
    }


@pytest.mark.django_db
def test_rows_and_catalogue_are_the_same_after_going_back_and_forth(tmp_path):
    steps = last_steps()
    with database_named(worker_name("there_and_back")) as name:
        url = url_of(name, "tuoyu_app")
        manage("migrate", "-v0", url=url, data=tmp_path)
        manage("load_city", "--days", "2", url=url, data=tmp_path)
        before = rows(name)
        for app, _undone, back_to in steps:
            manage("migrate", app, back_to, "-v0", url=url, data=tmp_path)
        undone = rows(name)
        manage("migrate", "-v0", url=url, data=tmp_path)

        after = rows(name)

    assert len(steps) >= 3
    assert undone["catalogue"] != before["catalogue"]
    assert sum(said["rows"] for table, said in before.items() if table != "catalogue") > 5_000
    stayed = undone.keys() - {"catalogue"}  # a table that a step made goes with the step
    assert (
        database.differences(
            {table: said for table, said in before.items() if table in stayed},
            {table: said for table, said in after.items() if table in stayed},
        )
        == []
    )
    assert database.catalogue_differences(before["catalogue"], after["catalogue"]) == []
