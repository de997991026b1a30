"""Files as tables: whatever wrote them, whatever is in them."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.imports import csv_file, planning, tables, workbook
from portal.imports.kinds import PROBLEMS, recognised
from portal.imports.schools import Schools
from portal.imports.tables import Unreadable

TEXT = "Нөмірі;Ұйым;Мекенжай\n1;Әже мен ата қоры;Көшеғұл 5\n2;Ветераны;ул. Абая, 5\n"


def read(content: bytes) -> list[tuple[int, list[str], str]]:
    return [tuple(row) for row in planning.read(content).rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "kz1048"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_separators_and_ends_of_lines(encoding, separator, end):
    text = TEXT.replace("Абая, 5", "Абая 5").replace(";", separator).replace("\n", end)
    rows = read(text.encode(encoding))
    assert [row[0] for row in rows] == [1, 2, 3]
    assert rows[1][1] == ["1", "Әже мен ата қоры", "Көшеғұл 5"]


def test_commas_in_words_do_not_part_them():
    table = planning.read(TEXT.encode())
    assert table.about == {"encoding": "utf-8", "separator": ";"}
    assert list(table.rows)[2].cells[2] == "ул. Абая, 5"


def test_letters_that_windows_1251_does_not_have_are_missed():
    lost = TEXT.encode("cp1251", "replace")
    table = planning.read(lost)
    assert (table.about["encoding"], table.warning) == ("windows-1251", "letters_lost")
    assert planning.read("номер;имя\n1;Ветераны?\n".encode("cp1251")).warning == ""


def test_a_few_broken_letters_spoil_their_line_alone():
    content = TEXT.encode() + b"3;\xd0\xff;x\n4;a;b\n"
    rows = read(content)
    assert [row[2] for row in rows] == ["", "", "", "letters", ""] and rows[4][1] == ["4", "a", "b"]


def test_what_excel_writes_before_the_first_line():
    assert read("sep=,\na,b;c\n1,2\n".encode("utf-16"))[0] == (2, ["a", "b;c"], "")


def test_quotes():
    text = 'a;b;c\n1;"x;y";"say ""yes"""\n2;"two\nlines";z\n3;"never closed;z\n4;"a"b;z\n5;5" pipe;z\n6;last;z\n'
    assert [(line, cells[1:2], broken) for line, cells, broken in read(text.encode())][1:] == [
        (2, ["x;y"], ""),
        (3, ["two lines"], ""),
        (5, [], "quotes"),
        (6, [], "quotes"),
        (7, ['5" pipe'], ""),
        (8, ["last"], ""),
    ]


def test_a_quotation_mark_too_many_swallows_no_neighbour():
    text = "a;b;c\n" + '1;x;y\n2;"x;y\n3;x;y\n4;x";y\n5;x;y\n'
    assert [row[0] for row in read(text.encode()) if not row[2]] == [1, 2, 4, 5, 6]


def test_blank_lines_and_empty_columns_at_the_end():
    rows = read(b"a;b;;;\n\n;;;;\n1;2;;;\n   \n")
    assert [(row[0], row[1][:2]) for row in rows] == [(1, ["a", "b"]), (4, ["1", "2"])]


def test_an_apostrophe_of_our_exports_is_no_part_of_a_cell():
    assert tables.tidy("'+7 701 123 45 67") == "+7 701 123 45 67" and tables.tidy("'ата") == "'ата"


def test_more_lines_than_we_take(monkeypatch):
    monkeypatch.setattr(csv_file, "MAX_ROWS", 3)
    with pytest.raises(Unreadable) as error:
        read(b"a;b\n" + b"1;2\n" * 4)
    assert error.value.code == "too_many_rows"


def test_three_hundred_thousand_lines_with_a_broken_one():
    lines = ["a;b", *(f'{number};"x"' if number % 9 == 0 else f"{number};x" for number in range(300_000))]
    lines[150_000] = '149999;"x'
    broken = [row for row in planning.read("\n".join(lines).encode()).rows if row.broken]
    assert [(row.line, row.broken) for row in broken] == [(150_001, "quotes")]


# --- XLSX --------------------------------------------------------------------------------------------------------


def book(*rows: list) -> bytes:
    made, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        made.active.append(row)
    made.save(out)
    return out.getvalue()


