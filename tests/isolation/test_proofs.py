"""The short form of `make evidence EVIDENCE=pooled`."""

import pytest

from tests.evidence.runner import play, programs


@pytest.mark.slow
@pytest.mark.skipif(bool(play.missing("pooled")), reason=programs.how_to_get("pgbouncer"))
def test_sixteen_nurseries_over_two_connections_read_nothing_of_each_other():
    record = play.run("pooled", short=True)

    assert not record.failed
    assert [(figure.what, figure.value) for figure in record.missed] == []
