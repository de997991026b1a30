"""Calendar files in letters and the feed (I18-I20)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.utils import timezone
from django.utils.http import http_date
from icalendar import Calendar

from events import services
from events.models import Booking, CalendarToken, SchoolSession
from portal import mail
from portal.models import OutgoingMessage, Topic
from tests.events.builders import at, make_session
from tests.events.test_booking import letters

pytestmark = pytest.mark.django_db


def only_event(content):
    calendar = Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


@pytest.fixture
def address(cast, sign_in):
    """Nurlan's feed, made by the button and read from his page."""
    client = sign_in(cast.nurlan.user)
    assert client.post("/en/my/bookings/calendar/").status_code == 302
    page = client.get("/en/my/bookings/").content.decode()
    return "/calendar/" + page.split("/calendar/")[1].split("<")[0]


def test_the_invitation_and_its_cancellation(cast):
    booking = services.book(session=make_session(cast, starts_at=at(7, 10)), by=cast.nurlan.user)
    calendar, event = only_event(letters("booked").get().attachments[0]["content"])
    assert calendar["METHOD"] == "REQUEST"
    assert event["UID"] == f"booking-{booking.uuid}@127.0.0.1"
    assert event["STATUS"] == "CONFIRMED"
    assert event.decoded("DTSTART") == booking.starts_at
    assert event["DTSTART"].to_ical().endswith(b"Z")
    services.cancel_booking(booking=booking, by=cast.nurlan.user)
    cancelled, ended = only_event(letters("booking_cancelled").get().attachments[0]["content"])
    assert (cancelled["METHOD"], ended["STATUS"], ended["UID"]) == ("CANCEL", "CANCELLED", event["UID"])
    assert ended["SEQUENCE"] > event["SEQUENCE"]