def part_changed(content: bytes, name: str, change) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part)
            new.writestr(part.filename, change(data) if part.filename == name else data)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_values_as_they_are_typed():
    rows = read(
        book(["a", "b", "c", "d"], [87011234567, 7.5, datetime(2026, 3, 1), "0012"], [], [12.0, None, True, " x  y "])
    )
    assert rows[1:] == [(2, ["87011234567", "7.5", "2026-03-01", "0012"], ""), (4, ["12", "", "True", "x y"], "")]


def test_a_formula_is_not_computed():
    assert read(book(["a", "b"], ["x", "=1+1"]))[1][1] == ["x"]


def test_an_error_of_excel_spoils_its_line():
    content = book(["a"], ["#REF!"], ["x"])
    assert [row[2] for row in read(content)] == ["", "cell_error", ""]


@pytest.mark.parametrize(
    ("hostile", "code"),
    [
        (lambda c: part_changed(c, SHEET, lambda d: b'<!DOCTYPE x [<!ENTITY a "b">]>' + d), "broken_workbook"),
        (lambda c: part_changed(c, SHEET, lambda d: d.decode().encode("utf-16")), "broken_workbook"),
        (lambda c: part_changed(c, SHEET, lambda d: d[: len(d) // 2]), "broken_workbook"),
        (lambda c: part_changed(c, "xl/workbook.xml", lambda d: b"<a/>"), "broken_workbook"),
        (lambda c: c[:-30], "broken_workbook"),
        (lambda c: part_changed(c, SHEET, lambda d: d + b" " * 5_000_000), "too_big_inside"),
    ],
)  # fmt: skip
def test_hostile_workbooks(hostile, code, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 3_000_000)
    with pytest.raises(Unreadable) as error:
        read(hostile(book(["a"], ["b"])))
    assert error.value.code == code


def test_a_row_far_down_and_a_cell_far_right_cost_nothing(monkeypatch):
    far = part_changed(
        book(["a"], ["b"]),
        SHEET,
        lambda data: data.replace(b'r="2"', b'r="900000000"').replace(b'"A2"', b'"A900000000"'),
    )
    with pytest.raises(Unreadable) as error:
        read(far)
    assert error.value.code == "too_many_rows"
    wide = part_changed(book(["a"], ["b"]), SHEET, lambda data: data.replace(b'"A2"', b'"XFD2"'))
    assert all(len(row[1]) <= tables.MAX_COLUMNS for row in read(wide))


def test_another_zip_is_no_table():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(Unreadable) as error:
        read(out.getvalue())
    assert error.value.code == "not_a_table"


# --- anything ----------------------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=400), st.text(alphabet=';,\t"\n\r№Қа1=\0 ', max_size=200).map(lambda t: t.encode("utf-16"))
    )
)
@example(b'"' * 50)
@example(b"\xff\xfe\n")
@example(b"sep=")
@example(b'sep="\n"')
@example(b"PK\x03\x04")
def test_no_bytes_are_an_error_of_ours(content):
    try:
        rows = read(content)
    except Unreadable as error:
        assert error.code in tables.UNREADABLE
        return
    assert all(row[2] in {"", *PROBLEMS} for row in rows)
    assert [row[0] for row in rows] == sorted({row[0] for row in rows})


CELL = st.text(alphabet="абқ ;\"\n12№='", max_size=8).map(tables.tidy)


@settings(max_examples=100)
@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3).filter(any), min_size=2, max_size=6),
    st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
)
def test_what_is_written_is_read(rows, encoding):
    out = io.StringIO()
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
    assert [row[1] for row in read(out.getvalue().encode(encoding))][1:] == rows


# --- heads -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heads", "found"),
    [
        (["№ п/п", "Мектеп №", "Аудан"], {"number": 1, "district": 2}),
        (["НОМЕР ШКОЛЫ", "Район (город)", "Наименование"], {"number": 0, "district": 1, "name_ru": 2}),
        (["Number", "District", "Name in Kazakh", "name in English"], {"number": 0, "district": 1, "name_kk": 2, "name_en": 3}),
        (["нөмір", "аудан", "қазақ тіліндегі атауы", "Адрес школы"], {"number": 0, "district": 1, "address": 3}),
    ],
)  # fmt: skip
def test_columns_are_recognised_in_three_languages(heads, found):
    assert found.items() <= recognised(Schools, heads).items()
