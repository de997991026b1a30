"""Tables to take away: CSV and XLSX in which no cell is ever a formula. Of a table with people the caller has checked the
reader, written the log and told others (`portal.services.note_export`)."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

import xlsxwriter
from django import forms
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.formats import date_format
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

Value = str | int | date | None

# What a spreadsheet takes for the beginning of a formula, the full-width twins included (OWASP, "CSV injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"  # Excel reads a file without it in the code page of the machine
SEPARATOR = ";"  # what Excel expects where the comma parts decimals: in Russian and in Kazakh
COLUMN_WIDTH = 16  # characters


class Table(NamedTuple):
    """`name` is the file's, without its ending; `rows` are made while they are written."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Value]]


def defused(text: str) -> str:
    """`text` with an apostrophe before it where a spreadsheet would compute it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class _Echo:
    """A file that hands every line back."""

    def write(self, line: str) -> str:
        return line


def as_csv(table: Table) -> HttpResponseBase:
    """UTF-8 with a byte order mark, semicolons, dates as the reader's language writes them; made row by row."""
    response = StreamingHttpResponse(_csv_lines(table, get_language()), content_type="text/csv; charset=utf-8")
    return _as_download(response, f"{table.name}.csv")


def _csv_lines(table: Table, language: str) -> Iterator[str]:
    """The request's language is gone when the server asks for the rows, so it is put on again."""
    writer = csv.writer(_Echo(), delimiter=SEPARATOR)
    with override(language):
        yield BYTE_ORDER_MARK + writer.writerow([defused(str(label)) for label in table.header])
        for row in table.rows:
            yield writer.writerow([_in_csv(value) for value in row])


def _in_csv(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    return defused(str(value))


def as_xlsx(table: Table) -> HttpResponseBase:
    """One sheet, the first row and column frozen. Text is written as text whatever it begins with; dates are dates."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    with xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(table.header) - 1, COLUMN_WIDTH)
        for column, label in enumerate(table.header):
            sheet.write_string(0, column, str(label), bold)
        for number, row in enumerate(table.rows, start=1):
            for column, value in enumerate(row):
                _write_cell(sheet, number, column, value)
    file.seek(0)
    mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _as_download(FileResponse(file, content_type=mime), f"{table.name}.xlsx")


def _write_cell(sheet, row: int, column: int, value: Value) -> None:
    if isinstance(value, date):
        sheet.write_datetime(row, column, value)
    elif isinstance(value, int):
        sheet.write_number(row, column, value)
    elif value:
        sheet.write_string(row, column, str(value))


FORMATS = {"csv": as_csv, "xlsx": as_xlsx}


class ExportForm(forms.Form):
    """Why somebody takes a list along; which kind of file says the button that he presses."""

    use_required_attribute = False
    file = forms.ChoiceField(choices=[(kind, kind) for kind in FORMATS], widget=forms.HiddenInput)
    why = forms.CharField(
        label=_("What is the list for?"),
        help_text=_("The safeguarding leads read it. Write no names of people here."),
        min_length=5,
        max_length=200,
    )


def _as_download(response: HttpResponseBase, file_name: str) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
