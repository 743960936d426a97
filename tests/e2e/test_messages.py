"""A mother asks for something; the carer sees it at once and ticks it off; the mother sees who did it."""

from playwright.sync_api import expect

from institution.models import Message


def test_a_request_is_asked_seen_and_done(committed_city, device):
    city = committed_city
    child = city.a.guardian.guardianships.get().child
    carer = device(city.a.carer, width=820, height=1180)
    carer.goto(f"/nursery/messages/{child.pk}/")
    expect(carer.get_by_text("还没有消息")).to_be_visible()
    mother = device(city.a.guardian)
    mother.goto("/family/messages/")

    mother.get_by_label("消息", exact=True).fill("今天有点咳嗽，请多喂水。")
    mother.get_by_text("请老师帮忙做这件事").click()
    mother.get_by_role("button", name="发送").click()

    expect(mother.get_by_text("尚未完成")).to_be_visible()
    expect(carer.get_by_text("今天有点咳嗽，请多喂水。")).to_be_visible()
    expect(mother.get_by_text("已读")).to_be_visible()
    carer.get_by_label("消息", exact=True).fill("写到一半")
    mother.get_by_label("消息", exact=True).fill("还有，换一条厚裤子。")
    mother.get_by_role("button", name="发送").click()
    expect(carer.get_by_text("还有，换一条厚裤子。")).to_be_visible()
    expect(carer.get_by_label("消息", exact=True)).to_have_value("写到一半")

    carer.get_by_role("button", name="完成").click()

    expect(mother.get_by_text(f"{city.a.carer.name} 已于")).to_be_visible()
    assert Message.objects.filter(done_by=city.a.carer).count() == 1
