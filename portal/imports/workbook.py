"""XLSX: the first sheet, its values as they were last computed. Nothing is computed here, and nothing outside the file is
asked for; what unpacks to more than a list of people ever holds is refused before it is read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time

from .tables import MAX_COLUMNS, MAX_ROWS, Row, Table, Unreadable, tidy

MAX_UNPACKED = 120 * 1024 * 1024  # bytes of all parts together
MAX_PARTS = 500
FIRST_ROWS = 20
CHUNK = 1024 * 1024
DOCTYPE = b"<!DOCTYPE"  # an XLSX has none; entities need one
UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")  # in which DOCTYPE would look different
ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}


def read(content: bytes) -> Table:
    """Of what `weigh` has let pass. Raises `Unreadable` (`broken_workbook`), and so do the rows (`too_many_rows` too)."""
    import openpyxl  # noqa: PLC0415 - large, and few requests need it: the web starts sooner

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        lines = min(sheet.max_row or 0, MAX_ROWS)
        sheet.reset_dimensions()  # what the file says of its size may be wrong
    except Exception as error:  # whatever a library throws at a hostile file
        raise Unreadable("broken_workbook") from error
    return Table({"encoding": "xlsx", "separator": ""}, "", lines, _rows(sheet))


def weigh(content: bytes) -> int:
    """How many bytes it unpacks to. Raises `Unreadable` (`broken_workbook`, `too_big_inside`, `not_a_table`)."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if "xl/workbook.xml" not in archive.namelist():
                raise Unreadable("not_a_table")
            size = sum(part.file_size for part in parts)
            if len(parts) > MAX_PARTS or size > MAX_UNPACKED:
                raise Unreadable("too_big_inside")
            for part in parts:
                _demand_plain(archive, part)
            return size
    except Unreadable:
        raise
    except Exception as error:  # not whole, locked, packed in an unknown way
        raise Unreadable("broken_workbook") from error


def _demand_plain(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """A part never unpacks to more than it says: `zipfile` stops there."""
    end = b""
    with archive.open(part) as source:
        while chunk := source.read(CHUNK):
            if DOCTYPE in end + chunk or (not end and chunk.startswith(UTF_16)):
                raise Unreadable("broken_workbook")
            end = chunk[-len(DOCTYPE) :]


def _rows(sheet) -> Iterator[Row]:
    """As wide as the widest of the first rows: what stands further right has no head."""
    try:
        first = sheet.iter_rows(max_row=FIRST_ROWS, max_col=MAX_COLUMNS, values_only=True)
        width = max(
            (at for values in first for at, value in enumerate(values, start=1) if value is not None), default=1
        )
        for line, values in enumerate(sheet.iter_rows(max_col=width, values_only=True), start=1):
            if line > MAX_ROWS + 1:
                raise Unreadable("too_many_rows")
            cells = [_text(value) for value in values]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield Row(line, cells, "cell_error" if ERRORS & set(cells) else "")
    except Unreadable:
        raise
    except Exception as error:  # the sheet is read, and may break, row by row
        raise Unreadable("broken_workbook") from error


def _text(value: object) -> str:
    """A number as it is typed: a phone or a code without a point at its end. A day as 2026-03-01."""
    if value is None:
        return ""
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
