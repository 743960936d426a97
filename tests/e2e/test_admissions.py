"""From the first call of a family to the child's first day: the clerk, the health worker, and the clerk again."""

import datetime as dt

from playwright.sync_api import expect

from core.calendar import today
from health.services.reference import load_rules
from institution.models import Application, Child, Offer
from tests.factories.institution import (
    ApplicationFactory,
    ServiceFeeFactory,
    VisitSlotFactory,
)


def test_a_family_gets_a_place_and_the_child_starts_once_its_papers_were_seen(
    committed_city, device
):
    city = committed_city
    load_rules()
    ServiceFeeFactory(institution=city.a.institution)
    VisitSlotFactory(institution=city.a.institution)
    page = device(city.a.clerk, width=1440, height=900)
    page.goto("/nursery/admissions/")
    page.get_by_role("link", name="登记报名").click()
    page.get_by_label("姓名", exact=True).fill("孟知夏")
    page.get_by_label("性别").select_option("female")
    page.get_by_label("出生日期").fill(str(today() - dt.timedelta(days=500)))
    page.get_by_label("监护人姓名").fill("孟先生")
    page.get_by_label("监护人手机号").fill("12")
    page.get_by_label("与孩子关系").select_option("father")
    page.get_by_label("希望入托月份").fill(f"{today():%Y-%m}")
    page.get_by_label("类型").select_option("enquiry")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("请输入 11 位手机号")).to_be_visible()
    expect(page.get_by_label("监护人姓名")).to_have_value("孟先生")
    page.get_by_label("监护人手机号").fill("13805371234")
    page.get_by_role("button", name="保存").click()

    page.get_by_role("link", name="孟知夏").click()
    page.get_by_label("参观").select_option(index=1)
    page.get_by_role("button", name="预约参观").click()
    page.get_by_role("button", name="已报名").click()
    page.get_by_role("button", name="候补").click()
    page.get_by_role("link", name="在计划中试排").click()
    card = page.locator(".ad-line .ad-card").filter(has_text="孟知夏")
    month = f"{today():%Y-%m}"
    cell = page.locator(f'.ad-cell[data-class="{city.a.small.pk}"][data-month="{month}"]')
    expect(cell).to_contain_text("3/15")
    card.locator("b").drag_to(cell)
    expect(page.get_by_text("月龄符合，有空余托位。")).to_be_visible()
    expect(cell).to_contain_text("4/15")
    assert not Offer.objects.exists()
    page.get_by_role("button", name="发出录取通知").click()

    page.get_by_role("link", name="签订协议").click()
    page.get_by_role("button", name="签订协议").click()
    page.get_by_role("link", name="办理入托").click()
    page.get_by_role("button", name="办理入托").click()
    expect(page.get_by_text("暂不能入托。").first).to_be_visible()
    assert not Child.objects.filter(name="孟知夏").exists()

    worker = device(city.a.health_worker, width=820, height=1180)
    worker.goto("/health/")
    worker.get_by_role("link", name="入托查验").click()
    worker.get_by_role("link", name="孟知夏的材料").click()
    for paper in ("examination", "vaccination"):
        worker.get_by_label("查验材料").select_option(paper)
        worker.get_by_role("button", name="保存").click()
    expect(worker.get_by_text("材料齐全，可以入托。")).to_be_visible()

    page.get_by_role("button", name="办理入托").click()
    page.get_by_role("link", name="查看幼儿档案").click()
    expect(page.get_by_role("heading", name="孟知夏")).to_be_visible()
    assert Application.objects.get().state == "started"


def test_a_phone_shows_one_state_at_a_time(committed_city, device):
    city = committed_city
    ApplicationFactory(institution=city.a.institution, name="周可心")
    ApplicationFactory(institution=city.a.institution, name="孟知夏", state="applied")
    page = device(city.a.director)
    page.goto("/nursery/admissions/?state=waiting")
    expect(page.get_by_role("link", name="周可心")).to_be_visible()
    expect(page.get_by_role("link", name="孟知夏")).to_be_hidden()
    page.get_by_role("link", name="已报名").click()
    expect(page.get_by_role("link", name="孟知夏")).to_be_visible()
