"""The second step in a real browser: a passkey of Chromium's virtual authenticator, an app, and the question before an export."""

import re
import time

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from playwright.sync_api import CDPSession, Page, expect

from core.models import Factor, Session, User
from core.models.sign_in import FactorKind
from core.signin import totp
from core.signin.policy import CONFIRMED
from tests.factories.core import PASSWORD


@pytest.fixture
def city(committed_city):
    for user in (committed_city.auditor, committed_city.a.director):
        user.password = Argon2PasswordHasher().encode(PASSWORD, "salt of this test")
        user.save(update_fields=["password"])
    return committed_city


def stranger(device, user: User, **where) -> Page:
    """A browser in which nobody has signed in yet."""
    page = device(user, **where)
    page.context.clear_cookies(name="sessionid")
    return page


def show_password(page: Page, user: User) -> None:
    page.goto("/sign-in/")
    page.get_by_label("用户名或手机号").fill(user.username)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def with_passkeys(page: Page) -> CDPSession:
    chromium = page.context.new_cdp_session(page)
    chromium.send("WebAuthn.enable")
    kind = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    chromium.send("WebAuthn.addVirtualAuthenticator", {"options": kind})
    return chromium


def test_an_auditor_must_add_a_passkey_and_comes_in_with_it(city, device):
    page = stranger(device, city.auditor, width=820, height=1180)
    with_passkeys(page)
    show_password(page, city.auditor)
    expect(page.get_by_role("heading", name="设置第二步验证")).to_be_visible()
    page.goto("/gov/audit/")
    expect(page).to_have_url(re.compile("/account/$"))

    page.get_by_role("link", name=re.compile("通行密钥")).click()
    page.get_by_role("button", name="添加", exact=True).click()
    expect(page.locator(".acc-codes li")).to_have_count(10)
    page.get_by_role("link", name="已保存，继续").click()
    expect(page).to_have_url(re.compile("/gov/audit/$"))

    page.context.clear_cookies(name="sessionid")
    show_password(page, city.auditor)
    page.get_by_role("button", name="使用通行密钥或安全密钥").click()
    expect(page).to_have_url(re.compile("/gov/audit/$"))
    assert Factor.objects.get().kind == FactorKind.PASSKEY


def test_a_director_adds_an_app_on_the_phone(city, device):
    page = stranger(device, city.a.director)
    show_password(page, city.a.director)
    page.get_by_role("link", name=re.compile("身份验证器应用")).click()
    page.get_by_text("无法扫码？手动输入密钥").click()
    secret = page.locator(".acc-key").inner_text().replace(" ", "")
    page.get_by_label("应用显示的六位数字").fill(totp.code_at(secret, int(time.time() // 30)))
    page.get_by_role("button", name="添加", exact=True).click()
    expect(page.locator(".acc-codes li")).to_have_count(10)
    recovery = page.locator(".acc-codes li").first.inner_text()

    page.context.clear_cookies(name="sessionid")
    show_password(page, city.a.director)
    page.get_by_text("无法验证？使用恢复码").click()
    page.get_by_label("恢复码", exact=True).fill(recovery)
    page.get_by_role("button", name="使用恢复码").click()
    expect(page).to_have_url(re.compile("/nursery/today/$"))


def test_an_export_asks_again_and_goes_on(city, device):
    page = device(city.auditor, width=1440, height=900)
    page.goto("/gov/audit/?person=nobody")
    session = Session.objects.get(user=city.auditor)
    store = Session.get_session_store_class()(session.session_key)
    store[CONFIRMED] -= 600
    store.save()

    page.get_by_role("button", name=re.compile("CSV")).click()
    expect(page.get_by_text("确认后自动继续")).to_be_visible()
    page.get_by_label("密码", exact=True).fill("not this one")
    page.get_by_role("button", name="确认", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="确认", exact=True).click()

    expect(page).to_have_url(re.compile(r"/gov/audit/\?person=nobody#exports$"))
