"""A file as a table: rows of text with the numbers of their lines, whatever program wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.names import UNSEEN

MAX_ROWS = 300_000
MAX_COLUMNS = 60

UNREADABLE: dict[str, Promise] = {
    "empty": _("The file is empty."),
    "no_rows": _("There is only one line in the file: the names of the columns. What is to be brought in is missing."),
    "old_excel": _("This is a file of an old Excel (XLS). Save it as XLSX or as CSV and send it again."),
    "not_a_table": _("This is no table. Send a file in CSV or XLSX."),
    "broken_workbook": _("This XLSX file cannot be read. Open it in Excel, save it as a new one and send that."),
    "too_big_inside": _("This XLSX file is too large when unpacked. Split it, or save it as CSV."),
    "too_many_rows": _("There are more than 300,000 lines in the file. Split it."),
    "lost": _("The file is no longer there. Send it again."),
}


class Unreadable(Exception):
    """The file as a whole is no table that we read; `code` is a key of UNREADABLE."""

    def __init__(self, code: str):
        self.code = code
        super().__init__(code)


class Row(NamedTuple):
    """`line` as an editor or Excel counts it. `broken` is a code of `kinds.PROBLEMS` where the line itself cannot be read."""

    line: int
    cells: list[str]
    broken: str = ""


class Table(NamedTuple):
    """`about` says how the file was understood (encoding, separator) and `warning` what may be wrong with it, as codes;
    `lines` is about how many there are; `rows` are those that are not blank, read while they are asked for."""

    about: dict[str, str]
    warning: str
    lines: int
    rows: Iterator[Row]


def tidy(text: str) -> str:
    """Words with single spaces between them, without signs that cannot be seen; without the apostrophe by which an export of
    ours keeps a cell from being a formula."""
    if not text.isprintable():
        text = text.replace("\ufeff", "").replace("\u200b", "").translate(UNSEEN)
    text = " ".join(text.split())
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@"} else text
