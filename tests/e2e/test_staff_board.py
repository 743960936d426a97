"""The class board online: what a carer does all day, in few taps."""

import datetime as dt
import time
import uuid

import pytest
from playwright.sync_api import Page, expect

from core.calendar import day_bounds, now, today
from core.models import Attachment
from institution.models import Attendance, ClassGroup, DailyEntry
from institution.services import children, daily_log
from tests.factories.institution import (
    AllergyFactory,
    ChildFactory,
    EnrolmentFactory,
    EntryKindFactory,
)

FIFTEEN = 15


@pytest.fixture
def city(committed_city):
    """Every child of the small class came an hour ago."""
    arrived(committed_city, committed_city.a.carer, committed_city.a.children)
    return committed_city


def arrived(city, carer, present) -> None:
    at = max(now() - dt.timedelta(hours=1), day_start())
    entries = [
        daily_log.NewEntry(id=uuid.uuid4(), child_id=child.pk, kind="arrive", at=at)
        for child in present
    ]
    daily_log.record(actor=city.actor(carer), entries=entries)


def day_start() -> dt.datetime:
    return day_bounds(today())[0]


def open_board(page: Page, class_group: ClassGroup | None = None) -> Page:
    page.goto(f"/nursery/board/{class_group.pk}/" if class_group else "/nursery/board/")
    page.wait_for_selector("html[data-board=ready]")
    return page


def tile(page: Page, name: str):
    return page.locator(".kid", has_text=name)


def stored(kind: str) -> int:
    return DailyEntry.objects.filter(kind=kind).current().count()


def eventually(count, wanted, seconds: float = 20, *, page: Page | None = None) -> None:
    """With `page`, where the test itself carries the page's requests: Playwright does so only while it is asked."""
    end = time.monotonic() + seconds
    while count() != wanted and time.monotonic() < end:
        page.wait_for_timeout(50) if page else time.sleep(0.05)
    assert count() == wanted


