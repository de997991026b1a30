"""What is taken along to be opened elsewhere: no cell of any list is computed, no line of a calendar is invented."""

from __future__ import annotations

import csv
import io
import re

import openpyxl  # comes with Wagtail
import pytest
from icalendar import Calendar

from portal.exports import FORMULA_STARTS
from portal.models import District, School, Topic
from tests.access.addresses import address
from tests.access.asking import client_of
from tests.access.rows import ACCESS
from tests.lists import take
from volunteers.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_demo_mode")]

# Every list that leaves as a table: its address, by whom, which kinds. A new one without a line here fails.
LISTS = {
    "staff_record_export": ("dana", ("csv", "xlsx")),
    "staff_hours_export": ("aigul", ("csv", "xlsx")),
    "staff_coverage_export": ("aigul", ("csv", "xlsx")),
    "numbers_csv": ("nobody", ("csv",)),
}
FORMULA = "{}cmd|' /C calc'!A0"
OTHER_TEXT = {"numbers_json"}  # no table


def test_every_list_is_here():
    assert {name for name in ACCESS if re.search("export|csv|xlsx|json", name)} == set(LISTS) | OTHER_TEXT


def poison(start: str) -> None:
    """Every name that may stand in a list begins with `start`."""
    words = FORMULA.format(start)
    Person.objects.update(family_name=words, given_name=words, patronymic=words)
    for model in (District, School, Topic):
        model.objects.update(name_kk=words, name_ru=words, name_en=words)


def cells(content: bytes, kind: str) -> list:
    if kind == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        return [cell for sheet in book for row in sheet.rows for cell in row if cell.value is not None]
    return [
        cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";") for cell in row
    ]


@pytest.mark.parametrize("start", FORMULA_STARTS)
@pytest.mark.parametrize("name", LISTS)
def test_no_cell_is_a_formula(name, start, world, keys):
    poison(start)
    person, kinds = LISTS[name]
    for kind in kinds:
        client, url = client_of(keys[person]), address(name, world)
        response = take(client, url, kind) if ACCESS[name].post else client.get(url)
        found = cells(b"".join(response.streaming_content), kind)
        assert found
        if kind == "xlsx":
            assert not [cell for cell in found if cell.data_type == "f"]
            assert name == "numbers_csv" or any("calc" in str(cell.value) for cell in found)
        else:
            assert not [cell for cell in found if cell.startswith(FORMULA_STARTS)]


HOSTILE = (
    "x\r\nATTENDEE:mailto:a@evil.example", "x\nEND:VEVENT\nBEGIN:VEVENT", "\u2028\u2029\x85\x0b\x0cURL:http://evil.example",
    ";,\\:\"'", "қазақша сөз " * 30, "👩‍👩‍👧" * 60, "\t=1", "x\0y", "%s{0}",
)  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_no_line_of_a_calendar_is_invented(words, world, keys):
    Topic.objects.update(name_kk=words[:200], name_ru=words[:200], name_en=words[:200])
    School.objects.update(name_kk=words[:200], name_ru=words[:200], name_en=words[:200], address=words[:200])
    client = client_of(keys["nurlan"])
    client.post(address("calendar_address", world))
    page = client.get(address("my_bookings", world)).content.decode()
    feed = client_of("").get("/calendar/" + page.split("/calendar/")[1].split("<")[0]).content
    lines = feed.split(b"\r\n")
    assert max(map(len, lines)) <= 75 and not any(b"\n" in line or b"\r" in line for line in lines)
    events = Calendar.from_ical(feed).walk("VEVENT")
    assert len({str(event["UID"]) for event in events}) == len(events) == lines.count(b"BEGIN:VEVENT") > 0
    assert not any("evil" in str(event.get("URL", "")) or "ATTENDEE" in event for event in events)
