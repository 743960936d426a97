"""A director gives a class more places from a day on, and a new room; fewer places than children are refused."""

import datetime as dt

from playwright.sync_api import expect

from core.calendar import today
from institution.models import ClassCapacity, RoomUse


def test_a_class_gets_places_and_a_room(committed_city, device):
    city = committed_city
    page = device(city.a.director, width=1440, height=900)
    page.goto("/nursery/file/")
    page.get_by_role("link", name="班级与用房").click()

    name = city.a.small.name
    page.get_by_role("link", name=f"托位：{name}").click()
    sheet = page.get_by_role("dialog", name=f"托位：{name}")
    sheet.get_by_label("托位").fill("2")
    sheet.get_by_role("button", name="保存").click()
    expect(sheet.get_by_text("有 3 名幼儿在托")).to_be_visible()
    sheet.get_by_label("托位").fill("14")
    sheet.get_by_label("生效").fill(str(today() + dt.timedelta(days=20)))
    sheet.get_by_role("button", name="保存").click()
    expect(page.locator("#classes")).to_contain_text("起 14 个")
    assert ClassCapacity.objects.get().places == 14

    page.get_by_role("link", name="登记房间").click()
    sheet = page.get_by_role("dialog", name="登记房间")
    sheet.get_by_label("名称").fill("向日葵活动室")
    sheet.get_by_label("楼层").fill("1")
    sheet.get_by_label("面积").fill("62.5")
    sheet.get_by_role("button", name="保存").click()
    expect(page.locator("#rooms")).to_contain_text("62.5")

    page.get_by_role("link", name="安排班级用房").click()
    sheet = page.get_by_role("dialog", name="安排班级用房")
    sheet.get_by_label("班级").select_option(str(city.a.small.pk))
    sheet.get_by_label("房间").select_option(label="向日葵活动室")
    sheet.get_by_role("button", name="保存").click()
    expect(page.locator("#classes")).to_contain_text("向日葵活动室")
    assert RoomUse.objects.get().class_group == city.a.small
