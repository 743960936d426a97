"""The short form of `make evidence devices` is the other files of this folder and one run of the proof itself."""

import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.slow
def test_the_proof_runs_in_its_short_form(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.evidence", "devices", "--short", "--into", str(tmp_path)],
        check=False,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout[-3000:]
