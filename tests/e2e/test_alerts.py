"""A carer's alert appears on the director's screen by itself, is taken there and closed; the number in the menu follows."""

from playwright.sync_api import expect

from institution.models import Alert
from institution.services import alerts


def test_an_alert_appears_is_taken_and_closed(committed_city, device):
    city = committed_city
    page = device(city.a.director, width=1280)
    page.goto("/nursery/alerts/")
    expect(page.locator(".side .live")).to_have_text("实时")
    expect(page.get_by_text("没有未关闭的预警")).to_be_visible()

    alerts.raise_alert(
        actor=None,
        institution_id=city.a.institution.pk,
        kind="ratio_breach",
        key="class",
        evidence={"present": 12, "carers": 2, "most": 5},
        class_group_id=city.a.small.pk,
    )

    expect(page.get_by_text("在园 12 名儿童，照护人员 2 名")).to_be_visible()
    number = page.locator(".side .count[data-count-topic=alert]")
    expect(number).to_have_text("1")
    page.get_by_role("button", name="我来处理").click()
    expect(page.get_by_text("处理中")).to_be_visible()
    page.get_by_role("link", name="关闭：照护人员不足").click()
    page.get_by_label("处理结果").select_option("resolved")
    page.get_by_label("备注").fill("从大班调来一位老师")
    page.get_by_role("dialog").get_by_role("button", name="关闭预警").click()

    expect(page.get_by_text("没有未关闭的预警")).to_be_visible()
    expect(number).to_be_hidden()
    assert Alert.objects.get().outcome == "resolved"
