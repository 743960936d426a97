"""Nothing in the product calls out. Whoever opens a connection is listed here with where it goes; everybody else fails.

An address that a user or a partner can choose (a webhook, a sign-in service, a camera) needs more than a line here: an
allow-list of addresses, one resolution, no redirects (docs/security/threat-model.md).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from core import i18n

BASE = Path(settings.BASE_DIR)
CLIENTS = frozenset(
    {
        *("aiohttp", "botocore", "boto3", "ftplib", "grpc", "http.client", "httplib2", "httpx"),
        *("imaplib", "ldap3", "nntplib", "oauthlib", "paramiko", "poplib", "pycurl", "redis"),
        *("requests", "smtplib", "socket", "socketserver", "telnetlib", "urllib.request"),
        *("urllib3", "websocket", "websockets", "xmlrpc", "django.core.mail", "_socket"),
    }
)
CALLS = frozenset(
    {
        *("create_connection", "create_datagram_endpoint", "create_unix_connection"),
        *("open_connection", "open_unix_connection", "sock_connect"),
    }
)
ALLOWED = {
    "core/redis.py": "Redis, at REDIS_URL",
    "core/broker.py": "Redis, at REDIS_URL",
    "core/realtime.py": "Redis, at REDIS_URL",
    "core/live/wire.py": "Redis, at REDIS_URL",
    "core/servers/redis.py": "the Redis it has started on this machine",
    "core/servers/demo.py": "the pages it has started on this machine",
    "deploy/healthy.py": "the container it runs in",
    "institution/demo/play.py": "the server that simulate_day is told on its command line",
}


def calls_out(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if _is_client(alias.name)}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            found |= {name for name in names if _is_client(name)}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found |= {node.func.attr} & CALLS
    return found


def _is_client(name: str) -> bool:
    return any(name == client or name.startswith(f"{client}.") for client in CLIENTS)


def product() -> Iterator[Path]:
    folders = [*i18n.own_apps().values(), BASE / "config", BASE / "deploy"]
    for folder in folders:
        yield from sorted(folder.rglob("*.py"))
    yield BASE / "manage.py"


def test_only_what_is_listed_opens_a_connection():
    found = {
        path.relative_to(BASE).as_posix()
        for path in product()
        if calls_out(path.read_text(encoding="utf-8"))
    }

    assert found == set(ALLOWED)


@pytest.mark.parametrize(
    "source",
    [
        "import requests",
        "import urllib.request as asks",
        "from urllib import request",
        "from http import client",
        "def later():\n    from httpx import AsyncClient",
        "from django.core import mail",
        "await asyncio.open_connection(host, 443)",
        "loop.create_connection(make, host, port)",
    ],
)
def test_the_guard_sees(source):
    assert calls_out(source)


@pytest.mark.parametrize(
    "source",
    ["from urllib.parse import urlsplit", "from http import HTTPStatus", "from core import redis"],
)
def test_the_guard_lets_pass(source):
    assert not calls_out(source)
