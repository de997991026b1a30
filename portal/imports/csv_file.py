"""CSV as Excel, LibreOffice and old programs write it. Encoding and separator follow from the bytes by fixed rules: the same
file is always read the same way."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator

from .tables import MAX_COLUMNS, MAX_ROWS, Row, Table, Unreadable, tidy

SEPARATORS = ";\t,"  # of two that fit equally the first
SAMPLE = 40  # lines by which the separator is found
QUOTED_LINES = 20  # one cell in quotes goes on over at most so many
LONGEST_LINE = 20_000  # characters
BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# Bytes that are Kazakh letters in KZ-1048 and letters of other languages in Windows-1251 (the rest is the same).
KAZAKH = re.compile(rb"[\x8d\x8e\x9d\x9e\xa1\xa2\xa3\xa5\xaa\xaf\xb4\xba\xbc\xbd\xbe\xbf]")
LOST_LETTERS = re.compile(r"[а-яё]\?[а-яё]|\?[а-яё]{2}|[а-яё]{2}\?(?=[а-яё ,;\t])", re.IGNORECASE)
ENDS_OF_LINES = {"\n", "\r"}
UNKNOWN = "\ufffd"
CYRILLIC = re.compile("[\u0400-\u04ff]")


def read(content: bytes) -> Table:
    """Raises `Unreadable` (`empty`, `not_a_table`, `too_many_rows`)."""
    text, encoding, warning = _decoded(content)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if text.strip() else []
    if not lines:
        raise Unreadable("empty")
    if len(lines) > 2 * MAX_ROWS:  # blank ones among them
        raise Unreadable("too_many_rows")
    first = 0
    if named := re.fullmatch(r'"?sep=([^\w\s"]|\t)"?', lines[0].strip("\ufeff ")):  # Excel's own word
        separator, first = named[1], 1
    else:
        separator = _separator(lines)
    return Table({"encoding": encoding, "separator": separator}, warning, len(lines), _rows(lines, first, separator))


def _decoded(content: bytes) -> tuple[str, str, str]:
    """The text, the name of its encoding, and a warning."""
    for bom, encoding in BOMS.items():
        if content.startswith(bom):
            return content[len(bom) :].decode(encoding, "replace"), encoding, ""
    if 0 in content:
        return _unmarked_utf_16(content)
    text = content.decode("utf-8", "replace")
    strange = text.count(UNKNOWN)
    if not strange or strange * 10 <= len(
        CYRILLIC.findall(text)
    ):  # a few broken bytes in a text that is otherwise UTF-8
        return text, "utf-8", ""
    encoding = "kz-1048" if KAZAKH.search(content) else "windows-1251"
    text = content.decode("kz1048", "replace")
    return text, encoding, "letters_lost" if LOST_LETTERS.search(text[:200_000]) else ""


def _unmarked_utf_16(content: bytes) -> tuple[str, str, str]:
    """Every Latin letter, separator and end of a line has a nought in UTF-16: after it (LE) or before it (BE)."""
    after, before = content[1::2].count(0), content[::2].count(0)
    encoding = "utf-16-le" if after > before else "utf-16-be"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("not_a_table") from error
    if "\0" in text or not ENDS_OF_LINES & set(text) or max(after, before) < 9 * min(after, before):
        raise Unreadable("not_a_table")
    return text, encoding, ""


def _separator(lines: list[str]) -> str:
    """What parts most lines into the same number of cells, more than one; `;` where nothing does."""
    sample = [line[:LONGEST_LINE] for line in lines[: 4 * SAMPLE] if line.strip()][:SAMPLE]

    def fit(separator: str) -> tuple[int, int]:
        widths = Counter(_width(line, separator) for line in sample)
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        return (count, width) if width > 1 else (0, 0)

    return max(SEPARATORS, key=fit)


def _width(line: str, separator: str) -> int:
    """How many cells, separators in quotes not counted, empty cells at the end neither."""
    return len(re.sub(r'"[^"]*"', "x", line).rstrip(separator + " ").split(separator))


def _rows(lines: list[str], first: int, separator: str) -> Iterator[Row]:
    number, count = first, 0
    widths: Counter[int] = Counter()
    while number < len(lines):
        row, used = _row(lines, number, separator, widths)
        number += used
        if not row.broken and not any(row.cells):
            continue
        count += 1
        if count > MAX_ROWS + 1:  # and the heads
            raise Unreadable("too_many_rows")
        yield row


def _row(lines: list[str], number: int, separator: str, widths: Counter[int]) -> tuple[Row, int]:
    """The row that begins at this line, and how many lines it takes. One that cannot be read takes a single line: whatever
    is wrong in it, the next line is the next row."""
    line, used = lines[number], 1
    if len(line) > LONGEST_LINE:
        return Row(number + 1, [], "line_too_long"), 1
    if UNKNOWN in line:
        return Row(number + 1, [], "letters"), 1
    if '"' not in line:
        cells = line.split(separator)
    else:
        found = _quoted(lines, number, separator, widths)
        if found is None:
            return Row(number + 1, [], "quotes"), 1
        cells, used = found
    if len(cells) > 1:
        widths[len(cells)] += 1
    return Row(number + 1, [tidy(cell) for cell in cells[:MAX_COLUMNS]]), used


def _quoted(lines: list[str], number: int, separator: str, widths: Counter[int]) -> tuple[list[str], int] | None:
    """The cells of a row with quotation marks and how many lines it takes; None where they do not fit together. A row over
    several lines is as wide as most rows before it, and no line within it would be one by itself: a quotation mark too many
    does not swallow its neighbours."""
    usual = widths.most_common(1)[0][0] if widths else 0
    for used in range(1, min(QUOTED_LINES, len(lines) - number) + 1):
        block = lines[number : number + used]
        if used > 1 and usual and len(block[-1].split(separator)) == usual:
            return None
        if sum(map(len, block)) > LONGEST_LINE:
            return None
        try:
            cells = next(csv.reader(["\n".join(block)], delimiter=separator, strict=True))
        except csv.Error as error:
            if str(error) == "unexpected end of data":
                continue
            return None
        return None if used > 1 and usual and len(cells) != usual else (cells, used)
    return None
