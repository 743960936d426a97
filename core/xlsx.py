"""Workbooks in and out. Out, every cell is text, so that nothing somebody typed becomes a formula. In, it is the text of
the first sheet, within limits that are looked at before anything is unpacked.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any, BinaryIO
from zipfile import ZipFile

import structlog
from django.core.files.base import File
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from xlsxwriter import Workbook

from core.csv import CONTROL
from core.errors import Refused

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES = 1_000_000
MOST_UNPACKED = 10_000_000
MOST_RATIO = 100
MOST_PARTS = 200
MOST_COLUMNS = 40
LIST_SIGNS = 255  # that a spreadsheet takes as the choices of a cell

logger = structlog.get_logger(__name__)


def write(
    *,
    title: str,
    header: Sequence[str],
    rows: Iterable[Iterable[Any]],
    choices: Mapping[int, Sequence[str]] | None = None,
) -> bytes:
    """`choices`: number of a column, from 0, and what its cells offer to choose from."""
    buffer = BytesIO()
    safe = {f"strings_to_{kind}": False for kind in ("formulas", "urls", "numbers")}
    with Workbook(buffer, safe | {"constant_memory": True}) as book:
        text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True})
        sheet = book.add_worksheet(title[:31])
        sheet.set_column(0, len(header) - 1, 18, text)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, header, head)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                sheet.write_string(number, column, _plain(value), text)
        for column, offered in (choices or {}).items():
            if offered and len(",".join(offered)) <= LIST_SIGNS:
                rule = {"validate": "list", "source": list(offered), "error_type": "warning"}
                sheet.data_validation(1, column, 1000, column, rule)
    return buffer.getvalue()


def response(data: bytes, *, filename: str) -> HttpResponse:
    headers = {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=filename),
        "Cache-Control": "no-store",
    }
    return HttpResponse(data, content_type=KIND, headers=headers)


def read(upload: BinaryIO | File, *, most_rows: int) -> list[list[str]]:
    """The rows of the first sheet with their empty ones, from row 1 on. Raises Refused `no_workbook`, `sheet_too_large`."""
    upload.seek(0)
    data = upload.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES or _unpacks_too_large(data):
        raise _too_large(most_rows)
    try:
        book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        cells = book.worksheets[0].iter_rows(
            max_row=most_rows + 2, max_col=MOST_COLUMNS, values_only=True
        )
        rows = [[_text(cell) for cell in row] for row in cells]
    except Exception as error:  # noqa: BLE001 -- a file from outside may break its reader in any way
        logger.info("workbook_unreadable", reason=type(error).__name__)
        raise _no_workbook() from None
    for row in rows:
        while row and not row[-1]:
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    if len(rows) > most_rows + 1:
        raise _too_large(most_rows)
    return rows


def _unpacks_too_large(data: bytes) -> bool:
    try:
        with ZipFile(BytesIO(data)) as parts:
            found = parts.infolist()
    except Exception:  # noqa: BLE001 -- as above
        raise _no_workbook() from None
    whole = sum(part.file_size for part in found)
    packed = max(1, sum(part.compress_size for part in found))
    return len(found) > MOST_PARTS or whole > MOST_UNPACKED or whole / packed > MOST_RATIO


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return CONTROL.sub("", str(value)).strip()


def _plain(value: Any) -> str:
    return CONTROL.sub("", "" if value is None else str(value))


def _no_workbook() -> Refused:
    return Refused(_("This is not an Excel workbook (.xlsx) that can be read."), "no_workbook")


def _too_large(most_rows: int) -> Refused:
    message = _("This file is too large. A sheet may have %(rows)d rows; please split it.")
    return Refused(message % {"rows": most_rows}, "sheet_too_large")
