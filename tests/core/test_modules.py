"""The browser modules in a real browser, against answers the test gives; no server runs."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.utils import translation
from playwright.sync_api import Page, Route, expect, sync_playwright

pytestmark = pytest.mark.e2e

HOST = "http://kit.localhost"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
PAGE = """<!doctype html><html lang="en" {attributes}><head><title>kit</title></head><body>
{body}{shell}
<script src="/static/vendor/htmx.org/dist/htmx.min.js" defer></script>
<script type="module" src="/static/js/main.js"></script></body></html>"""


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Kit:
    """A page made of `body` in the real shell's scripts. `answers` maps a path to what a fetch of it gets."""

    def __init__(self, page: Page):
        self.page = page
        self.answers: dict[str, Callable[[Route], None]] = {}
        self.asked: list[str] = []
        self.troubles: list[str] = []
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", self._console)
        page.route("**/*", self._answer)

    def open(self, body: str, attributes: str = "") -> Page:
        with translation.override("en"):
            shell = Template('{% include "shell/toasts.html" %}{% words %}').render(Context())
        html = PAGE.format(body=body, shell=shell, attributes=attributes)
        headers = {"Content-Security-Policy": POLICY}
        self.answers["/"] = lambda route: route.fulfill(
            body=html, content_type="text/html", headers=headers
        )
        self.page.goto(f"{HOST}/")
        self.page.wait_for_function("document.readyState === 'complete'")
        return self.page

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/"):
            file = finders.find(path.removeprefix("/static/"))
            route.fulfill(body=Path(file).read_bytes(), content_type=TYPES[Path(file).suffix])
            return
        self.asked.append(route.request.url.removeprefix(HOST))
        self.answers.get(path, lambda route: route.fulfill(status=404))(route)

    def _console(self, message) -> None:
        if message.type == "error" and "status of" not in message.text:
            self.troubles.append(message.text)


@pytest.fixture
def kit(chromium) -> Iterator[Kit]:
    context = chromium.new_context()
    kit = Kit(context.new_page())
    yield kit
    context.close()
    assert kit.troubles == []


HEAR = """() => {
  window.heard = [];
  for (const name of ["live:daily-log", "live:resync", "live:signed-out"])
    document.addEventListener(name, (event) => window.heard.push([name, event.detail]));
}"""


def live(kit: Kit, sockets: list, *, on_message=None) -> Page:
    def accept(socket) -> None:
        sockets.append(socket)
        socket.on_message(on_message or (lambda _text: None))

    kit.page.route_web_socket("**/ws/live/", accept)
    kit.page.add_init_script(f"({HEAR})()")
    return kit.open('<p class="live" data-live-state="connecting"></p>', 'data-live="/ws/live/"')


def test_live_says_what_changed_and_shows_that_it_listens(kit):
    sockets = []
    page = live(kit, sockets)
    expect(page.locator("[data-live-state]")).to_have_text("Live")

    sockets[0].send(json.dumps({"topic": "daily-log", "group": "child.7", "cursor": "812"}))
    page.wait_for_function("window.heard.length === 2")

    assert page.evaluate("window.heard") == [
        ["live:resync", {"reason": "open"}],
        ["live:daily-log", {"group": "child.7", "cursor": "812"}],
    ]


def test_live_comes_back_after_a_loss_and_asks_for_a_fresh_look(kit):
    sockets = []
    page = live(kit, sockets)
    expect(page.locator("[data-live-state]")).to_have_text("Live")

    sockets[0].close(code=1012)
    expect(page.locator("[data-live-state]")).to_have_text("Not live, reconnecting")
    expect(page.locator("[data-live-state]")).to_have_text("Live")

    assert len(sockets) == 2
    assert page.evaluate("window.heard") == [["live:resync", {"reason": "open"}]] * 2


def test_live_passes_on_the_servers_resync(kit):
    sockets = []
    page = live(kit, sockets)
    expect(page.locator("[data-live-state]")).to_have_text("Live")

    sockets[0].send('{"topic":"resync"}')
    page.wait_for_function("window.heard.length === 2")

    assert page.evaluate("window.heard[1]") == ["live:resync", {"reason": "server"}]


