"""Files for a spreadsheet: no cell is a formula, whatever somebody typed as his name."""

from __future__ import annotations

import csv
import io
from datetime import date

import openpyxl  # comes with Wagtail; another library reads than the one that writes
import pytest
from django.utils import translation

from portal import exports

HOSTILE = ["=1+1", "+7 701", "-2", "@SUM(A1)", "\t=1+1", "\r=1+1", "＝1+1", '=HYPERLINK("http://evil.example";"x")']


def table(*rows) -> exports.Table:
    return exports.Table("tirek-test", ["Name", "Day", "Count"], rows)


def content(response) -> bytes:
    return b"".join(response.streaming_content)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_a_csv_file_is_computed(text):
    lines = content(exports.as_csv(table([text, None, 1]))).decode("utf-8")
    assert lines.startswith("\ufeffName;Day;Count")
    cell = list(csv.reader(io.StringIO(lines, newline=""), delimiter=";"))[1][0]
    assert cell == f"'{text}"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_workbook_holds_words_as_words(text):
    book = openpyxl.load_workbook(io.BytesIO(content(exports.as_xlsx(table([text, date(2026, 2, 28), 3])))))
    name, day, count = (cell for cell in list(book.active.rows)[1])
    assert name.data_type == "s"
    # XML itself keeps no carriage return
    assert name.value.replace("\n", "").replace("_x000D_", "") == text.replace("\r", "")
    assert day.value.date() == date(2026, 2, 28)
    assert count.value == 3


def test_names_come_through_unchanged():
    lines = content(exports.as_csv(table(['Әбенов; «Серік» "С"', None, None]))).decode("utf-8-sig")
    assert next(csv.reader([lines.splitlines()[1]], delimiter=";"))[0] == 'Әбенов; «Серік» "С"'


def test_the_rows_are_written_in_the_language_of_the_request():
    with translation.override("en"):
        response = exports.as_csv(table(["A", date(2026, 2, 28), 1]))
    with translation.override("ru"):
        lines = content(response).decode()
    with translation.override("en"):
        from django.utils.formats import date_format  # noqa: PLC0415 - only here

        assert date_format(date(2026, 2, 28), "SHORT_DATE_FORMAT") in lines


def test_a_file_is_kept_by_nobody():
    for response in (exports.as_csv(table()), exports.as_xlsx(table())):
        assert response["Cache-Control"] == "private, no-store"
        assert response["Content-Disposition"].startswith('attachment; filename="tirek-test.')
