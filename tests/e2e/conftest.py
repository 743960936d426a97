"""The real stack for browser journeys: collected static files, uvicorn with sockets, Chromium, committed data."""

import fcntl
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from core.models import User
from core.servers import browser as installed
from core.signin.policy import FACTOR
from tests.factories.city import City, build_city

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
    "true"  # Playwright keeps a loop in the thread of the tests
)
CHECKOUT = Path(__file__).resolve().parents[2]
expect.set_options(timeout=20_000)  # how long to wait on a busy machine, not how fast the page is
NETWORK = re.compile(r"Failed to load resource|WebSocket connection|net::ERR_|the server responded")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


def server_environment() -> dict[str, str]:
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=connection.settings_dict["NAME"])
    return os.environ | {
        "DATABASE_URL": url.geturl(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(settings.DATA_DIR),
        "DEBUG": "0",
        "SECURE_SITE": "0",
        "LOG_LEVEL": "WARNING",
    }


@pytest.fixture(scope="session")
def stack(django_db_setup, django_db_blocker) -> Iterator[str]:
    with django_db_blocker.unblock():
        environment = server_environment()
    run = [sys.executable, "-W", "ignore"]
    collect_static(environment, run)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            *run,
            "-m",
            "uvicorn",
            "config.demo:application",
            "--port",
            str(port),
            "--lifespan",
            "off",
            "--log-level",
            "error",
        ],
        cwd=CHECKOUT,
        env=environment,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(20)


def collect_static(environment: dict[str, str], run: list[str]) -> None:
    """Once for all workers of a test run: they share the folder, and collecting deletes what it replaces."""
    folder = Path(environment["DATA_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    this_run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"pid {os.getpid()}")
    with (folder / "static.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if this_run in lock.read():
            return
        collect = [*run, "manage.py", "collectstatic", "--no-input", "-v0"]
        subprocess.run(collect, cwd=CHECKOUT, env=environment, check=True, timeout=180)
        lock.write(f"{this_run}\n")


def wait_for(address: str) -> None:
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{address} does not answer")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Stopped with its module: Playwright's loop in this thread would be in the way of tests that run one of their own."""
    path = installed.find()
    if path is None:
        pytest.skip(installed.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def committed_city(transactional_db) -> City:
    return build_city()


@pytest.fixture
def device(stack: str, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """device(user) is a fresh tablet with that user signed in. In the end no page may have complained, about the network aside."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message) -> None:
        if message.type in ("error", "warning") and not NETWORK.search(message.text):
            complaints.append(message.text)

    def make(
        user: User,
        *,
        width: int = 390,
        height: int = 844,
        language: str = "zh-hans",
        script: str = "",
    ) -> Page:
        context = chromium.new_context(
            base_url=stack,
            viewport={"width": width, "height": height},
            has_touch=True,
            timezone_id="Asia/Shanghai",
        )
        contexts.append(context)
        context.set_default_timeout(20_000)
        if script:
            context.add_init_script(script)
        context.add_cookies([{"name": "language", "value": language, "url": stack}])
        sign_in(context, user, stack)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(context: BrowserContext, user: User, address: str) -> None:
    client = Client()
    client.force_login(user)
    visit = client.session
    visit[FACTOR] = "totp"  # as somebody who has come through both steps
    visit.save()
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
