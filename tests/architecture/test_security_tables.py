"""docs/security/asvs.md and pipl.md say what is met and which test shows it; here is what holds the pages to that."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = ("asvs", "pipl")
STATES = ("met", "met, no test", "partly", "not met", "not applicable")
# Ids and levels of the standard's release 5.0.0, nothing of its text.
LEVELS = dict(
    line.split() for line in (Path(__file__).parent / "asvs_5_0_0.txt").read_text().splitlines()
)
DUTIES = {"P": 24, "V": 10, "L": 20, "C": 4}


@cache
def text(page: str) -> str:
    return (CHECKOUT / f"docs/security/{page}.md").read_text()


@cache
def rows(page: str) -> list[dict[str, str]]:
    """Lines that begin with an id, by the names of their columns."""
    found, names = [], []
    for line in text(page).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| id |"):
            names = cells
        elif re.match(r"\| (?:V[0-9.]+|[A-Z][0-9]{2}) \|", line):
            row = dict(zip(names, cells, strict=True))
            found.append(row | {"said": cells[-2], "test": cells[-1]})
    return found


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@cache
def functions_of(file: str) -> frozenset[str]:
    """Node ids of what pytest would collect there."""

    def walk(body, above):
        for node in body:
            if isinstance(node, ast.ClassDef):
                yield from walk(node.body, f"{above}::{node.name}")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{above}::{node.name}"

    path = CHECKOUT / file
    return (
        frozenset(walk(ast.parse(path.read_text()).body, file)) if path.is_file() else frozenset()
    )


@cache
def targets() -> frozenset[str]:
    return frozenset(
        re.findall(r"^([a-z0-9-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    )


def is_there(proof: str) -> bool:
    if proof.startswith("make "):
        return proof.removeprefix("make ") in targets()
    return proof in functions_of(proof.split("::")[0])


def test_every_requirement_of_levels_1_and_2_stands_once_with_its_level():
    assert Counter(row["id"] for row in rows("asvs")) == dict.fromkeys(LEVELS, 1)
    assert {row["id"]: row["level"] for row in rows("asvs")} == LEVELS


def test_every_duty_stands_once():
    duties = [
        f"{kind}{number:02}" for kind, most in DUTIES.items() for number in range(1, most + 1)
    ]

    assert sorted(row["id"] for row in rows("pipl")) == sorted(duties)


@pytest.mark.parametrize("page", PAGES)
def test_every_test_it_names_is_there(page):
    gone = {
        row["id"]: [each for each in quoted(row["test"]) if not is_there(each)]
        for row in rows(page)
    }

    assert {key: each for key, each in gone.items() if each} == {}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_it_names_is_there(page):
    named = {
        (row["id"], name)
        for row in rows(page)
        for name in quoted(row["said"])
        if "/" in name and not name.startswith("/")
    }

    assert len(named) > 20
    assert {each for each in named if not (CHECKOUT / each[1]).exists()} == set()


@pytest.mark.parametrize("page", PAGES)
def test_no_state_says_more_than_its_row(page):
    """What is met has a test; what is not says why; half of it names the other half."""
    wrong = {}
    for row in rows(page):
        state, said, proofs = row["state"], row["said"], quoted(row["test"])
        if (
            state not in STATES
            or (state != "partly" and (state == "met") != bool(proofs))
            or (state == "partly") != ("Missing:" in said)
            or len(said) < len("no XML")
        ):
            wrong[row["id"]] = state
    assert wrong == {}


@pytest.mark.parametrize("page", PAGES)
def test_the_summary_is_the_count_of_the_rows(page):
    told = dict(re.findall(r"^\| ([a-z, ]+) \| (\d+) \|$", text(page), re.MULTILINE))
    counted = Counter(row["state"] for row in rows(page))

    assert told == {state: str(counted[state]) for state in STATES} | {"all": str(len(rows(page)))}


def test_a_test_that_is_not_there_would_be_noticed():
    here = "tests/architecture/test_security_tables.py"

    assert is_there(f"{here}::test_every_duty_stands_once")
    assert not is_there(f"{here}::test_of_another_name")
    assert not is_there("tests/architecture/test_gone.py::test_every_duty_stands_once")
    assert not is_there("make nothing-of-the-kind")
