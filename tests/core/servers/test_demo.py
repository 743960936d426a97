import base64
import socket

import pytest

from core.servers import demo, terminal
from core.servers.errors import Trouble


def test_secrets_are_made_once_and_for_the_owner_alone(tmp_path):
    path = tmp_path / "secrets.env"

    made = demo.read_secrets(path)

    assert demo.read_secrets(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    for key in ("FIELD_KEYS", "BLIND_INDEX_KEY"):
        assert len(base64.urlsafe_b64decode(made[key])) == 32
    assert made["FIELD_KEYS"] != made["BLIND_INDEX_KEY"]


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "80.5", "八千"])
def test_impossible_port_is_said(port, tmp_path):
    with pytest.raises(Trouble, match=r"PORT must be a number from 1 to 65535"):
        demo.settings({"PORT": port, "DATA_DIR": str(tmp_path)})


def test_empty_variables_mean_the_usual(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert demo.settings({"PORT": "", "DATA_DIR": "", "HOST": ""}) == (
        tmp_path / "var",
        "127.0.0.1",
        8000,
    )


def test_data_folder_that_cannot_be_is_said(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(Trouble, match=r"DATA_DIR .*file/var cannot be used"):
        demo.settings({"DATA_DIR": str(tmp_path / "file/var")})


def test_taken_port_is_said_with_another(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(Trouble, match=rf"Port {port} is taken.*make demo PORT={port + 1}"):
            demo.free("127.0.0.1", port)


def test_second_demonstration_on_the_same_data_is_refused(tmp_path):
    first = demo.own(tmp_path, "http://localhost:8000")

    with pytest.raises(Trouble, match=r"already running.*http://localhost:8000 \(process \d+\)"):
        demo.own(tmp_path, "http://localhost:8001")

    first.release()
    demo.own(tmp_path, "http://localhost:8001").release()


def test_reset_deletes_only_what_the_demonstration_made(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name in ("postgres", "files", "stamps"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "something").touch()
    (tmp_path / "holiday.jpg").touch()
    demo.read_secrets(tmp_path / "secrets.env")

    demo.forget(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["holiday.jpg", "secrets.env"]


def test_reset_leaves_a_given_database_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/city")
    (tmp_path / "postgres").mkdir()

    with pytest.raises(Trouble, match=r"DATABASE_URL is set"):
        demo.forget(tmp_path)

    assert (tmp_path / "postgres").is_dir()


def test_changed_input_changes_the_fingerprint(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "CHECKOUT", tmp_path)
    style = tmp_path / "style.css"
    style.write_text("a {}")
    before = demo.fingerprint([style])

    assert demo.fingerprint([style]) == before
    style.write_text("b {}")
    assert demo.fingerprint([style]) != before


def test_table_stands_straight_with_chinese_in_it():
    rows = [("保育员", "carer"), ("Auditor", "audit")]

    heading, _rule, *lines = terminal.table(("角色 Role", "Login"), rows).splitlines()

    columns = {
        terminal.width(line.removesuffix(word))
        for line, word in zip([heading, *lines], ("Login", "carer", "audit"), strict=True)
    }
    assert columns == {13}


@pytest.fixture
def loads(tmp_path, monkeypatch):
    """loads(missing=…) is what the demonstration asks load_city for."""
    stand = demo.Demo(data=tmp_path, host="127.0.0.1", port=8000)
    stand.env = {"DATABASE_URL": "postgresql:///city"}
    asked = []
    monkeypatch.setattr(stand, "manage", lambda *arguments, shown: asked.append(arguments))

    def load(*, missing):
        asked.clear()
        monkeypatch.setattr(demo, "city_is_missing", lambda _url: missing)
        stand.load_city()
        return asked

    return load


def test_empty_database_gets_the_city(loads):
    assert loads(missing=True) == [("load_city", "--scale", "demo")]


def test_city_of_today_is_left_as_it_is(loads):
    loads(missing=True)

    assert loads(missing=False) == []


def test_city_of_yesterday_is_told_the_days_since(loads, tmp_path):
    loads(missing=True)
    (tmp_path / "stamps/city").write_text("2026-03-04")

    assert loads(missing=False) == [("load_city", "--scale", "demo", "--catch-up")]


def test_city_of_somebody_else_is_left_alone(loads):
    assert loads(missing=False) == []
