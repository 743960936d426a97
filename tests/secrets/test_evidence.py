"""The short form of `make evidence secrets`: every place is searched, and what is not sealed is found there."""

import pytest

from tests.evidence.runner import play


@pytest.mark.slow
def test_the_proof_runs_in_its_short_form():
    record = play.run("secrets", short=True)

    found = [f"{each.id} {each.what}" for each in record.missed if each.id != "E4"]  # a time
    assert (record.failed, found) == ("", [])