def test_the_letter_that_leaves_carries_a_calendar_part(cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    services.book(session=make_session(cast), by=cast.nurlan.user)
    mail.deliver(letters("booked").get().pk)
    message = next(message for message in outbox.outbox if message.to == [cast.nurlan.user.email]).message()
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "REQUEST"
    assert part.get_content_charset() == "utf-8"
    assert only_event(part.get_payload(decode=True))[1]["SUMMARY"]


def test_kazakh_text_is_folded_between_letters_and_survives(cast):
    topic = Topic.objects.filter(grade_to__gte=7).first()
    topic.name_kk = "Қауіпсіздік; өмір, \\ жол " + "әңгіме ұғым іс-шара үлгі " * 6
    topic.save()
    services.book(session=make_session(cast, topic=topic), by=cast.nurlan.user)
    content = letters("booked").get().attachments[0]["content"]
    assert max(len(line) for line in content.encode().split(b"\r\n")) <= 75
    assert " ".join(topic.name_kk.split()) in only_event(content)[1]["SUMMARY"]


def test_a_line_break_in_a_name_begins_no_property(cast):
    cast.school.name_kk = "Мектеп\r\nATTENDEE:mailto:x@y.example\rURL:http://evil.example"
    cast.school.address = "Көше\n1"
    cast.school.save()
    services.book(session=make_session(cast), by=cast.nurlan.user)
    content = letters("booked").get().attachments[0]["content"]
    assert content.replace("\r\n", "").find("\r") == content.replace("\r\n", "").find("\n") == -1
    _calendar, event = only_event(content)
    assert "evil" not in event["URL"]
    assert not isinstance(event["ATTENDEE"], list)


def test_the_feed_is_a_file_that_rests_while_nothing_changes(cast, client, address):
    booking = services.book(session=make_session(cast), by=cast.nurlan.user)
    first = client.get(address)
    assert first.status_code == 200
    assert first["Content-Type"].startswith("text/calendar")
    calendar, event = only_event(first.content)
    assert (calendar["METHOD"], str(calendar["X-WR-CALNAME"])) == ("PUBLISH", str(calendar["NAME"]))
    assert event["UID"] == f"booking-{booking.uuid}@127.0.0.1"
    for forbidden in (cast.nurlan.family_name, cast.nurlan.phone, cast.nurlan.user.email, "Есімова"):
        assert forbidden not in first.content.decode()
    again = client.get(address, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    services.cancel_booking(booking=booking, by=cast.nurlan.user)
    changed = client.get(address, headers={"if-none-match": first["ETag"]})
    assert changed.status_code == 200
    _calendar, cancelled = only_event(changed.content)
    assert (cancelled["UID"], cancelled["STATUS"]) == (event["UID"], "CANCELLED")
    assert cancelled["SEQUENCE"] > event["SEQUENCE"]


def test_a_client_that_knows_moments_only_misses_no_change(cast, client, address):
    """Another class of the session changes the event, and not the moment at which the booking was last moved."""
    session = make_session(cast, calendar_reason="Agreed")
    services.book(session=session, by=cast.nurlan.user)
    first = client.get(address)
    other = Topic.objects.filter(grade_from__lte=7, grade_to__gte=7).exclude(pk=session.topic_id).first()
    services.change_session(session=session, by=cast.aigul, values={"topic": other})
    again = client.get(address, headers={"if-modified-since": first["Last-Modified"]})
    assert again.status_code == 200
    assert only_event(again.content)[1]["SUMMARY"] != only_event(first.content)[1]["SUMMARY"]


def test_a_changed_class_is_the_last_change_of_the_event(cast, client, address):
    """sessions.md 5, in the feed and in the letter; also where the booking itself has rested for days."""
    booking = services.book(session=make_session(cast, calendar_reason="Agreed"), by=cast.nurlan.user)
    Booking.objects.update(state_since=timezone.now() - timedelta(days=5))
    _calendar, before = only_event(client.get(address).content)
    services.change_session(session=booking.session, by=cast.aigul, values={"group_size": 20})
    response = client.get(address)
    changed_at = SchoolSession.objects.get().changed_at.replace(microsecond=0)
    for content in (response.content, letters("details_changed").get().attachments[0]["content"]):
        _calendar, event = only_event(content)
        assert event["SEQUENCE"] == before["SEQUENCE"] + 1
        assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == changed_at > before["DTSTAMP"].dt
    assert response["Last-Modified"] == http_date(changed_at.timestamp())


def test_cancelled_by_the_session_too(cast, client, address):
    booking = services.book(session=make_session(cast), by=cast.nurlan.user)
    services.cancel_session(session=booking.session, by=cast.aigul, reason="Quarantine")
    _calendar, event = only_event(client.get(address).content)
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 2)


def test_only_his_own_visits(cast, client, address):
    services.book(session=make_session(cast), by=cast.yerbol.user)
    assert Calendar.from_ical(client.get(address).content).walk("VEVENT") == []


def test_an_old_or_unknown_address_is_not_found(cast, client, sign_in, address):
    sign_in(cast.nurlan.user).post("/en/my/bookings/calendar/")
    assert client.get(address).status_code == 404
    assert client.get("/calendar/unknown.ics").status_code == 404
    assert CalendarToken.objects.working().count() == 1
    assert not CalendarToken.objects.filter(token_hash=address[10:-4]).exists()  # a hash lies in the table


def test_an_address_is_turned_off_and_there_is_none(cast, client, sign_in, address):
    mentor = sign_in(cast.nurlan.user)
    assert 'data-testid="calendar-off"' in mentor.get("/en/my/bookings/").content.decode()
    for _double_click in range(2):
        assert mentor.post("/en/my/bookings/calendar/", {"off": "1"}).status_code == 302
    assert client.get(address).status_code == 404
    assert not CalendarToken.objects.working().exists()
    page = mentor.get("/en/my/bookings/").content.decode()
    assert "calendar-off" not in page
    assert "calendar-address" not in page


def test_the_address_of_a_closed_account_is_not_found(cast, client, address):
    cast.nurlan.user.is_active = False
    cast.nurlan.user.save()
    assert client.get(address).status_code == 404


def test_the_feed_needs_no_sign_in_and_no_letter_goes_twice(cast, client, address):
    booking = services.book(session=make_session(cast), by=cast.nurlan.user)
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405
    assert OutgoingMessage.objects.filter(about=booking.code, letter="events/booked").count() == 1
