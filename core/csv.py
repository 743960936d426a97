"""CSV that a spreadsheet opens as text and not as a program."""

import csv
import re
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

BYTE_ORDER_MARK = "\ufeff"  # without it a spreadsheet reads UTF-8 Chinese as the local code page
# The last five are the same signs in full width, which spreadsheets read alike.
FORMULA = re.compile(r"""[\s"']*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20\ufe66]""")
NUMBER = re.compile(
    r"[+-]?[0-9]{1,15}(\.[0-9]+)?"
)  # beyond 15 digits a spreadsheet loses the last ones
LONG_DIGITS = re.compile(r"[0-9]{16,}")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def safe_cell(value) -> str:
    text = CONTROL.sub("", "" if value is None else str(value))
    if NUMBER.fullmatch(text):
        return text
    return f"'{text}" if FORMULA.match(text) or LONG_DIGITS.fullmatch(text) else text


class _Echo:
    """A file whose write hands the line back, so that csv.writer can feed a stream."""

    def write(self, line: str) -> str:
        return line


def lines(header: Iterable, rows: Iterable[Iterable]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow([safe_cell(cell) for cell in header])
    for row in rows:
        yield writer.writerow([safe_cell(cell) for cell in row])


def stream(*, filename: str, header: Iterable, rows: Iterable[Iterable]) -> StreamingHttpResponse:
    """Rows are taken one by one as they are sent, so an export of any length needs little memory."""
    disposition = content_disposition_header(as_attachment=True, filename=filename)
    return StreamingHttpResponse(
        lines(header, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )
