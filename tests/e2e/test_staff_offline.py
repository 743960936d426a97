"""The class board when the network, the session or the clock fails: nothing is lost, nothing is stored twice."""

import datetime as dt
import time

import pytest
from playwright.sync_api import Page, expect

from core.calendar import now, today
from core.models import Session
from institution.models import DailyEntry, Enrolment
from tests.e2e.conftest import sign_in
from tests.e2e.test_staff_board import arrived, eventually, open_board, stored, tile

LOG = "**/api/v1/daily-log/"
FAST = """
const Real = Date, fast = %d * 60000;
globalThis.Date = class extends Real {
  constructor(...given) { given.length ? super(...given) : super(Real.now() + fast); }
  static now() { return Real.now() + fast; }
};
"""


@pytest.fixture
def city(committed_city):
    arrived(committed_city, committed_city.a.carer, committed_city.a.children)
    return committed_city


def ready_for_offline(page: Page) -> Page:
    open_board(page)
    page.evaluate("navigator.serviceWorker.ready")
    kept = "caches.match('/nursery/board/', { cacheName: 'nursery-pages' }).then(Boolean)"
    eventually(lambda: page.evaluate(kept), True)
    return page


def waiting(page: Page) -> int:
    return page.evaluate(
        """() => new Promise((done) => {
          const open = indexedDB.open("nursery");
          open.onsuccess = () => {
            const count = open.result.transaction("outbox").objectStore("outbox").count();
            count.onsuccess = () => { open.result.close(); done(count.result); };
          };
        })"""
    )


def test_entries_made_without_a_network_survive_a_reload_and_are_sent_in_order(city, device):
    page = ready_for_offline(device(city.a.carer))
    page.context.set_offline(True)
    for name in ("王若溪", "李沐辰"):
        tile(page, name).click()
    expect(page.locator("#sync")).to_have_text("离线 · 2 条待传")
    page.reload()
    page.wait_for_selector("html[data-board=ready]")
    expect(page.locator(".kid")).to_have_count(3)
    expect(page.locator('.kid[aria-pressed="true"]')).to_have_count(2)
    expect(page.locator("#present")).to_have_text("3")
    expect(page.locator("#sync")).to_have_text("离线 · 2 条待传")
    tile(page, "张予安").click()
    expect(page.locator("#sync")).to_have_text("离线 · 3 条待传")
    assert stored("meal") == 0
    page.context.set_offline(False)
    eventually(lambda: stored("meal"), 3)
    expect(page.locator("#sync")).to_have_text("已同步")
    order = (
        DailyEntry.objects.filter(kind="meal").order_by("seq").values_list("child__name", flat=True)
    )
    assert list(order) == ["王若溪", "李沐辰", "张予安"]
    assert waiting(page) == 0


def test_what_was_sent_before_is_still_shown_after_an_offline_reload(city, device):
    page = ready_for_offline(device(city.a.carer))
    tile(page, "王若溪").click()
    eventually(lambda: stored("meal"), 1)
    expect(page.locator("#sync")).to_have_text("已同步")
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("html[data-board=ready]")
    expect(tile(page, "王若溪")).to_have_attribute("aria-pressed", "true")


def test_undo_before_sending_leaves_no_trace(city, device):
    page = ready_for_offline(device(city.a.carer))
    page.context.set_offline(True)
    tile(page, "王若溪").click()
    page.locator(".toast button", has_text="撤销").click()
    expect(page.locator("#sync")).to_have_text("离线")
    assert waiting(page) == 0
    page.context.set_offline(False)
    expect(page.locator("#sync")).to_have_text("已同步")
    assert not DailyEntry.objects.filter(kind="meal").exists()


class LosingLine:
    """A network that carries every batch to the server and loses its answers until it is mended."""

    def __init__(self, page) -> None:
        self.broken, self.answers = True, []
        page.context.route(LOG, self.carry)

    def carry(self, route) -> None:
        self.answers.append(route.fetch())
        if self.broken:
            route.fulfill(status=504, body="")
        else:
            route.fulfill(response=self.answers[-1])


def test_a_lost_answer_stores_nothing_twice(city, device):
    page = open_board(device(city.a.carer))
    line = LosingLine(page)
    tile(page, "王若溪").click()
    expect(page.locator("#sync")).to_have_text("离线 · 1 条待传")
    assert stored("meal") == 1
    line.broken = False
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#sync")).to_have_text("已同步")
    assert line.answers[-1].json()["results"][0]["status"] == "duplicate"
    assert DailyEntry.objects.filter(kind="meal").count() == 1


def test_a_server_that_was_away_is_asked_again_within_seconds(city, device):
    """R4: not only when the page is next looked at, or asks by itself each twenty seconds."""
    page = open_board(device(city.a.carer))
    away = iter((502, 502))

    def answer(route) -> None:
        status = next(away, 0)
        route.fulfill(status=status) if status else route.continue_()

    page.context.route(LOG, answer)
    tile(page, "王若溪").click()
    expect(page.locator("#sync")).to_have_text("离线 · 1 条待传")

    eventually(lambda: stored("meal"), 1, seconds=6, page=page)


