"""Where each role lands and what its menu opens, in both languages: no complaint of the browser, no word of the other language."""

import re

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from guardian.shortcuts import assign_perm
from playwright.sync_api import Page, expect

from core.models import User
from core.permissions import Role
from health.services.reference import load_rules
from quality.services.standard import load_standard
from tests.e2e.conftest import CHECKOUT
from tests.factories.city import City
from tests.factories.core import PASSWORD, RegionPostFactory, UserFactory
from training.services.reference import load_types

ADDRESS = re.compile(r"(?:https?://)?(?:[\w-]+\.)+(?:cn|com|org)\b\S*")
# Units, formats and abbreviations that Chinese writes in Latin letters too, and names of organisations.
LATIN = {
    "GB",
    "PDF",
    "PIN",
    "ml",
    "kg",
    "cm",
    "mm",
    "km",
    "API",
    "CSV",
    "Excel",
    "EN",
    "WS",
    "ID",
    "WHO",
    "AHA",
    "TotSafe",
}
WORD = re.compile(r"[A-Za-z]{2,}")


def people(city: City) -> dict[Role, User]:
    county = city.a.institution.region
    town, doctor, relative = (UserFactory() for _ in range(3))
    RegionPostFactory(user=town, region=county, role=Role.TOWN_REGULATOR)
    assign_perm("view_institution", doctor, city.a.institution)
    assign_perm("view_child", relative, city.a.children[0])
    return {
        Role.PLATFORM_ADMIN: city.admin,
        Role.CITY_REGULATOR: city.regulator,
        Role.COUNTY_REGULATOR: city.county_regulator,
        Role.TOWN_REGULATOR: town,
        Role.AUDITOR: city.auditor,
        Role.ASSESSOR: city.assessor,
        Role.TRAINER: city.trainer,
        Role.DIRECTOR: city.a.director,
        Role.CARER: city.a.carer,
        Role.HEALTH_WORKER: city.a.health_worker,
        Role.CLERK: city.a.clerk,
        Role.CLINIC_DOCTOR: doctor,
        Role.GUARDIAN: city.a.guardian,
        Role.RELATIVE: relative,
    }


@pytest.fixture
def city(committed_city) -> City:
    load_rules()
    load_standard()
    load_types()
    return committed_city


def menu(page: Page) -> list[str]:
    links = page.locator('nav a[href^="/"]').evaluate_all(
        "links => links.map((link) => link.getAttribute('href'))"
    )
    return sorted({link for link in links if not link.startswith("/landing/")})


AXE = (CHECKOUT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def barriers(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.1 A and AA: rule and the first place."""
    page.evaluate(AXE)
    found = page.evaluate(
        """axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] })
              .then(({ violations }) => violations.map((v) => `${v.id} at ${v.nodes[0].target.join(" ")}`))"""
    )
    return sorted(found)


def look(page: Page, language: str) -> str:
    """What is wrong with the page as it stands, if anything."""
    text = page.locator("body").inner_text()
    words = set(WORD.findall(ADDRESS.sub("", text))) if language == "zh-hans" else set()
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    lang = page.evaluate("document.documentElement.lang")
    faults = [
        *(f"English: {word}" for word in sorted(words - LATIN)),
        *(["scrolls sideways"] if wide else []),
        *([f"lang={lang}"] if lang != language else []),
        *(["no heading"] if not page.locator("h1").count() else []),
        *(barriers(page) if language == "zh-hans" else []),
    ]
    return ", ".join(faults)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_role_lands_and_its_menu_opens(city, device, language):
    found = {}
    users = people(city)
    for role, user in users.items():
        page = device(user, width=1280, height=800, language=language)
        opened = page.goto("/landing/", wait_until="load")
        addresses = menu(page)
        assert opened.status == 200, role
        found[role, "landing"] = look(page, language)
        for address in addresses:
            answer = page.goto(address, wait_until="load")
            assert answer.status == 200, (role, address)
            found[role, address] = look(page, language)

    assert {where: what for where, what in found.items() if what} == {}
    assert set(users) == set(Role)


def test_the_language_is_switched_on_the_page_and_one_signs_out(city, device):
    page = device(city.a.director, width=1280, height=800)
    page.goto("/nursery/today/")
    page.get_by_role("button", name="EN").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_url(re.compile("/nursery/today/$"))

    page.locator('[popovertarget="me"]').click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(":[0-9]+/$"))
    page.goto("/nursery/today/")
    expect(page).to_have_url(re.compile(r"/sign-in/\?next=/nursery/today/$"))


def test_one_signs_in_by_hand_and_comes_back_to_the_page_asked_for(city, device):
    user = city.a.clerk
    user.password = Argon2PasswordHasher().encode(PASSWORD, "salt of this test")
    user.save(update_fields=["password"])
    context = device(user).context
    context.clear_cookies(name="sessionid")
    page = context.new_page()
    page.goto("/nursery/children/")
    page.get_by_label("用户名或手机号").fill("a-clerk")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(re.compile("/nursery/children/$"))
