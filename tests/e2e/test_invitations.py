"""A nursery lets a new guardian in: the code from the screen of the office to the phone, and the first look at the child."""

import re

from playwright.sync_api import expect

from core.models import Invitation

PASSWORD = "a meadow behind the canal"


def test_a_guardian_comes_in_for_the_first_time(committed_city, device, chromium, stack):
    city = committed_city
    guardian = city.a.guardian
    guardian.set_unusable_password()
    guardian.phone = "13805371234"
    guardian.save()
    child = guardian.guardianships.get().child

    office = device(city.a.director)
    office.goto(f"/nursery/children/{child.pk}/")
    office.get_by_role("button", name="邀请", exact=True).click()
    expect(office.get_by_role("heading", name=f"{guardian.name}的邀请码")).to_be_visible()
    expect(office.locator("svg.qr")).to_be_visible()
    code = office.locator(".invitation-steps code").inner_text()

    phone = chromium.new_context(
        base_url=stack, viewport={"width": 390, "height": 844}, has_touch=True, locale="zh-CN"
    )
    phone.set_default_timeout(20_000)
    page = phone.new_page()
    page.goto(f"/start/#{code}")
    expect(page.get_by_label("邀请码")).to_have_value(code)
    expect(page).to_have_url(re.compile("/start/$"))  # the code no longer stands in the address
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_role("heading", name=f"{guardian.name}，您好")).to_be_visible()
    expect(page.get_by_text("138****1234")).to_be_visible()

    page.get_by_label("新密码", exact=True).fill("short")
    page.get_by_label("再次输入新密码").fill("short")
    page.get_by_role("button", name="设置密码并登录").click()
    expect(page.locator(".error").first).to_be_visible()
    page.get_by_label("新密码", exact=True).fill(PASSWORD)
    page.get_by_label("再次输入新密码").fill(PASSWORD)
    page.get_by_role("button", name="设置密码并登录").click()

    expect(page.get_by_text(child.name).first).to_be_visible()
    assert not Invitation.objects.exists()
    phone.close()
