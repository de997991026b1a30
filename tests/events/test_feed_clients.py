"""The feed and the calendar files of letters before programs that people really use: vdirsyncer fetches from a running
server, khal reads and shows."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.utils import timezone, translation

from events import services
from events.models import SchoolSession
from portal.models import Topic
from tests.events.builders import at, make_session
from tests.events.test_booking import letters
from tests.people import make_cast

BIN = Path(sys.executable).parent
VDIRSYNCER = """
[general]
status_path = "{folder}/status/"
[pair visits]
a = "portal"
b = "phone"
collections = null
conflict_resolution = "a wins"
[storage portal]
type = "http"
url = "{url}"
[storage phone]
type = "filesystem"
path = "{folder}/phone/"
fileext = ".ics"
"""
KHAL = """
[calendars]
[[visits]]
path = {folder}/phone/
[locale]
local_timezone = Asia/Almaty
default_timezone = Asia/Almaty
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {folder}/khal.db
[default]
default_calendar = visits
"""
SHOWN = "{uid}|{start-long-full}|{end-long-full}|{status}|{title}|{location}"


class Phone:
    """A calendar of its own folder, with the address it is subscribed to."""

    def __init__(self, folder: Path, url: str = ""):
        self.folder = folder
        (folder / "phone").mkdir(parents=True)
        (folder / "vdirsyncer").write_text(VDIRSYNCER.format(folder=folder, url=url))
        (folder / "khal").write_text(KHAL.format(folder=folder))

    def run(self, program: str, *arguments: str) -> str:
        environment = os.environ | {"HOME": str(self.folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        command = [BIN / program, "--config", self.folder / program, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def fetch(self) -> None:
        self.run("vdirsyncer", "discover")
        self.run("vdirsyncer", "sync")

    def take_in(self, content: str) -> None:
        """What a press on the file of a letter does."""
        (self.folder / "visit.ics").write_bytes(content.encode())
        self.run("khal", "import", "--batch", str(self.folder / "visit.ics"))

    def shows(self) -> list[list[str]]:
        """Identifier, beginning, end, state, title and place of the events of the next month, in Almaty's time."""
        last = timezone.localdate() + timedelta(days=40)
        listed = self.run("khal", "list", "--day-format", "", "--format", SHOWN, str(timezone.localdate()), str(last))
        return [[part.strip() for part in line.split("|")] for line in listed.splitlines() if line.strip()]


@pytest.fixture
def mentor(transactional_db):
    return make_cast().nurlan


@pytest.fixture
def session(mentor):
    """At ten in the morning in Almaty, with letters of Kazakh and what iCalendar escapes in its names."""
    topic = Topic.objects.filter(grade_to__gte=7).first()
    topic.name_kk = "Қауіпсіздік; өмір, жол әңгіме ұғым іс-шара үлгі – ұзын тақырып"
    topic.save()
    return make_session(make_cast(), topic=topic, starts_at=at(7, 10))


def event_of(booking, session, status: str = "CONFIRMED") -> list[str]:
    with translation.override("kk"):
        school, topic = session.school.name, session.topic.name
        place = ", ".join(filter(None, (school, session.school.address)))
    moments = [f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" for moment in (session.starts_at, session.ends_at)]
    return [f"booking-{booking.uuid}@127.0.0.1", *moments, status, f"{topic} – {school}", place]


def test_a_subscribed_calendar_follows_the_visits(mentor, session, live_server, tmp_path):
    """Fetched, moved, cancelled: each time the same event, and nothing beside it. vdirsyncer gives what it fetches names of
    its own, so whether ours stays is seen by khal, which takes in the whole file each time."""
    url = f"{live_server.url}/calendar/{services.new_address(by=mentor.user).secret}.ics"
    subscribed, taken_in = Phone(tmp_path / "subscribed", url), Phone(tmp_path / "taken_in")

    def shown() -> list[list[str]]:
        subscribed.fetch()
        with urlopen(url) as response:  # noqa: S310 - our own server
            taken_in.take_in(response.read().decode())
        events = taken_in.shows()
        assert [event[1:] for event in subscribed.shows()] == [event[1:] for event in events]
        return events

    booking = services.book(session=session, by=mentor.user)
    assert shown() == [event_of(booking, session)]
    assert shown()[0][1].endswith(" 10:00")
    starts = session.starts_at + timedelta(days=1, hours=2)
    values = {"starts_at": starts, "ends_at": starts + timedelta(minutes=45)}
    services.change_session(session=session, by=make_cast().aigul, values=values)
    session.refresh_from_db()
    assert shown() == [event_of(booking, session)]
    assert shown()[0][1].endswith(" 12:00")
    booking.refresh_from_db()
    services.cancel_booking(booking=booking, by=mentor.user)
    assert shown() == [event_of(booking, session, "CANCELLED")]
    services.new_address(by=mentor.user)
    with pytest.raises(HTTPError, match="404"):
        urlopen(url)  # noqa: S310


def test_the_files_of_letters_are_taken_in(mentor, session, tmp_path):
    """The invitation, then its cancellation over it: one event, in the end cancelled."""
    phone = Phone(tmp_path)
    booking = services.book(session=session, by=mentor.user)
    phone.take_in(letters("booked").get().attachments[0]["content"])
    assert phone.shows() == [event_of(booking, SchoolSession.objects.get(pk=session.pk))]
    services.cancel_booking(booking=booking, by=mentor.user)
    phone.take_in(letters("booking_cancelled").get().attachments[0]["content"])
    assert phone.shows() == [event_of(booking, session, "CANCELLED")]
