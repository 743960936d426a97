from pathlib import Path

import pytest
import redis as client
from kombu import Connection

from core.servers.redis import Redis


@pytest.fixture
def server(tmp_path):
    server = Redis(tmp_path / "redis", tmp_path / "logs/redis.log")
    server.start()
    yield server
    server.stop()


def test_one_address_serves_redis_and_celery(server):
    with client.Redis.from_url(server.url) as connection:
        assert connection.ping()
    with Connection(server.url) as broker:
        broker.ensure_connection(max_retries=1)
        assert broker.connected


def test_stranger_on_the_machine_is_refused(server):
    without_password = "redis://" + server.url.split("@")[1]

    with (
        client.Redis.from_url(without_password) as stranger,
        pytest.raises(client.AuthenticationError),
    ):
        stranger.ping()


def test_password_is_not_on_the_command_line(server):
    password = server.url.split("@")[0].rsplit(":", 1)[1]

    assert password.encode() not in Path(f"/proc/{server.process.pid}/cmdline").read_bytes()


def test_dead_server_comes_back_at_the_same_address(server):
    address = server.url
    server.process.kill()
    server.process.wait(5)

    server.launch()

    assert server.url == address
    assert server.answers()
