"""The proof that removed checks are noticed takes out what it says it takes out."""

import os
import subprocess
import sys

import pytest

from tests.evidence.mutation.mutants import CHECKOUT, mutants

ASK = """
import django
from tests.evidence.mutation.mutants import mutants, plant
plant(next(m for m in mutants() if str(m).startswith("core/http.py")))
django.setup()
from django.test import RequestFactory
from core.http import gate
from core.permissions import Permission
class Nobody:
    def may(self, permission): return False
request = RequestFactory().get("/")
request.actor = Nobody()
print(gate(Permission.AUDIT_READ)(lambda request: "let in")(request))
"""


def test_there_is_a_mutant_for_each_door_and_each_guard():
    kinds = {mutant.what for mutant in mutants()}

    assert kinds == {
        "visible_to dropped",
        "guard never asked",
        "return False turned round",
        "return NOTHING turned round",
    }
    assert len({str(mutant) for mutant in mutants()}) == len(mutants()) > 80


@pytest.mark.slow
def test_a_planted_mutant_lets_in_whom_the_code_does_not():
    said = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=CHECKOUT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert said.stdout.strip() == "let in"