def test_lunch_for_fifteen_takes_one_tap(city, device):
    more = [ChildFactory() for _ in range(FIFTEEN - 3)]
    for child in more:
        EnrolmentFactory(class_group=city.a.small, child=child)
    arrived(city, city.a.carer, more)
    page = open_board(device(city.a.carer))
    page.select_option("#act-switch select", "lunch")
    page.click("#all")
    eventually(lambda: stored("meal"), FIFTEEN)
    expect(page.locator('.kid[aria-pressed="true"]')).to_have_count(FIFTEEN)
    expect(page.locator("#act-count")).to_have_text("15/15 已记录")
    expect(page.locator("#sync")).to_have_text("已同步")


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1024, 768), (820, 1180)])
def test_fifteen_children_stand_on_the_screen_without_scrolling(city, device, width, height):
    for _ in range(FIFTEEN - 3):
        EnrolmentFactory(class_group=city.a.small)
    page = open_board(device(city.a.carer, width=width, height=height))
    last = page.locator(".kid").nth(FIFTEEN - 1).bounding_box()
    tabs = page.locator("#tabs").bounding_box()
    assert last["y"] + last["height"] <= tabs["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_one_tap_is_one_record_and_another_answer_colours_the_tile(city, device):
    page = open_board(device(city.a.carer))
    tile(page, "王若溪").click()
    page.locator("#act-form button", has_text="少量").click()
    tile(page, "李沐辰").click()
    eventually(lambda: stored("meal"), 2)
    expect(tile(page, "李沐辰")).to_have_class("kid present some")
    amounts = set(
        DailyEntry.objects.filter(kind="meal").values_list("child__name", "detail__amount")
    )
    assert amounts == {("王若溪", "all"), ("李沐辰", "some")}


def test_undo_withdraws_what_was_sent(city, device):
    page = open_board(device(city.a.carer))
    tile(page, "王若溪").click()
    eventually(lambda: stored("meal"), 1)
    page.locator(".toast button", has_text="撤销").click()
    eventually(lambda: stored("meal"), 0)
    assert DailyEntry.objects.filter(kind="meal").count() == 2
    expect(tile(page, "王若溪")).to_have_attribute("aria-pressed", "false")


def test_a_recorded_child_opens_its_sheet_for_a_correction_with_a_reason(city, device):
    page = open_board(device(city.a.carer))
    tile(page, "王若溪").click()
    eventually(lambda: stored("meal"), 1)
    page.wait_for_timeout(700)
    tile(page, "王若溪").click()
    sheet = page.locator("#child-sheet")
    sheet.locator('[data-field="amount"] button', has_text="没吃").click()
    sheet.locator("#child-save").click()
    expect(sheet.locator('[data-field="why"] .error')).to_have_text("请说明原因。")
    sheet.locator("button", has_text="记错了内容").click()
    sheet.locator("#child-save").click()
    eventually(lambda: DailyEntry.objects.filter(kind="meal", version=2).count(), 1)
    corrected = DailyEntry.objects.get(kind="meal", version=2)
    assert (corrected.detail["amount"], corrected.reason) == ("none", "记错了内容")
    expect(tile(page, "王若溪").locator(".last")).to_contain_text("没吃")


def test_a_long_press_opens_the_sheet_and_a_temperature_is_one_tap_in_it(city, device):
    page = open_board(device(city.a.carer))
    page.click("#tabs [data-kind=water]")
    box = tile(page, "张予安").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    expect(page.locator("#child-sheet")).to_be_visible()
    page.mouse.up()
    page.fill("#child-sheet [data-field=volume] input", "130")
    page.click("#child-save")
    eventually(lambda: stored("water"), 1)
    assert DailyEntry.objects.get(kind="water").detail["volume"] == {"value": 130, "unit": "ml"}
    page.click("#tabs [data-kind=temperature]")
    tile(page, "张予安").click()
    page.locator("#child-sheet .presets button", has_text="36.5").click()
    expect(page.locator("#child-sheet")).to_be_hidden()
    eventually(lambda: stored("temperature"), 1)
    expect(tile(page, "张予安").locator(".last")).to_contain_text("36.5 °C")


def test_a_nap_starts_and_ends_by_tapping(city, device):
    page = open_board(device(city.a.carer))
    page.click("#tabs [data-kind=nap]")
    page.click("#all")
    eventually(lambda: stored("nap"), 3)
    expect(page.locator(".kid.asleep")).to_have_count(3)
    page.wait_for_timeout(700)
    tile(page, "王若溪").click()
    expect(page.locator(".kid.asleep")).to_have_count(2)
    page.click("#all-back")
    expect(page.locator(".kid.asleep")).to_have_count(0)
    eventually(lambda: DailyEntry.objects.filter(kind="nap", detail__phase="end").count(), 3)


def test_children_arrive_and_are_absent_with_a_reason(committed_city, device):
    city = committed_city
    page = open_board(device(city.a.carer))
    expect(tile(page, "王若溪")).to_have_class("kid expected")
    page.click("#more-tab")
    page.click("#more [data-kind=absence]")
    tile(page, "王若溪").click()
    expect(tile(page, "王若溪").locator(".last")).to_have_text("病假")
    page.click("#more-tab")
    page.click("#more [data-kind=arrive]")
    page.click("#all")
    expect(page.locator("#present")).to_have_text("2")
    eventually(lambda: Attendance.objects.filter(arrived_at__isnull=False).count(), 2)
    assert Attendance.objects.get(child__name="王若溪").absence == "ill"


def test_a_meal_for_a_child_who_is_not_here_asks_first(committed_city, device):
    page = open_board(device(committed_city.a.carer))
    tile(page, "王若溪").click()
    page.locator("#child-sheet [data-presence=arrive]").click()
    eventually(lambda: stored("arrive"), 1)
    expect(page.locator("#child-presence")).to_be_hidden()
    assert stored("meal") == 0


def test_two_tablets_show_each_others_taps(city, device):
    first, second = (
        open_board(device(city.a.carer)),
        open_board(device(city.a.director), city.a.small),
    )
    expect(second.locator("#sync")).to_have_text("已同步")
    tile(first, "王若溪").click()
    expect(tile(second, "王若溪")).to_have_attribute("aria-pressed", "true", timeout=3000)


def test_a_child_enrolled_meanwhile_appears(city, device):
    page = open_board(device(city.a.carer))
    children.enrol_child(
        actor=city.actor(city.a.clerk),
        name="孟知夏",
        sex="female",
        born_on=today() - dt.timedelta(days=500),
        resident_id="",
        class_group=city.a.small,
        start_on=today(),
        guardian_name="孟先生",
        guardian_phone="13805371234",
        relation="father",
    )
    expect(tile(page, "孟知夏")).to_be_visible()


def test_a_photo_is_stored_before_its_entry(city, device, tmp_path):
    picture = tmp_path / "shot.png"
    page = open_board(device(city.a.carer))
    page.screenshot(path=str(picture))
    page.click("#tabs [data-kind=photo]")
    page.set_input_files("#photo-input", str(picture))
    expect(page.locator(".shot")).to_have_count(1)
    tile(page, "王若溪").click()
    tile(page, "李沐辰").click()
    page.click("#all")
    eventually(lambda: stored("photo"), 2)
    attachment = Attachment.objects.get()
    assert len(attachment.child_ids) == 2
    expect(page.locator(".shot")).to_have_count(0)


def test_allergies_stand_on_the_tile_and_in_the_sheet(city, device):
    AllergyFactory(institution=city.a.institution, child=city.a.children[0])
    page = open_board(device(city.a.carer))
    expect(tile(page, city.a.children[0].name).locator(".flag.severe")).to_have_attribute(
        "aria-label", "牛奶蛋白 "
    )
    tile(page, city.a.children[0].name).click(button="right")
    expect(page.locator("#child-allergies")).to_contain_text("牛奶蛋白 重度")


def test_the_nurserys_own_kind_is_on_the_board(city, device):
    EntryKindFactory(institution=city.a.institution)
    page = open_board(device(city.a.carer))
    page.click("#more-tab")
    page.click("#more [data-kind=own-outdoor]")
    page.fill("#act-form input", "40")
    page.click("#all")
    eventually(lambda: stored("own-outdoor"), 3)
    expect(tile(page, "王若溪").locator(".last")).to_contain_text("40 min")


def test_the_board_speaks_english(city, device):
    page = open_board(device(city.a.carer, language="en"))
    expect(page.locator("#sync")).to_have_text("Synced")
    expect(page.locator("#act-count")).to_have_text("0/3 recorded")