def test_live_stops_when_the_session_is_over(kit):
    sockets = []
    page = live(kit, sockets)
    expect(page.locator("[data-live-state]")).to_have_text("Live")

    sockets[0].close(code=4401)
    expect(page.locator("[data-toast]")).to_contain_text("Please sign in again.")
    page.wait_for_timeout(1200)

    assert len(sockets) == 1
    assert page.evaluate("window.heard.at(-1)[0]") == "live:signed-out"


def test_live_notices_a_silent_connection(kit):
    sockets = []
    kit.page.clock.install()
    page = live(kit, sockets)
    page.clock.run_for(100)
    expect(page.locator("[data-live-state]")).to_have_text("Live")

    page.clock.run_for(25_000)
    page.clock.run_for(10_500)
    expect(page.locator("[data-live-state]")).to_have_text("Live")

    assert len(sockets) == 2


def test_a_page_tries_every_three_seconds_while_a_server_may_be_restarting(kit):
    """R4: everybody is up to date ten seconds after a fault. Later tries leave a server that stays away alone."""
    page = kit.open("")
    shortest, longest = page.evaluate(
        """async () => {
          const { pause } = await import("/static/js/patience.js");
          const waits = (random) => {
            Math.random = () => random;
            return Array.from({ length: 22 }, (_, tries) => pause(tries));
          };
          return [waits(0), waits(1)];
        }"""
    )

    assert sum(shortest[:12]) > 10_000
    assert max(longest[:12]) == 3_000
    assert shortest[12:20] == [2_000] * 8
    assert (shortest[20], longest[21]) == (15_000, 45_000)


def test_toast_offers_undo_and_leaves_by_itself(kit):
    kit.page.clock.install()
    page = kit.open("<p></p>")
    page.evaluate(
        """async () => {
          const { toast } = await import("/static/js/toast.js");
          window.undone = 0;
          toast("<b>saved</b>", { action: { label: "Undo", run: () => (window.undone += 1) } });
          toast("another");
        }"""
    )
    expect(page.locator("[data-toast]")).to_have_count(2)
    expect(page.locator("[data-toast] span").first).to_have_text("<b>saved</b>")

    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-toast]")).to_have_count(1)
    assert page.evaluate("window.undone") == 1

    page.mouse.move(0, 0)
    page.clock.run_for(7_000)
    expect(page.locator("[data-toast]")).to_have_count(0)


def test_sheet_opens_and_closes(kit):
    page = kit.open(
        '<button data-open="a">open</button><dialog id="a" class="sheet"><p>in</p>'
        "<button data-close>close</button></dialog>"
    )

    page.get_by_role("button", name="open").click()
    expect(page.locator("dialog")).to_be_visible()
    page.get_by_role("button", name="close").click()
    expect(page.locator("dialog")).to_be_hidden()

    page.get_by_role("button", name="open").click()
    page.mouse.click(2, 2)
    expect(page.locator("dialog")).to_be_hidden()


def test_table_cells_learn_their_heads_also_later(kit):
    page = kit.open(
        '<table class="table"><thead><tr><th>Name</th><th>Places</th></tr></thead>'
        "<tbody><tr><td>A</td><td>40</td></tr></tbody></table>"
    )

    expect(page.locator("td").nth(1)).to_have_attribute("data-label", "Places")
    page.evaluate(
        "document.querySelector('tbody').insertRow().append(document.createElement('td'))"
    )
    expect(page.locator("tr").nth(2).locator("td")).to_have_attribute("data-label", "Name")


def test_filters_send_themselves(kit):
    kit.answers["/list/"] = lambda route: route.fulfill(body="ok", content_type="text/html")
    page = kit.open(
        '<form action="/list/" data-auto-submit><select name="state"><option value="">all</option>'
        '<option value="open">open</option></select></form>'
    )

    page.locator("select").select_option("open")
    page.wait_for_url("**/list/?state=open")


