import pytest

from core.servers import binaries
from core.servers.errors import Trouble


@pytest.fixture
def nothing_packaged(monkeypatch, tmp_path):
    monkeypatch.setattr(binaries, "find_spec", lambda _name: None)
    monkeypatch.setattr(binaries, "DEBIAN", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path, prints="postgres (PostgreSQL) 18.1"):
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)
    return path


def test_programs_come_from_the_packages():
    assert binaries.postgres().parent == binaries.initdb().parent
    assert binaries.postgres_major(binaries.postgres()) >= binaries.OLDEST_POSTGRES
    assert binaries.redis_server().name in {"redis-server", "valkey-server"}


def test_newest_packaged_postgres_is_chosen(tmp_path, monkeypatch):
    for folder in ("pginstall", "pginstall9", "pginstall18"):
        (tmp_path / folder / "bin").mkdir(parents=True)
        (tmp_path / folder / "bin/postgres").touch()
    monkeypatch.setattr(binaries, "_package_folder", lambda _name: tmp_path)

    assert binaries.postgres() == tmp_path / "pginstall18/bin/postgres"


def test_path_is_searched_when_nothing_is_packaged(nothing_packaged):
    valkey = program(nothing_packaged / "valkey-server")

    assert binaries.redis_server() == valkey


@pytest.mark.parametrize("find", [binaries.postgres, binaries.redis_server])
def test_missing_program_is_said_with_the_remedy(nothing_packaged, find):
    with pytest.raises(Trouble, match=r"was not found.*requirements-local.txt.*_URL"):
        find()


def test_postgres_without_initdb_is_said(nothing_packaged):
    program(nothing_packaged / "postgres")

    with pytest.raises(Trouble, match=r"without its program initdb"):
        binaries.initdb()


def test_old_postgres_is_refused(tmp_path):
    old = program(tmp_path / "postgres", "postgres (PostgreSQL) 12.9")

    with pytest.raises(Trouble, match=r"is PostgreSQL 12; version 14 or newer"):
        binaries.postgres_major(old)
