import os
import signal
import time

import psycopg2
import pytest

from core.servers.errors import Trouble
from core.servers.postgres import FAST, LONGEST_SOCKET_FOLDER, Postgres


def query(server, sql):
    connection = psycopg2.connect(server.owner_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


@pytest.fixture
def make_server(tmp_path):
    made = []

    def make(folder=None, settings=FAST):
        folder = folder or tmp_path
        server = Postgres(folder / "postgres", folder / "logs/postgres.log", settings)
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


def test_data_survives_a_restart(make_server):
    first = make_server()
    first.start()
    query(first, "CREATE TABLE kept AS SELECT 'lunch' AS word")
    first.stop()

    second = make_server()
    second.start()

    assert query(second, "SELECT word FROM kept") == [("lunch",)]


def test_role_owns_its_database_and_nothing_more(make_server):
    server = make_server()
    server.start()

    assert query(
        server,
        "SELECT current_user::text, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user",
    ) == [("tuoyu", False, True)]
    assert query(
        server, "SELECT lower('ÄB'), datlocale FROM pg_database WHERE datname = 'tuoyu'"
    ) == [("äb", "C.UTF-8")]


def test_deep_folder_gets_a_short_socket_that_is_removed_again(make_server, tmp_path):
    deep = tmp_path / ("很长" * 20) / ("x" * 60)
    deep.mkdir(parents=True)
    server = make_server(deep)
    server.start()
    socket_folder = server.socket
    server.stop()

    assert len(os.fsencode(socket_folder)) <= LONGEST_SOCKET_FOLDER
    assert not socket_folder.exists()


def test_database_of_another_version_is_left_alone(make_server):
    server = make_server()
    server.start()
    server.stop()
    mark = server.folder / "PG_VERSION"
    mark.write_text("12\n")

    with pytest.raises(Trouble, match=r"made by PostgreSQL 12.*Nothing was changed"):
        make_server().start()

    assert mark.read_text() == "12\n"


def test_unfinished_database_is_said(make_server):
    server = make_server()
    server.folder.mkdir(parents=True)
    (server.folder / "base").mkdir()

    with pytest.raises(Trouble, match=r"unfinished database.*demo-reset"):
        server.start()


def test_wrong_setting_shows_the_end_of_the_log(make_server):
    server = make_server(settings={"no_such_setting": "1"})

    with pytest.raises(Trouble, match=r"(?s)did not start.*no_such_setting"):
        server.start()


def test_pid_file_left_by_a_lost_machine_does_not_stop_the_start(make_server):
    server = make_server()
    server.start()
    server.stop()
    (server.folder / "postmaster.pid").write_text(f"{os.getpid()}\n{server.folder}\n")

    server.start()

    assert query(server, "SELECT 1") == [(1,)]


def test_killed_server_starts_again_with_what_was_committed(make_server):
    server = make_server(settings={"autovacuum_naptime": "1d"})
    server.start()
    query(server, "CREATE TABLE kept AS SELECT 15 AS lunches")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(5)

    server.start()

    assert query(server, "SELECT lunches FROM kept") == [(15,)]


def test_server_stops_quickly_with_a_session_open(make_server):
    server = make_server()
    server.start()
    connection = psycopg2.connect(server.url)
    started = time.monotonic()

    server.stop()

    assert time.monotonic() - started < 15
    assert not (server.folder / "postmaster.pid").exists()
    connection.close()