def test_job_is_followed_to_its_end(kit):
    fragment = (
        '<div class="progress" data-job="j1" data-job-url="/job/" data-job-state="{}">{}</div>'
    )
    states = iter([("running", "40%"), ("done", "100%")])
    kit.answers["/job/"] = lambda route: route.fulfill(
        body=fragment.format(*next(states)), content_type="text/html"
    )
    kit.page.clock.install()
    kit.page.add_init_script(
        "window.over = []; document.addEventListener('job:over', (e) => window.over.push(e.detail))"
    )
    page = kit.open(fragment.format("waiting", "0%"))

    page.clock.run_for(2_100)
    expect(page.locator("[data-job]")).to_have_text("40%")
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('live:job', {detail: {group: 'user.1', cursor: 'j1'}}))"
    )
    expect(page.locator("[data-job]")).to_have_text("100%")
    page.clock.run_for(60_000)

    assert page.evaluate("window.over") == [{"id": "j1", "state": "done"}]
    assert kit.asked.count("/job/") == 2


def test_password_can_be_shown_and_hidden(kit):
    page = kit.open(
        '<form><input type="password" id="p" value="secret">'
        '<button type="button" data-show-password="p" aria-label="x" hidden></button></form>'
    )

    page.get_by_role("button", name="x").click()
    expect(page.locator("#p")).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide password").click()
    expect(page.locator("#p")).to_have_attribute("type", "password")


def test_fragment_is_set_up_and_carries_the_token(kit):
    tokens = []

    def answer(route: Route) -> None:
        tokens.append(route.request.headers.get("x-csrftoken"))
        body = '<button data-open="b">more</button><dialog id="b" data-opened>new</dialog>'
        route.fulfill(body=body, content_type="text/html")

    kit.answers["/more/"] = answer
    kit.page.context.add_cookies([{"name": "csrftoken", "value": "T", "url": HOST}])
    page = kit.open('<div id="box"><button hx-post="/more/" hx-target="#box">go</button></div>')

    page.get_by_role("button", name="go").click()
    expect(page.locator("dialog")).to_be_visible()
    assert tokens == ["T"]


def test_toast_sent_with_a_fragment_lands_among_the_toasts(kit):
    with translation.override("en"):
        toast = Template('{% ui "toast" text="Saved." %}').render(Context())
    kit.answers["/save/"] = lambda route: route.fulfill(
        body=f"<p>new</p>{toast}", content_type="text/html"
    )
    page = kit.open('<div id="box"><button hx-post="/save/" hx-target="#box">go</button></div>')

    page.get_by_role("button", name="go").click()
    expect(page.locator("#box")).to_have_text("new")
    expect(page.locator("#toasts [data-toast] span")).to_have_text("Saved.")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("[data-toast]")).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "headers", "text"),
    [
        (403, {}, "You may not do this."),
        (500, {}, "That did not work. Please try again."),
        (409, {"HX-Trigger": '{"toast": {"message": "Too late.", "tone": "warn"}}'}, "Too late."),
    ],
)
def test_refusal_becomes_one_toast_and_leaves_the_page(kit, status, headers, text):
    kit.answers["/no/"] = lambda route: route.fulfill(
        status=status, headers=headers, body="<h1>error page</h1>", content_type="text/html"
    )
    page = kit.open('<div id="box"><button hx-post="/no/" hx-target="#box">go</button></div>')

    page.get_by_role("button", name="go").click()
    expect(page.locator("[data-toast] span")).to_have_text(text)
    expect(page.locator("[data-toast]")).to_have_count(1)


def test_words_fill_in_values(kit):
    page = kit.open(
        '<script type="application/json" id="board-words">{"waiting": "{count} to send"}</script>'
    )

    said = page.evaluate(
        """async () => {
          const { say } = await import("/static/js/words.js");
          return [say("waiting", { count: 4 }), say("undo"), say("unknown")];
        }"""
    )
    assert said == ["4 to send", "Undo", "unknown"]
