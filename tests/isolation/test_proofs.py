"""The short forms of `make evidence EVIDENCE="pooled policies"`."""

import pytest

from tests.evidence.runner import play, programs


@pytest.mark.slow
@pytest.mark.skipif(bool(play.missing("pooled")), reason=programs.how_to_get("pgbouncer"))
def test_sixteen_nurseries_over_two_connections_read_nothing_of_each_other():
    record = play.run("pooled", short=True)

    assert not record.failed
    assert [(figure.what, figure.value) for figure in record.missed] == []


@pytest.mark.slow
def test_the_hottest_queries_are_measured_with_the_policies_and_without():
    record = play.run("policies", short=True)

    assert not record.failed
    assert [(figure.what, figure.value) for figure in record.missed] == []
