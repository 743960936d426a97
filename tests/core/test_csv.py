import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.csv import FORMULA, NUMBER, lines, safe_cell, stream

PAYLOADS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u3000=1",
    '"=1',
    "'=1",
    "|calc",
    "%0A=1",
    "＝1+1",
    "＋1",
    "－1+a",
    "＠SUM(1)",
    "﹦1",
    "\x00=1",
    "-1,2",
    "+861380537=1",
    '=HYPERLINK("http://a.example","b")',
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_formula_becomes_text(payload):
    assert safe_cell(payload).startswith("'")


@pytest.mark.parametrize(
    "plain", ["午餐", "a=b", "1.5", "-1.5", "+3", "2026-11-23", "", "O'Hara", 7, -7]
)
def test_plain_cell_stays_as_it_is(plain):
    assert safe_cell(plain) == str(plain)


def test_none_is_an_empty_cell():
    assert safe_cell(None) == ""


def test_number_too_long_for_a_spreadsheet_keeps_its_digits_as_text():
    assert safe_cell("370811202401011234") == "'370811202401011234"


def test_control_characters_are_dropped():
    assert safe_cell("a\x00b\x1bc\x7f") == "abc"


@given(st.text())
def test_no_cell_starts_like_a_formula(text):
    cell = safe_cell(text)

    assert NUMBER.fullmatch(cell) or cell.startswith("'") or not FORMULA.match(cell)


def test_lines_are_read_back_by_a_csv_reader():
    text = "".join(lines(["名称", "n"], [["a,b", 1], ['say "hi"', None]]))

    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text[1:]))) == [
        ["名称", "n"],
        ["a,b", "1"],
        ['say "hi"', ""],
    ]


def test_stream_takes_rows_only_as_they_are_sent():
    taken = []

    def rows():
        for number in range(3):
            taken.append(number)
            yield [number]

    response = stream(filename="审计.csv", header=["n"], rows=rows())
    sent = iter(response.streaming_content)
    next(sent)
    next(sent)

    assert taken == [0]
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%E5%AE%A1%E8%AE%A1.csv"
