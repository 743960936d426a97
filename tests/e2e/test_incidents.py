"""A carer writes an incident on the phone, the director approves it, a mother reads and acknowledges it."""

import re

from playwright.sync_api import expect

from institution.models import Incident, IncidentNotice
from institution.services import incidents
from tests.core.pictures import jpeg
from tests.factories.institution import RoomFactory

WHAT = "追球时绊倒，额头碰到桌角"


def test_from_the_phone_to_the_family(committed_city, device):
    city = committed_city
    child = city.a.guardian.guardianships.get().child
    RoomFactory(institution=city.a.institution, name="一楼活动室")
    carer = device(city.a.carer)
    carer.goto("/nursery/incidents/")
    carer.get_by_role("link", name="记录意外").click()
    carer.get_by_role("checkbox", name=child.name).check(force=True)
    carer.get_by_role("radio", name="跌倒碰撞").check(force=True)
    carer.get_by_label("地点", exact=True).select_option("一楼活动室")
    carer.locator('[data-part="forehead"]').click()
    expect(carer.locator("[data-body-names]")).to_have_text("额头")
    expect(carer.locator('[data-part="forehead"]')).to_have_class("bm-part on")
    carer.get_by_label("经过").fill(WHAT)
    carer.get_by_role("button", name="提交审核").click()
    expect(carer.get_by_text("请写明处理情况。")).to_be_visible()
    expect(carer.locator('[data-part="forehead"]')).to_have_class("bm-part on")
    carer.get_by_label("处理", exact=True).fill("冷敷十分钟")
    carer.locator("input[name=photo]").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    )
    carer.get_by_role("button", name="提交审核").click()
    expect(carer).to_have_url(re.compile(r"/nursery/incidents/\d+/$"))
    expect(carer.get_by_role("heading", name="处理过程")).to_be_visible()

    director = device(city.a.director)
    director.goto("/nursery/incidents/")
    director.get_by_role("link", name=child.name).click()
    expect(director.get_by_role("img", name="意外现场照片")).to_be_visible()
    director.get_by_label(f"告知{child.name}家长").fill("绊了一跤，额头有个小包，已冷敷。")
    director.get_by_role("button", name="通过并告知家长").click()
    expect(director.get_by_text("尚未确认")).to_be_visible()

    phone = device(city.a.guardian)
    phone.goto(f"/family/{child.pk}/")
    phone.get_by_role("link", name="查看", exact=True).click()
    expect(phone.get_by_text("额头有个小包")).to_be_visible()
    expect(phone.get_by_text(WHAT)).to_have_count(0)
    phone.get_by_role("button", name="我已阅读").click()
    expect(phone.get_by_text(f"{city.a.guardian.name}已阅读")).to_be_visible()

    incidents.settle(notice_id=IncidentNotice.objects.get().pk)  # the worker's part
    director.goto("/nursery/incidents/?closed=1")
    expect(director.get_by_role("link", name=child.name)).to_be_visible()
    assert Incident.objects.get().state == "closed"
