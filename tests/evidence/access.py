"""Who reaches what: every cell of the matrix, the fields of every answer, and whether a missing brick is noticed."""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.evidence.mutation.mutants import CHECKOUT, Mutant, mutants

TITLE = "Access: every URL and method for every role, and whether a missing check is noticed"
TITLE_ZH = "访问控制：每个地址、每种方法、每个角色，以及少了一处检查能否被发现"
MATRIX = ["tests/permissions", "tests/leak"]
ALONE = (
    "tests/isolation/test_visible_to_alone.py"  # behind the policies a missing check would not show
)
AT_ONCE = 2
PATIENCE = 600


def run(proof, *, short: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="tuoyu-access-") as folder:
        cells = Path(folder) / "cells"
        wrong, said = tests(MATRIX, {"ACCESS_CELLS": str(cells)}, "-n", str(AT_ONCE))
        proof.figure(
            "T1", "endpoint and method pairs not declared", 0 if not wrong else 1, at_most=0
        )
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
    if not short:
        _notice(proof, mutants())


def _notice(proof, planted: list[Mutant]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        noticed = list(pool.map(is_noticed, planted))
    proof.figure(
        "T9",
        "removed checks that a test noticed, per cent",
        100 * sum(noticed) / len(planted),
        goal=90,
        headline=True,
        zh="被测试发现的“少一处检查”，百分比",
    )
    proof.note(f"{len(planted)} checks were taken out, one at a time.")
    for mutant in (one for one, seen in zip(planted, noticed, strict=True) if not seen):
        proof.note(f"Not noticed: {mutant}, {mutant.what}.")


def is_noticed(mutant: Mutant) -> bool:
    own = [] if mutant.app == "core" else [f"tests/{mutant.app}"]
    plugin = ["-p", "tests.evidence.mutation.plugin", "-x", "-m", "not e2e and not slow"]
    failed, _said = tests([ALONE, *own, *MATRIX], {"MUTANT": str(mutant)}, *plugin)
    return failed > 0


def tests(paths: list[str], environment: dict[str, str], *options: str) -> tuple[int, str]:
    """How many failed, and what pytest printed; a run that broke off counts as one."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *paths]
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    failed = sum(line.startswith(("FAILED", "ERROR")) for line in done.stdout.splitlines())
    return failed or int(done.returncode != 0), done.stdout + done.stderr
