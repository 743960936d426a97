"""Who reaches what: every cell of the matrix, the fields of every answer, and whether a missing brick is noticed."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.evidence.mutation.mutants import APPS, CHECKOUT

TITLE = "Access: every URL and method for every role, and whether a missing check is noticed"
TITLE_ZH = "访问控制：每个地址、每种方法、每个角色，以及少了一处检查能否被发现"
TIME_LIMIT = 4800  # a number as it stands: the runner reads it without running this file
MATRIX = ["tests/permissions", "tests/leak"]
# Behind the policies a missing check would not show: most of isolation takes them away.
NOTICING = ["tests/isolation", *MATRIX, "tests/devices", *(f"tests/{app}" for app in APPS)]
SHORT = "parents/"  # the short form takes out what is of this app, before the tests of this app
AT_ONCE = 2


def run(proof, *, short: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="tuoyu-access-") as name:
        _matrix(proof, Path(name) / "cells")
    paths = ["tests/leak", f"tests/{SHORT}"] if short else NOTICING
    _notice(proof, taken_out(paths, only=SHORT if short else ""))


def _matrix(proof, cells: Path) -> None:
    options = ["-n", str(AT_ONCE), "-m", "not slow"]
    wrong, said = tests(MATRIX, {"ACCESS_CELLS": str(cells)}, *options)
    proof.figure("T1", "endpoint and method pairs not declared", 0 if not wrong else 1, at_most=0)
    proof.figure(
        "T2",
        "cells of the access matrix tried",
        sum(int(line) for line in cells.read_text().split()),
        goal=2_000,
        headline=True,
        zh="访问矩阵中核对的单元",
    )
    proof.figure("T2", "cells or fields that differ from what is declared", wrong, at_most=0)
    if wrong:
        proof.note(said[-500:])


def taken_out(paths: list[str], *, only: str = "") -> dict:
    """What tests.evidence.mutation.plugin told of each brick whose path begins so."""
    with tempfile.TemporaryDirectory(prefix="tuoyu-access-") as name:
        report = Path(name) / "report.json"
        there = [path for path in paths if (CHECKOUT / path).is_dir()]
        plugins = ["-p", "tests.evidence.mutation.plugin", "-p", "no:randomly", "-s"]
        environment = {"MUTATION_REPORT": str(report), "MUTATION_ONLY": only}
        _failed, said = tests(there, environment, *plugins, "-m", "not e2e and not slow")
        if not report.exists():
            raise RuntimeError(said[-1000:])
        return json.loads(report.read_text())


def _notice(proof, told: dict) -> None:
    found = told["found"]
    missed = [(brick, what, passing) for brick, what, noticed, passing in found if not noticed]
    proof.figure(
        "T9",
        "removed checks that a test noticed, per cent",
        100 * (len(found) - len(missed)) / len(found),
        goal=90,
        headline=True,
        zh="被测试发现的“少一处检查”，百分比",
    )
    proof.figure("T9", "checks taken out, one at a time", len(found))
    proof.figure(
        "T9", "tests that fail with every check in its place", len(told["broken"]), at_most=0
    )
    proof.note(f"{told['tests']:,} tests stood ready; each check met those of them that pass it.")
    for brick, what, passing in sorted(missed):
        proof.note(f"Not noticed: {brick}, {what}; {passing} tests pass it.")
    for node in told["broken"][:10]:
        proof.note(f"Fails by itself: {node}")


def tests(paths: list[str], environment: dict[str, str], *options: str) -> tuple[int, str]:
    """How many failed, and what pytest printed; a run that broke off counts as one."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *paths]
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = sum(line.startswith(("FAILED", "ERROR")) for line in done.stdout.splitlines())
    return failed or int(done.returncode != 0), done.stdout + done.stderr
