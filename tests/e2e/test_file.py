"""A director changes a fee and adds a licence; anybody reads the fee on the public page."""

import re

from playwright.sync_api import expect

from core.calendar import today
from institution.models import Licence
from tests.factories.institution import LicenceFactory, SiteRuleFactory


def test_a_fee_set_by_the_director_stands_on_the_public_page(committed_city, device):
    city = committed_city
    LicenceFactory(institution=city.a.institution, left=-3)
    SiteRuleFactory()
    page = device(city.a.director, width=1440, height=900)
    page.goto("/nursery/today/")
    page.get_by_role("main").get_by_role("link", name="机构档案").click()
    expect(page).to_have_url(re.compile("/nursery/file/"))

    page.get_by_role("link", name="设置收费").click()
    sheet = page.get_by_role("dialog", name="设置收费")
    sheet.get_by_label("服务方式").select_option("half_day")
    sheet.get_by_label("金额（元）").fill("-1")
    sheet.get_by_role("button", name="保存").click()
    expect(sheet.get_by_text("大于或等于")).to_be_visible()
    expect(sheet.get_by_label("服务方式")).to_have_value("half_day")
    sheet.get_by_label("金额（元）").fill("860.5")
    sheet.get_by_role("button", name="保存").click()
    expect(page.locator("#fees")).to_contain_text("860.50 元")

    page.get_by_role("link", name="换证").click()
    sheet = page.get_by_role("dialog", name="登记证照")
    sheet.get_by_label("编号").fill("济消验90001")
    sheet.get_by_label("发证机关").fill("消防救援大队")
    sheet.get_by_label("发证日期").fill(str(today()))
    sheet.get_by_role("button", name="保存").click()
    expect(page.locator("#licences")).to_contain_text("济消验90001")
    expect(page.locator("#licences")).not_to_contain_text("已过期")
    assert Licence.objects.filter(number="济消验90001").count() == 1

    page.get_by_role("link", name="公开页面").click()
    expect(page.locator(".price")).to_contain_text("860.50 元")