def test_an_undo_after_a_lost_answer_withdraws_what_may_be_stored(city, device):
    page = open_board(device(city.a.carer))
    line = LosingLine(page)
    tile(page, "王若溪").click()
    expect(page.locator("#sync")).to_have_text("离线 · 1 条待传")
    line.broken = False
    page.locator(".toast button", has_text="撤销").click()
    expect(page.locator("#sync")).to_have_text("已同步")
    eventually(lambda: stored("meal"), 0, page=page)
    assert DailyEntry.objects.filter(kind="meal", void=True).count() == 1
    expect(page.locator("#refused-open")).to_have_count(0)


def test_an_ended_session_keeps_the_entries_until_the_same_person_signs_in(city, device, stack):
    page = open_board(device(city.a.carer))
    Session.objects.all().delete()
    tile(page, "王若溪").click()
    expect(page.locator("#sync")).to_have_text("请重新登录 · 1 条待传")
    assert "/sign-in/?next=" in page.locator("#sync").get_attribute("href")
    assert stored("meal") == 0
    sign_in(page.context, city.a.carer, stack)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#sync")).to_have_text("已同步")
    assert stored("meal") == 1


def test_another_person_does_not_send_them(city, device, stack):
    page = ready_for_offline(device(city.a.carer))
    page.context.set_offline(True)
    tile(page, "王若溪").click()
    expect(page.locator("#sync")).to_have_text("离线 · 1 条待传")
    page.context.clear_cookies(name="sessionid")
    sign_in(page.context, city.a.director, stack)
    page.context.set_offline(False)
    expect(page.locator("#sync")).to_have_text("请重新登录 · 1 条待传")
    open_board(page, city.a.small)
    expect(page.locator("#notices")).to_contain_text(f"本机有 {city.a.carer.name} 的 1 条记录待传")
    tile(page, "李沐辰").click()
    eventually(lambda: stored("meal"), 1)
    assert DailyEntry.objects.get(kind="meal").recorded_by == city.a.director
    assert waiting(page) == 1
    sign_in(page.context, city.a.carer, stack)
    open_board(page)
    eventually(lambda: stored("meal"), 2)
    assert DailyEntry.objects.get(child__name="王若溪", kind="meal").recorded_by == city.a.carer


@pytest.mark.parametrize("minutes", [60, 24 * 60], ids=["an hour", "a day"])
def test_a_clock_that_is_wrong_is_put_right(city, device, minutes):
    page = open_board(device(city.a.carer, script=FAST % minutes))
    expect(page.locator("#notices")).to_contain_text(f"本机时钟相差 {minutes} 分钟")
    expect(page.locator("#present")).to_have_text("3")
    tile(page, "王若溪").click()
    eventually(lambda: stored("meal"), 1)
    off = abs(DailyEntry.objects.get(kind="meal").at - now())
    assert off < dt.timedelta(seconds=30)
    expect(page.locator("#refused-open")).to_have_count(0)


def test_a_refused_entry_is_shown_with_its_reason_until_dismissed(city, device):
    page = ready_for_offline(device(city.a.carer))
    page.context.set_offline(True)
    tile(page, "王若溪").click()
    expect(page.locator("#sync")).to_have_text("离线 · 1 条待传")
    child = next(child for child in city.a.children if child.name == "王若溪")
    Enrolment.objects.filter(child=child).update(
        during=(today() - dt.timedelta(days=90), today() - dt.timedelta(days=1))
    )
    page.context.set_offline(False)
    expect(page.locator(".kid")).to_have_count(2)
    page.click("#refused-open")
    expect(page.locator("#refused-list li")).to_contain_text("王若溪 进餐")
    expect(page.locator("#refused-list li")).to_contain_text("该幼儿当天不在您的班级。")
    page.locator("#refused-list button", has_text="不再提示").click()
    expect(page.locator("#refused-open")).to_have_count(0)
    assert waiting(page) == 0
    assert stored("meal") == 0


def test_signing_out_warns_while_entries_wait(city, device):
    page = ready_for_offline(device(city.a.carer))
    page.context.set_offline(True)
    tile(page, "王若溪").click()
    expect(page.locator("#sync")).to_have_text("离线 · 1 条待传")
    page.locator(".st-top .round").click()
    page.locator('form[action="/sign-out/"] button').click()
    expect(page.locator("#ask")).to_contain_text("还有 1 条记录没有上传")
    page.locator('#ask button[value="no"]').click()
    assert waiting(page) == 1


def test_the_worker_keeps_the_shell_and_the_roster_and_nothing_else(city, device):
    page = ready_for_offline(device(city.a.carer))
    page.goto("/nursery/children/")
    time.sleep(0.3)
    kept = page.evaluate(
        """async () => {
          const urls = [];
          for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys()) urls.push(new URL(request.url).pathname);
          return urls;
        }"""
    )
    pages = [path for path in kept if not path.startswith("/static/")]
    assert set(pages) <= {
        "/nursery/board/",
        f"/nursery/board/{city.a.small.pk}/",
        "/nursery/offline/",
    }
    page.context.set_offline(True)
    page.goto("/nursery/children/")
    expect(page.locator("h1")).to_contain_text("现在没有网络")
