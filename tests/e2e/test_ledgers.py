"""What is late is done on a phone with a photo; a hazard is found and mended; the director sees the alert end."""

import datetime as dt

from playwright.sync_api import expect

from core.calendar import now
from institution.models import LedgerEntry
from institution.services import ledgers
from tests.core.pictures import jpeg
from tests.factories.institution import LedgerEntryFactory, LedgerRhythmFactory


def test_a_late_task_is_done_and_its_alert_ends(committed_city, device):
    city = committed_city
    task = LedgerRhythmFactory(
        schedule__institution=city.a.institution, schedule__what="玩具", needs_photo=True
    ).schedule
    LedgerEntryFactory(schedule=task, at=now() - dt.timedelta(days=5), by=city.a.carer)
    assert ledgers.raise_late() == 1
    director = device(city.a.director, width=1440, height=900)
    director.goto("/nursery/alerts/")
    expect(director.locator("#alerts")).to_contain_text("消毒：应于")

    colleague = device(city.a.health_worker, width=820, height=1180)
    colleague.goto("/nursery/ledgers/")
    expect(colleague.locator("#due")).to_contain_text("逾期")

    page = device(city.a.carer, width=390, height=844)
    page.goto("/nursery/ledgers/")
    expect(page.locator("#due")).to_contain_text("逾期")
    page.get_by_role("link", name="登记：玩具").click()
    expect(page.get_by_label("有效氯（mg/L）")).to_have_value("250")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("main")).to_contain_text("必填")
    photo = {"name": "toys.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    page.get_by_label("拍照或选择照片").set_input_files(photo)
    expect(page.locator("[data-photo-names]")).to_have_text("toys.jpg")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#due")).to_contain_text("今天已完成")
    expect(page.locator("#due")).not_to_contain_text("逾期")
    expect(colleague.locator("#due")).to_contain_text("今天已完成")
    assert LedgerEntry.objects.filter(schedule=task).count() == 2

    page.get_by_role("link", name="隐患", exact=True).click()
    page.get_by_label("隐患内容").fill("防滑条翘起")
    page.get_by_label("位置").fill("楼梯口")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#hazards")).to_contain_text("防滑条翘起")
    page.get_by_role("link", name="已整改：防滑条翘起").click()
    page.get_by_label("整改措施").fill("换防滑条")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#hazards")).to_contain_text("没有未整改的隐患")

    page.goto("/nursery/ledgers/month/?kind=disinfection")
    page.get_by_role("link", name="查看：玩具").first.click()
    page.get_by_role("link", name="更正", exact=True).click()
    page.get_by_label("更正原因").fill("方法写错")
    page.get_by_label("方法").select_option("steam")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("main")).to_contain_text("方法写错")
    expect(page.get_by_role("main")).to_contain_text("已被更正")

    director.reload()
    expect(director.locator("#alerts")).not_to_contain_text("消毒：应于")
