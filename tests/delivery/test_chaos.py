import pytest

from tests.evidence.runner import play


@pytest.mark.slow
def test_nothing_is_lost_when_redis_and_a_web_worker_are_killed():
    record = play.run("delivery", short=True)

    assert not record.failed
    assert [(figure.what, figure.value) for figure in record.missed] == []


@pytest.mark.slow
def test_every_request_that_creates_has_one_effect_over_http():
    record = play.run("once", short=True)

    assert not record.failed
    assert [(figure.what, figure.value) for figure in record.missed] == []
