"""The proof that removed checks are noticed takes out what it says it takes out."""

import os
import subprocess
import sys

import pytest

from tests.evidence import access
from tests.evidence.mutation.mutants import CHECKOUT, mutants

ASK = """
import sys
import django
django.setup()
from django.test import RequestFactory
from django.core.exceptions import PermissionDenied
from core.http import gate
from core.permissions import Permission
from tests.evidence.mutation.mutants import mutants, plant, watch
class Nobody:
    def may(self, permission): return False
request = RequestFactory().get("/")
request.actor = Nobody()
view = gate(Permission.AUDIT_READ)(lambda request: "let in")
door = next(m for m in mutants() if m.path == "core/http.py")
passed = []
plant(door) if sys.argv[1] == "without" else watch([door], passed.append)
try:
    print(view(request))
except PermissionDenied:
    print("refused", passed == [str(door)])
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
@pytest.mark.parametrize(("how", "printed"), [("watched", "refused True"), ("without", "let in")])
def test_a_brick_taken_out_lets_in_whom_the_code_does_not(how, printed):
    said = subprocess.run(
        [sys.executable, "-c", ASK, how],
        cwd=CHECKOUT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert said.stdout.strip() == printed


@pytest.mark.slow
def test_bricks_of_one_app_are_taken_out_and_its_tests_notice():
    told = access.taken_out(["tests/leak", "tests/parents"], only="parents/")

    wanted = [str(mutant) for mutant in mutants() if mutant.path.startswith("parents/")]
    assert sorted(brick for brick, *_ in told["found"]) == sorted(wanted)
    assert told["broken"] == []
    assert sum(bool(noticed) for _brick, _what, noticed, _passing in told["found"]) >= 1
