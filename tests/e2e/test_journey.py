"""The main journey: a carer logs, a family sees it at once; also without a network, and when the server dies."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from core.calendar import now
from institution.models import DailyCount, DailyEntry
from institution.services import daily_log
from tests.e2e.conftest import CHECKOUT, server_environment, wait_for

NOTE_TAPS = (
    """addEventListener("click", () => sessionStorage.setItem("tapped", Date.now()), true)"""
)
NOTE_ARRIVALS = """() => {
  window.arrived = [];
  const known = new Set([...document.querySelectorAll("#timeline li")].map((row) => row.id));
  new MutationObserver(() => {
    for (const row of document.querySelectorAll("#timeline li")) {
      if (!known.has(row.id)) { known.add(row.id); window.arrived.push(Date.now()); }
    }
  }).observe(document.body, { childList: true, subtree: true });
}"""


def arrive(city) -> None:
    entries = [
        daily_log.NewEntry(id=uuid.uuid4(), child_id=child.pk, kind="arrive", at=now())
        for child in city.a.children
    ]
    daily_log.record(actor=city.actor(city.a.carer), entries=entries)


def test_the_family_sees_lunch_within_a_second_of_the_tap(committed_city, device):
    city = committed_city
    arrive(city)
    board = device(city.a.carer, script=NOTE_TAPS)
    board.goto("/nursery/board/")
    board.wait_for_selector("html[data-board=ready]")
    day = device(city.a.guardian)
    day.goto("/family/")
    day.wait_for_selector('[data-live-state="open"]')
    day.evaluate("window.sameDocument = true")
    day.evaluate(NOTE_ARRIVALS)

    took = []
    for seen, meal in enumerate(["breakfast", "lunch", "afternoon_snack"], start=1):
        board.select_option("#act-switch select", meal)
        board.click("#all")
        day.wait_for_function("seen => window.arrived.length >= seen", arg=seen)
        tapped = int(board.evaluate("sessionStorage.getItem('tapped')"))
        took.append(day.evaluate("window.arrived.at(-1)") - tapped)

    assert min(took) < 1000, took
    assert day.evaluate("window.sameDocument")
    expect(day.locator("#timeline h3", has_text="午餐")).to_have_count(1)
    assert DailyEntry.objects.filter(kind="meal").count() == 3 * len(city.a.children)


def test_without_a_network_the_family_reads_the_last_day_and_is_told_so(committed_city, device):
    city = committed_city
    arrive(city)
    page = device(city.a.guardian)
    page.goto("/family/")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.reload()
    name = page.locator("h1").inner_text()
    expect(page.locator("#old")).to_be_hidden()

    page.context.set_offline(True)
    page.reload()
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator("#timeline li")).to_have_count(1)
    expect(page.locator("#old")).to_be_visible()

    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#old")).to_be_hidden()


@pytest.fixture
def mortal():
    """start() is a server of this test alone, always on the same port; it may be killed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started: list[subprocess.Popen] = []

    def start() -> subprocess.Popen:
        command = [sys.executable, "-W", "ignore", "-m", "uvicorn", "config.demo:application"]
        process = subprocess.Popen(
            [*command, "--port", str(port), "--lifespan", "off", "--log-level", "critical"],
            cwd=CHECKOUT,
            env=server_environment(),
            start_new_session=True,
        )
        started.append(process)
        wait_for(f"http://127.0.0.1:{port}/healthz")
        return process

    start.port = port
    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.wait(20)


class Tablet(threading.Thread):
    """Sends its batches in order, as the outbox does: the same bytes again until each row is answered."""

    def __init__(self, user, port: int, batches: list[list[dict]]):
        super().__init__(daemon=True)
        client = Client()
        client.force_login(user)
        self.cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.port, self.batches = port, batches
        self.answers: Counter = Counter()
        self.broken = 0

    def run(self) -> None:
        for batch in self.batches:
            until = time.monotonic() + 60
            while not self.send(batch) and time.monotonic() < until:
                time.sleep(0.05)

    def send(self, batch: list[dict]) -> bool:
        cookies = f"{settings.SESSION_COOKIE_NAME}={self.cookie}; csrftoken={'a' * 32}"
        connection = http.client.HTTPConnection("localhost", self.port, timeout=10)
        try:
            connection.request(
                "POST",
                "/api/v1/daily-log/",
                json.dumps({"entries": batch}),
                {"Content-Type": "application/json", "Cookie": cookies, "X-CSRFToken": "a" * 32},
            )
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.broken += 1
            return False
        finally:
            connection.close()
        assert answer.status == 200, body
        self.answers.update(row["code"] or row["status"] for row in json.loads(body)["results"])
        return True


def test_a_server_killed_in_mid_batch_loses_and_doubles_nothing(committed_city, mortal):
    city = committed_city
    batches = [
        [
            {
                "id": str(uuid.uuid4()),
                "child": child.pk,
                "kind": "meal",
                "at": now().isoformat(),
                "detail": {"meal": "lunch", "amount": "all"},
            }
            for child in city.a.children * 5
        ]
        for _ in range(60)
    ]
    server = mortal()
    tablets = [
        Tablet(user, mortal.port, half)
        for user, half in ((city.a.carer, batches[::2]), (city.a.health_worker, batches[1::2]))
    ]
    for tablet in tablets:
        tablet.start()
    for _ in range(2):
        before = DailyEntry.objects.count()
        while DailyEntry.objects.count() < before + 90 and any(t.is_alive() for t in tablets):
            time.sleep(0.005)
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(10)
        server = mortal()
    for tablet in tablets:
        tablet.join(120)

    sent = [entry["id"] for batch in batches for entry in batch]
    stored = [str(pk) for pk in DailyEntry.objects.values_list("pk", flat=True)]
    answers = tablets[0].answers + tablets[1].answers
    assert sorted(stored) == sorted(sent)
    assert answers["created"] + answers["duplicate"] == len(sent) == answers.total()
    assert sum(DailyCount.objects.values_list("amount", flat=True)) == len(sent)
    assert all(tablet.broken for tablet in tablets)
