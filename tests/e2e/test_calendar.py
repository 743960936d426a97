"""A director closes a day; the family reads it on its page."""

import datetime as dt

from playwright.sync_api import expect

from core import reference
from core.calendar import today
from institution.models import Closure


def test_a_day_closed_by_the_director_stands_on_the_familys_page(committed_city, device):
    city = committed_city
    reference.load_calendar_days()
    day = today() + dt.timedelta(days=3)
    page = device(city.a.director, width=390, height=844)
    page.goto(f"/nursery/calendar/?month={day:%Y-%m}")

    page.get_by_role("main").get_by_role("link", name="停托日").click()
    sheet = page.get_by_role("dialog", name="登记停托日")
    sheet.get_by_label("停托首日").fill(str(day))
    sheet.get_by_label("停托末日").fill(str(day - dt.timedelta(days=1)))
    sheet.get_by_label("原因").select_option("repair")
    sheet.get_by_label("备注").fill("供暖检修")
    sheet.get_by_role("button", name="保存").click()
    expect(sheet.get_by_text("早于")).to_be_visible()
    expect(sheet.get_by_label("备注")).to_have_value("供暖检修")
    sheet.get_by_label("停托末日").fill(str(day))
    sheet.get_by_role("button", name="保存").click()
    expect(page.locator("#closures")).to_contain_text("供暖检修")
    expect(page.locator(".month .closure")).to_contain_text("维修：供暖检修")
    assert Closure.objects.count() == 1

    family = device(city.a.guardian, width=390, height=844)
    family.goto("/family/")
    expect(family.get_by_role("region", name="近期停托与加开")).to_contain_text("维修：供暖检修")

    page.locator("#closures").get_by_role("button").click()
    expect(page.locator("#closures")).not_to_contain_text("供暖检修")
