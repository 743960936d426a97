"""Children from a workbook and back: what is read, what is refused by cell, and that a file can be sent again."""

import datetime as dt
import re
import zipfile
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from core.calendar import today
from core.models import AuditEvent
from institution import roster_sheet
from institution.models import Child, Enrolment
from tests.factories.core import UserFactory
from tests.factories.institution import ChildFactory, EnrolmentFactory, GuardianshipFactory
from tests.hardening import corpora
from tests.institution.sheets import HEADER, cells_of, row_of, sheet_of, workbook

IMPORT, EXPORT = "nursery:child-import", "nursery:child-export"
RESIDENT_ID = "37081120250506001X"


@pytest.fixture
def clerk(city, signed_in):
    return signed_in(city.a.clerk)


def send(client, sheet, **given):
    return client.post(reverse(IMPORT), {"sheet": sheet} | given)


def faults(answer) -> list[tuple[str, str]]:
    return [(fault.cell, fault.code) for __, fault in answer.context["looked"].faults]


def test_a_look_stores_nothing_and_enrolling_does(city, clerk):
    before = Child.objects.count()

    looked = send(clerk, sheet_of(city.a.small, 3)).context["looked"]
    assert (looked.fresh, looked.here, looked.faulty) == (3, 0, 0)
    assert Child.objects.count() == before

    done = send(clerk, sheet_of(city.a.small, 3), enrol="1")
    assert done.context["enrolled"] == 3
    assert Child.objects.count() == before + 3
    child = Child.objects.get(name="陈小一")
    assert (child.sex, child.born_on) == ("female", today() - dt.timedelta(days=600))
    assert child.guardianships.get().user.phone == "13805300000"
    assert AuditEvent.objects.filter(action="child.enrolled").count() == 3


def test_the_same_file_again_enrols_nobody_twice(city, clerk):
    send(clerk, sheet_of(city.a.small, 3), enrol="1")
    before = Enrolment.objects.count()

    again = send(clerk, sheet_of(city.a.small, 4), enrol="1")

    assert again.context["enrolled"] == 1
    assert Enrolment.objects.count() == before + 1
    assert again.context["looked"].here == 4


def test_three_bad_rows_are_named_by_cell_and_the_good_ones_go_in(city, clerk):
    rows = [row_of(city.a.small, number) for number in range(8)]
    rows[1] = row_of(city.a.small, 1, guardian_phone="12345")
    rows[4] = row_of(city.a.small, 4, born_on="昨天", sex="?")
    rows[6] = row_of(city.a.small, 6, class_group="没有的班")

    looked = send(clerk, workbook(rows))
    assert faults(looked) == [
        ("H3", "mobile"),
        ("B6", "invalid_choice"),
        ("C6", "invalid"),
        ("E8", "invalid_choice"),
    ]
    assert "没有的班" not in [line.name for line in looked.context["looked"].lines]
    done = send(clerk, workbook(rows), enrol="1")
    assert done.context["enrolled"] == 5
    assert done.context["looked"].faulty == 3


