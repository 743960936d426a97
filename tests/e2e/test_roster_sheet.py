"""A new nursery brings its children in a workbook: the check names the bad cell, the good rows go in with a bar, and the rest follows."""

from playwright.sync_api import Page, expect

from core import xlsx
from institution.models import Child
from tests.factories.institution import ClassGroupFactory
from tests.institution.sheets import HEADER, row_of


def choose(page: Page, rows: list[list[object]]) -> None:
    data = xlsx.write(title="幼儿", header=HEADER, rows=rows)
    file = {"name": "children.xlsx", "mimeType": xlsx.KIND, "buffer": data}
    page.locator("input[name=sheet]").set_input_files(file)


def test_children_from_a_workbook(committed_city, device):
    city = committed_city
    groups = [ClassGroupFactory(institution=city.a.institution) for _number in range(3)]
    before = Child.objects.count()
    rows = [row_of(groups[number // 15], number) for number in range(45)]
    bad = [*rows[:3], row_of(groups[0], 3, guardian_phone="12345"), *rows[4:]]

    page = device(city.a.clerk)
    page.goto("/nursery/children/")
    page.get_by_role("link", name="从Excel导入").click()
    choose(page, bad)
    page.get_by_role("button", name="检查表格").click()
    expect(page.get_by_role("cell", name="H5", exact=True)).to_be_visible()
    assert Child.objects.count() == before

    page.get_by_role("button", name="登记 44 名幼儿").click()
    expect(page.get_by_text("已为 44 名幼儿办理入托。")).to_be_visible()
    assert Child.objects.count() == before + 44

    choose(page, rows)
    page.get_by_role("button", name="检查表格").click()
    page.get_by_role("button", name="登记 1 名幼儿").click()
    expect(page.get_by_text("已为 1 名幼儿办理入托。")).to_be_visible()
    assert Child.objects.count() == before + 45

    page.goto("/nursery/children/")
    with page.expect_download() as download:
        page.get_by_role("button", name="导出").click()
    with download.value.path().open("rb") as file:
        assert len(xlsx.read(file, most_rows=1000)) == 1 + 4 + 45
