"""The director writes to all families; a mother reads it on the phone and says so; the director sees who has read it."""

from playwright.sync_api import expect

from institution.models import NoticeRead


def test_a_notice_is_written_read_and_counted(committed_city, device):
    city = committed_city
    director = device(city.a.director, width=1440, height=900)
    director.goto("/nursery/notices/new/")
    director.get_by_label("标题").fill("周五消防演练")
    director.get_by_label("正文").fill("请在 16:00 前接孩子。")
    director.get_by_role("button", name="发布").click()
    director.get_by_role("link", name="周五消防演练").click()
    expect(director.locator("#notices").get_by_text("未读", exact=True)).to_be_visible()
    expect(director.locator(".side .live")).to_have_text("实时")

    mother = device(city.a.guardian)
    mother.goto("/family/notices/")
    expect(mother.get_by_text("请在 16:00 前接孩子。")).to_be_visible()
    mother.get_by_role("button", name="我已阅读：周五消防演练").click()
    expect(mother.get_by_text("您已阅读。")).to_be_visible()

    # nobody has loaded the director's page again
    expect(director.locator("#notices header .sub")).to_have_text("1 / 1")
    expect(director.get_by_role("button", name="提醒未读")).to_have_count(0)
    assert NoticeRead.objects.get().user == city.a.guardian
    director.goto("/nursery/notices/")
    expect(director.get_by_text("1 人已读")).to_be_visible()
