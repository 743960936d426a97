"""A week's menu is planned; an allergy holds it up until the child gets something else; the family reads what."""

import datetime as dt

from playwright.sync_api import expect

from core import reference as core_reference
from core.calendar import today
from institution import reference
from institution.models import Menu, Substitute
from institution.selectors.menus import monday_of
from tests.factories.institution import AllergyFactory, DishAmountFactory

WEEK = dt.timedelta(days=7)


def test_an_allergen_holds_up_the_menu_until_a_substitute_is_chosen(committed_city, device):
    city = committed_city
    core_reference.load_calendar_days()
    reference.load_food_rules()
    child = city.a.guardian.guardianships.get().child
    child.born_on = today() - dt.timedelta(days=550)
    child.save()
    AllergyFactory(institution=city.a.institution, child=child, substance="牛奶")
    for name, ingredient, marks in (("牛奶羹", "纯牛奶", ["milk"]), ("豆腐羹", "豆腐", ["soy"])):
        DishAmountFactory(
            serving__dish__institution=city.a.institution,
            serving__dish__name=name,
            ingredient__name=ingredient,
            ingredient__marks=marks,
        )
    week = monday_of(today()) + WEEK
    page = device(city.a.health_worker, width=1280, height=900)
    page.goto(f"/nursery/food/?week={week}&band=m12")
    main = page.get_by_role("main")

    main.get_by_role("button", name="新建空白食谱").click()
    for number in range(5):
        day = week + dt.timedelta(days=number)
        main.get_by_role("link", name=f"选菜：午餐，{day.month}月{day.day}日").click()
        sheet = page.get_by_role("dialog")
        sheet.get_by_role("searchbox").fill("牛奶")
        expect(sheet.get_by_role("button", name="豆腐羹")).to_have_count(0)
        sheet.get_by_role("button", name="牛奶羹").click()
        expect(main.locator(".fd-week li")).to_have_count(number + 1)
    main.get_by_role("button", name="发布").click()
    expect(page.get_by_text(f"{child.name}不能吃牛奶羹（牛奶）")).to_be_visible()
    assert Menu.objects.get().published_at is None

    main.get_by_role("link", name=f"为{child.name}选替代：牛奶羹").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="牛奶羹")).to_have_count(0)
    sheet.get_by_role("button", name="豆腐羹").click()
    expect(main.locator("#conflicts")).not_to_contain_text("未选定")
    assert Substitute.objects.count() == 5
    main.get_by_role("button", name="发布").click()
    expect(main.get_by_role("button", name="收回")).to_be_visible()

    family = device(city.a.guardian, width=390, height=844)
    family.goto("/family/")
    family.get_by_role("link", name="一周食谱").click()
    family.get_by_role("link", name="下一周").click()
    expect(family.get_by_text("厨房为您的孩子避开")).to_contain_text("牛奶")
    expect(family.locator(".me-day").first).to_contain_text("替代牛奶羹")
