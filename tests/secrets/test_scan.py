"""`make check` finds a key that somebody wrote into a file, and knows the harmless ones again when they move."""

import json
import shutil

import pytest

from tests import secret_scan

KEY = "AKIA" + "IOSFODNN7EXAMPL2"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout of one file with a password, which the baseline knows."""
    shutil.copy(secret_scan.BASELINE, tmp_path / ".secrets.baseline")
    monkeypatch.setattr(secret_scan, "CHECKOUT", tmp_path)
    monkeypatch.setattr(secret_scan, "BASELINE", tmp_path / ".secrets.baseline")
    monkeypatch.setattr(secret_scan, "files", lambda: ["a.py"])
    (tmp_path / "a.py").write_text('PASSWORD = "of a made-up person"\n')
    assert secret_scan.main(["--update"]) == 0
    return tmp_path


def test_what_is_known_may_move(checkout, capsys):
    (checkout / "a.py").write_text('\n\n\nPASSWORD = "of a made-up person"\n')

    assert secret_scan.main([]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (f'KEY = "{KEY}"', "AWS Access Key"),
        ("-----BEGIN RSA PRIVATE " + "KEY-----", "Private Key"),
        ('PASSWORD = "another, never seen"', "Secret Keyword"),
    ],
)
def test_what_is_new_is_named(checkout, capsys, line, kind):
    with (checkout / "a.py").open("a") as file:
        file.write(f"{line}\n")

    assert secret_scan.main([]) == 1
    assert f"a.py:2: {kind}" in capsys.readouterr().out


def test_a_baseline_knows_nothing_that_is_gone(checkout, capsys):
    (checkout / "a.py").write_text("")

    assert secret_scan.main([]) == 1
    assert "not there any more" in capsys.readouterr().out


def test_no_secret_itself_stands_in_the_baseline():
    kept = json.loads(secret_scan.BASELINE.read_text())

    assert {len(each["hashed_secret"]) for found in kept["results"].values() for each in found} == {
        40
    }
