"""The runner itself, with proofs made for the test."""

import json
import textwrap
from functools import partial

import pytest

from tests.evidence.__main__ import main
from tests.evidence.runner import pages, play
from tests.evidence.runner.record import Figure, Proof, Record

PACKAGE = "made_up_proofs"


@pytest.fixture
def proofs(tmp_path, monkeypatch):
    """proofs(name, source) writes a proof beside which `run` finds it."""
    folder = tmp_path / PACKAGE
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def write(name: str, source: str):
        (folder / f"{name}.py").write_text(textwrap.dedent(source))
        return folder

    return write


def play_it(folder, name, *, short=False) -> Record:
    return play.run(name, short=short, folder=folder, package=PACKAGE)


def test_only_modules_with_a_title_are_proofs(proofs):
    folder = proofs("first", 'TITLE = "First"\n')
    proofs("helper", "SIZE = 3\n")

    assert play.proofs(folder) == ["first"]


def test_a_proof_is_recorded_with_its_figures_and_notes(proofs):
    folder = proofs(
        "first",
        """
        TITLE = "First"
        TITLE_ZH = "第一"

        def run(proof, *, short):
            proof.figure("X1", "found", 7, goal=7)
            proof.figure("X2", "lost", 2 if short else 0, at_most=0)
            proof.note("Nothing else was tried.")
        """,
    )

    full, short = play_it(folder, "first"), play_it(folder, "first", short=True)

    assert (full.met, full.failed, full.title, full.title_zh) == (True, "", "First", "第一")
    assert full.command == "python -m tests.evidence first"
    assert full.notes == ["Nothing else was tried."]
    assert [(f.id, f.value, f.at, f.met) for f in full.figures] == [
        ("X1", 7, "least", True),
        ("X2", 0, "most", True),
    ]
    assert (short.met, short.short) == (False, True)
    assert [figure.id for figure in short.missed] == ["X2"]


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("raises", "raise ValueError('no such thing')", "ValueError: no such thing"),
        ("leaves", "raise SystemExit(0)", "SystemExit: 0"),
        ("killed", "os.kill(os.getpid(), signal.SIGKILL)", "It died of SIGKILL."),
        ("gone", "os._exit(0)", play.NOT_FINISHED),
    ],
)
def test_a_proof_that_breaks_off_has_failed_and_keeps_its_figures(proofs, name, line, said):
    folder = proofs(
        name,
        f"""
        import os, signal

        TITLE = "Breaks off"

        def run(proof, *, short):
            proof.figure("X1", "found", 1, goal=1)
            {line}
        """,
    )

    record = play_it(folder, name)

    assert (record.met, record.failed) == (False, said)
    assert [figure.id for figure in record.figures] == ["X1"]


def test_a_proof_that_does_not_end_is_ended(proofs):
    folder = proofs(
        "endless",
        """
        import signal

        TITLE = "Endless"
        TIME_LIMIT = 1

        def run(proof, *, short):
            signal.pause()
        """,
    )

    record = play_it(folder, "endless")

    assert (record.met, record.failed) == (False, "It was ended after 1 seconds.")


def test_a_proof_that_shows_nothing_has_failed(proofs):
    folder = proofs("empty", 'TITLE = "Empty"\ndef run(proof, *, short): pass\n')

    assert play_it(folder, "empty").failed == "It showed no figure."


def test_a_proof_without_its_program_is_not_run_and_keeps_what_it_found_before(
    proofs, tmp_path, monkeypatch, capsys
):
    folder = proofs("lacks", 'TITLE = "Lacks"\nNEEDS = "no-such-program"\n')
    proofs(
        "has", 'TITLE = "Has"\nNEEDS = "sh"\ndef run(proof, *, short): proof.figure("X", "y", 1)\n'
    )
    monkeypatch.setattr(play, "missing", partial(play.missing, folder=folder))
    monkeypatch.setattr(play, "proofs", lambda: ["has", "lacks"])
    monkeypatch.setattr(play, "run", partial(play.run, folder=folder, package=PACKAGE))
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "lacks.json").write_text("as it was")

    code = main(["--into", str(kept)])

    assert (code, main(["lacks", "--into", str(kept)])) == (0, 1)
    assert (kept / "lacks.json").read_text() == "as it was"
    assert Record.load(kept / "has.json").met
    assert "no-such-program is not installed here." in capsys.readouterr().out


def test_a_proof_never_sees_the_database_of_the_tests(proofs):
    folder = proofs(
        "looks",
        """
        import os

        TITLE = "Looks"

        def run(proof, *, short):
            proof.figure("X1", "settings of others", sum(k in os.environ for k in
                ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")), at_most=0)
        """,
    )

    assert play_it(folder, "looks").met


