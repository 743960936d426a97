import pytest

from tests.evidence.runner import play, programs


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


@pytest.mark.slow
@pytest.mark.skipif(bool(play.missing("clock")), reason=programs.how_to_get("gcc"))
def test_nothing_is_lost_when_clocks_jump_by_an_hour():
    record = play.run("clock", short=True)

    assert not record.failed
    assert [(figure.what, figure.value) for figure in record.missed] == []


@pytest.mark.slow
def test_care_goes_on_without_a_log_and_a_full_database_says_so():
    record = play.run("disk", short=True)

    assert not record.failed
    assert [(figure.what, figure.value) for figure in record.missed] == []
