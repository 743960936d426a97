"""Workbooks of children as an office sends them."""

import datetime as dt
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile

from core import xlsx
from core.calendar import today
from institution.models import ClassGroup

HEADER = (
    "幼儿姓名",
    "性别",
    "出生日期",
    "身份证号",
    "班级",
    "首日",
    "监护人姓名",
    "监护人手机号",
    "与孩子关系",
)


def row_of(group: ClassGroup, number: int = 0, **changed: object) -> list[object]:
    """A good row. `number` makes another child of it."""
    cells = {
        "name": f"陈小{chr(0x4E00 + number)}",
        "sex": "女",
        "born_on": today() - dt.timedelta(days=600),
        "resident_id": "",
        "class_group": group.name,
        "start_on": today(),
        "guardian_name": f"陈大{chr(0x4E00 + number)}",
        "guardian_phone": f"138053{number:05d}",
        "relation": "母亲",
    }
    return list((cells | changed).values())


def workbook(rows: list[list[object]], header: tuple[str, ...] = HEADER) -> SimpleUploadedFile:
    data = xlsx.write(title="幼儿", header=header, rows=rows)
    return SimpleUploadedFile("children.xlsx", data, content_type=xlsx.KIND)


def sheet_of(class_group: ClassGroup, number: int = 1) -> SimpleUploadedFile:
    return workbook([row_of(class_group, each) for each in range(number)])


def cells_of(data: bytes) -> list[list[str]]:
    return xlsx.read(BytesIO(data), most_rows=10_000)