def on_the_way(answer) -> dict[str, str]:
    """What the page sends along when it goes on by itself."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\d+)">', answer.text))


def test_it_goes_on_where_it_stopped(city, clerk, monkeypatch):
    monkeypatch.setattr(roster_sheet, "ENROLLED_AT_ONCE", 2)

    def go_on(**given):
        sheet = {"sheet": sheet_of(city.a.small, 5)} | given
        return clerk.post(reverse(IMPORT), sheet, headers={"HX-Request": "true"})

    first = go_on(enrol="1")
    assert on_the_way(first) == {"enrol": "1", "after": "3", "enrolled": "2"}
    assert "<html" not in first.text
    second = go_on(**on_the_way(first))
    assert on_the_way(second) == {"enrol": "1", "after": "5", "enrolled": "4"}
    last = go_on(**on_the_way(second))
    assert on_the_way(last) == {}
    assert "已为 5 名幼儿办理入托" in last.text


def test_more_children_than_places_are_told_before(city, clerk):
    city.a.small.capacity = 4  # three have one
    city.a.small.save()

    looked = send(clerk, sheet_of(city.a.small, 3))

    assert faults(looked) == [("3", "class_full"), ("4", "class_full")]


def test_the_same_child_twice_in_a_file(city, clerk):
    rows = [row_of(city.a.small, 1), row_of(city.a.small, 2), row_of(city.a.small, 1)]

    assert faults(send(clerk, workbook(rows))) == [("4", "twice")]


def test_a_child_with_a_place_elsewhere_and_one_with_another_name(city, clerk):
    elsewhere = ChildFactory(name="赵小", born_on=dt.date(2025, 5, 6), resident_id=RESIDENT_ID)
    EnrolmentFactory(class_group=city.b.small, child=elsewhere)
    same = {"name": "赵小", "born_on": "2025-05-06", "resident_id": RESIDENT_ID}

    assert faults(send(clerk, workbook([row_of(city.a.small, **same)]))) == [
        ("A2", "place_overlap")
    ]
    other = row_of(city.a.small, **same | {"name": "钱小"})
    assert faults(send(clerk, workbook([other]))) == [("D2", "identity_differs")]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2025-5-6", dt.date(2025, 5, 6)),
        ("2025/05/06", dt.date(2025, 5, 6)),
        ("2025.5.6", dt.date(2025, 5, 6)),
        ("2025年5月6日", dt.date(2025, 5, 6)),
        ("20250506", dt.date(2025, 5, 6)),
    ],
)
def test_days_as_people_write_them(city, clerk, written, day):
    send(clerk, workbook([row_of(city.a.small, 7, born_on=written)]), enrol="1")

    assert Child.objects.get(name=f"陈小{chr(0x4E00 + 7)}").born_on == day


def test_titles_and_choices_may_be_english(city, clerk):
    with translation.override("en"):
        header = tuple(str(title) for title in roster_sheet.COLUMNS.values())
    row = row_of(city.a.small, 9, sex="Girl", relation="Mother")

    looked = send(clerk, workbook([row], header)).context["looked"]

    assert (looked.fresh, looked.faulty) == (1, 0)


def bomb() -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "不是可读取的Excel工作簿"),
        (b"name,sex\n", "不是可读取的Excel工作簿"),
        (b"PK\x03\x04" + b"x" * 400, "不是可读取的Excel工作簿"),
        (b"x" * 1_000_001, "文件过大"),
    ],
)
def test_what_is_no_workbook_is_refused_in_a_sentence(clerk, data, said):
    answer = send(clerk, SimpleUploadedFile("children.xlsx", data))

    assert answer.status_code == 422
    assert said in answer.text


def test_a_bomb_is_not_unpacked(clerk):
    answer = send(clerk, SimpleUploadedFile("children.xlsx", bomb()))

    assert answer.status_code == 422
    assert "文件过大" in answer.text


def test_entities_of_a_workbook_are_refused(city, clerk):
    good = sheet_of(city.a.small).read()
    data = BytesIO()
    with zipfile.ZipFile(BytesIO(good)) as old, zipfile.ZipFile(data, "w") as parts:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                entity = (
                    b'<!DOCTYPE worksheet [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet '
                )
                text = text.replace(b"<worksheet ", entity, 1).replace("陈小一".encode(), b"&e;")
            parts.writestr(name, text)

    answer = send(clerk, SimpleUploadedFile("children.xlsx", data.getvalue()))

    assert answer.status_code == 422
    assert "不是可读取的Excel工作簿" in answer.text


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        ([], HEADER, "没有幼儿"),
        ([["a"]], ("姓名",), "缺少以下列"),
        ([["x"] * 9] * 601, HEADER, "文件过大"),
    ],
)
def test_sheets_without_children_or_columns_or_with_too_many(clerk, rows, header, said):
    answer = send(clerk, workbook(rows, header))

    assert answer.status_code == 422
    assert said in answer.text


def test_hostile_cells_are_faults_and_nothing_else(city, clerk):
    rows = [row_of(city.a.small, 1, **{name: text}) for name in ("name", "relation", "start_on")
            for text in ("=1+1", "x" * 3000, "../../etc", "\u202e", "1e999")]  # fmt: skip

    answer = send(clerk, workbook(rows))

    assert answer.status_code == 200


def test_no_file_is_asked_for(clerk):
    answer = clerk.post(reverse(IMPORT), {})

    assert answer.status_code == 422
    assert answer.context["form"].errors["sheet"]


def test_the_empty_sheet_reads_as_one_without_children(city, clerk):
    page = clerk.get(reverse("nursery:child-sheet"))

    assert cells_of(page.content)[0] == list(HEADER)
    answer = send(clerk, SimpleUploadedFile("empty.xlsx", page.content))
    assert "没有幼儿" in answer.text


def test_the_export_masks_numbers_and_is_on_record(city, clerk):
    child = city.a.children[0]
    child.resident_id = RESIDENT_ID
    child.save()

    page = clerk.post(reverse(EXPORT))

    rows = cells_of(page.content)
    assert len(rows) == 1 + 4
    assert page.headers["Cache-Control"] == "no-store"
    assert RESIDENT_ID not in str(rows)
    assert "3708**********001X" in str(rows)
    assert city.b.children[0].name not in {row[0] for row in rows} - {
        c.name for c in city.a.children
    }
    assert AuditEvent.objects.get(action="children.exported").data == {"rows": 4}


def test_no_formula_leaves_in_an_export(city, clerk):
    for payload in corpora.FORMULAS[:60]:
        child = ChildFactory(name=payload.replace("\0", "")[:40] or "x")
        EnrolmentFactory(class_group=city.a.big, child=child)

    page = clerk.post(reverse(EXPORT))

    with zipfile.ZipFile(BytesIO(page.content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet


@pytest.mark.parametrize("more", [0, 2])
def test_the_number_of_queries_of_an_export_does_not_grow(
    city, clerk, django_assert_num_queries, more
):
    for number in range(more):
        child = ChildFactory(name=f"新{number}")
        EnrolmentFactory(class_group=city.a.small, child=child)
        GuardianshipFactory(child=child, user=UserFactory())
    clerk.post(reverse(EXPORT))

    with django_assert_num_queries(QUERIES_OF_EXPORT):
        clerk.post(reverse(EXPORT))


QUERIES_OF_EXPORT = 10