@pytest.mark.parametrize(
    ("value", "kept", "met"),
    [
        (5, 5, True),
        (4.0, 4, True),
        (5.00049, 5, True),
        (5.0006, 5.001, False),
        (float("nan"), None, False),
        (float("inf"), None, False),
        (True, 1, True),
    ],
)
def test_figures_are_kept_plain_and_judged_as_they_are_kept(tmp_path, value, kept, met):
    proof = Proof(Record("T", "c"), tmp_path / "t.json")

    assert proof.figure("X", "what", value, at_most=5) is met

    figure = Record.load(tmp_path / "t.json").figures[0]
    assert (figure.value, figure.met) == (kept, met)


def test_a_figure_without_a_goal_misses_nothing(tmp_path):
    proof = Proof(Record("T", "c"), tmp_path / "t.json")

    proof.figure("X", "load", 3.2)

    record = Record.load(tmp_path / "t.json")
    assert (record.figures[0].at, record.missed, record.met) == (None, [], True)


def some_results() -> dict[str, Record]:
    good = Record("Good | better", "python -m tests.evidence good", title_zh="好", commit="a" * 40)
    good.figures = [
        Figure("G1", "found", 7, 7, "least", True, headline=True, zh="发现"),
        Figure("G2", "tried", 12345, None, None, None),
    ]
    bad = Record("Bad", "python -m tests.evidence bad", notes=["<b>Not</b> all was tried."])
    bad.figures = [
        Figure("B1", "fine", 1, 1, "least", True, headline=True),
        Figure("B2", "lost", 3, 0, "most", False),
    ]
    broken = Record("Broken", "python -m tests.evidence broken", failed="It died of SIGKILL.")
    return {"bad": bad, "broken": broken, "good": good}


def test_the_page_says_plainly_what_was_missed():
    page = pages.markdown(some_results())

    assert "3 proofs, 3 goals. Missed: 1. 1 proofs did not finish." in page
    assert "- Bad: B2 lost: 3, goal at most 0" in page
    assert "- Broken: did not come to its end" in page
    assert "| B2 | lost | 3 | at most 0 | **missed** |" in page
    assert "| G2 | tried | 12,345 |  |  |" in page


def test_the_page_in_html_escapes_what_proofs_say():
    page = pages.html(some_results())

    assert "&lt;b&gt;Not&lt;/b&gt; all was tried." in page
    assert "style=" not in page


def test_the_readme_shows_headlines_and_never_hides_a_miss():
    english = pages.block(some_results(), pages.ENGLISH)
    chinese = pages.block(some_results(), pages.CHINESE)

    assert (
        "| [Bad](evidence/README.md#bad) | fine: 1; lost: 3 (at most 0) | **1 of 2 missed** |"
        in english
    )
    assert "| [Broken](evidence/README.md#broken) |  | **did not finish** |" in english
    assert "[Good \\| better](evidence/README.md#good) | found: 7 | all 1 met |" in english
    assert "[好](evidence/README.md#good) | 发现: 7 | 1 项全部达到 |" in chinese


def test_only_the_block_of_a_readme_is_rewritten(tmp_path):
    for name, _words in pages.READMES:
        (tmp_path / name).write_text(f"before\n{pages.START}\nold\n{pages.END}\nafter\n")
    folder = tmp_path / "evidence"
    folder.mkdir()
    some_results()["good"].save(folder / "good.json")
    some_results()["bad"].save(folder / "removed.json")

    pages.write(folder, there_are=["good"], root=tmp_path)

    text = (tmp_path / "README.md").read_text()
    assert text.startswith(f"before\n{pages.START}\n| proof |")
    assert text.endswith(f"{pages.END}\nafter\n")
    assert "old" not in text
    assert [path.name for path in folder.glob("*.json")] == ["good.json"]


def test_the_pages_kept_here_are_those_of_the_results():
    stale = {
        str(path.relative_to(pages.CHECKOUT))
        for path, text in pages.made(pages.RESULTS).items()
        if path.read_text(encoding="utf-8") != text
    }

    assert stale == set(), "run `python -m tests.evidence --pages`"


def test_every_result_kept_here_is_of_a_proof_that_there_is():
    kept = {path.stem for path in pages.RESULTS.glob("*.json")}

    assert kept <= set(play.proofs())


def test_results_are_the_same_bytes_when_saved_again(tmp_path):
    for name, record in some_results().items():
        record.save(tmp_path / name)
        first = (tmp_path / name).read_bytes()
        Record.load(tmp_path / name).save(tmp_path / name)

        assert (tmp_path / name).read_bytes() == first
        assert json.loads(first)["title"] == record.title


def test_an_unknown_proof_is_named(capsys):
    assert main(["no-such-proof"]) == 2
    assert "Unknown: no-such-proof" in capsys.readouterr().out
