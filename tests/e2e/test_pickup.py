"""A mother makes a pass on her phone, the tablet at the door takes its code, and the day says who fetched the child."""

import re

from playwright.sync_api import Page, expect

from core.devices import tablets
from institution.models import DailyEntry, PickupPass
from institution.pass_codes import code_of
from tests.core.pictures import jpeg
from tests.factories.devices import PIN, PinFactory, cookie_of
from tests.factories.institution import AttendanceFactory

NAME = "李秀英"


def test_from_the_phone_to_the_tablet_and_back(committed_city, device, chromium, stack, settings):
    city = committed_city
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]  # the server's
    child = city.a.guardian.guardianships.get().child
    AttendanceFactory(class_group=city.a.small, child=child)
    PinFactory(user=city.a.carer)
    phone = device(city.a.guardian)
    phone.goto("/family/")
    phone.get_by_role("link", name="接送").click()
    add_grandmother(phone)

    phone.get_by_role("radio", name=NAME).check()
    phone.get_by_role("button", name="接", exact=True).click()
    expect(phone).to_have_url(re.compile("/family/pickup/passes/"))
    shown = phone.locator(".pu-code").inner_text().replace(" ", "")
    assert shown == code_of(PickupPass.objects.get().bundle)
    expect(phone.locator(".pu-qr svg")).to_be_visible()

    door = chromium.new_context(
        base_url=stack, viewport={"width": 820, "height": 1180}, has_touch=True
    )
    door.set_default_timeout(20_000)
    door.add_cookies([{"name": tablets.COOKIE, "value": cookie_of(city.a.tablet), "url": stack}])
    kiosk = door.new_page()
    kiosk.goto("/nursery/kiosk/")
    type_code(kiosk, shown)
    expect(kiosk.get_by_role("heading", name=NAME)).to_be_visible()
    expect(kiosk.get_by_role("img", name=f"{NAME}的照片")).to_be_visible()
    expect(kiosk.get_by_text("身份证")).to_be_visible()
    kiosk.get_by_role("button", name=city.a.carer.name).click()
    for digit in PIN:
        kiosk.locator(f'#keypad [data-digit="{digit}"]').click()
    expect(kiosk).to_have_url(re.compile("/nursery/kiosk/$"))
    expect(kiosk.get_by_text(f"{child.name}已由{NAME}接走")).to_be_visible()

    expect(phone.get_by_text("已于")).to_be_visible()  # the pass has heard that it is used
    phone.get_by_role("link", name="查看当天").click()
    expect(phone.locator("#timeline")).to_contain_text(f"{NAME} 接走")
    assert DailyEntry.objects.get(kind="leave").recorded_by == city.a.carer

    type_code(kiosk, shown)
    expect(kiosk.get_by_text("这个接送码已使用")).to_be_visible()
    door.close()


def add_grandmother(phone: Page) -> None:
    phone.get_by_role("link", name="添加接送人").click()
    phone.get_by_label("姓名").fill(NAME)
    phone.get_by_label("手机号码").fill("13805371234")
    phone.locator("input[name=photo]").set_input_files(
        {"name": "face.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    )
    phone.get_by_role("button", name="保存").click()
    expect(phone.get_by_text("只有成年人")).to_be_visible()
    expect(phone.get_by_label("姓名")).to_have_value(NAME)
    phone.locator("input[name=photo]").set_input_files(
        {"name": "face.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    )
    phone.get_by_label("此人已成年").check()
    phone.get_by_role("button", name="保存").click()
    expect(phone.locator(".pu-list")).to_contain_text(NAME)


def type_code(kiosk: Page, code: str) -> None:
    for digit in code:
        kiosk.locator(f'[data-keys] [data-digit="{digit}"]').click()


def test_a_family_tells_leave_and_a_carer_confirms_it_with_one_tap(committed_city, device):
    city = committed_city
    child = city.a.guardian.guardianships.get().child
    board = device(city.a.carer)
    board.goto("/nursery/board/")
    expect(board.locator("html[data-board=ready]")).to_be_attached()
    phone = device(city.a.guardian)
    phone.goto("/family/plans/")
    phone.locator(".pl-days a").first.click()
    phone.get_by_role("radio", name="病假").check()
    phone.get_by_label("给保育人员的留言").fill("发热")
    phone.get_by_role("button", name="提交").click()
    expect(phone.locator(".pl-days li").first).to_contain_text("请假")

    tile = board.locator(f'.kid[data-child="{child.pk}"]')
    expect(tile).to_contain_text("已请假")
    board.get_by_role("button", name="更多").click()
    board.locator('#more [data-kind="absence"]').click()
    tile.click()
    expect(tile).to_have_class(re.compile("absent"))
    phone.goto("/family/")
    expect(phone.locator("#now")).to_contain_text("发热")

    carer = device(city.a.carer, width=1440, height=900)
    carer.goto("/nursery/absences/")
    expect(carer.locator(".ab-list")).to_contain_text(child.name)
