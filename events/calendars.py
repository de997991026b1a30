"""Bookings as iCalendar (RFC 5545, 5546, 7986). Times are UTC: phones with old time zone data would show Almaty an hour
off. Nothing here knows the present moment, so that an unchanged feed is the same file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from email.utils import parseaddr

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress

from events.models import Booking
from events.states import OFF
from portal.mail import absolute

MIME = "text/calendar"


def feed(bookings: Iterable[Booking]) -> bytes:
    """A calendar to subscribe to, in the active language; cancelled bookings stay in it as cancelled."""
    calendar = _calendar("PUBLISH")
    calendar.add("name", _("School visits"))
    calendar.add("x-wr-calname", _("School visits"))
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for booking in bookings:
        calendar.add_component(_event(booking))
    return calendar.to_ical()


def attachment(booking: Booking) -> dict:
    """The booking as a file for its mentor's letter, in his language: an invitation, or its cancellation with the same
    UID and a higher number. The mentor has an account."""
    method, mentor = "CANCEL" if booking.state in OFF else "REQUEST", booking.person.user
    with translation.override(mentor.language):
        calendar, event = _calendar(method), _event(booking)
    event.add("organizer", vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"))
    if mentor.email:
        event.add("attendee", vCalAddress(f"mailto:{mentor.email}"))
    calendar.add_component(event)
    content = calendar.to_ical().decode()
    return {"name": "visit.ics", "mime": f"{MIME}; method={method}", "content": content}


def sequence(booking: Booking) -> int:
    """Rises with every change of the session and once more when the booking ends."""
    return booking.session.ical_sequence + (booking.state in OFF)


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Tirek//School visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def _event(booking: Booking) -> Event:
    session, event = booking.session, Event()
    event.add("uid", f"booking-{booking.uuid}@{settings.SITE_HOST}")
    event.add("dtstamp", booking.state_since)
    event.add("last-modified", booking.state_since)
    event.add("sequence", sequence(booking))
    event.add("status", "CANCELLED" if booking.state in OFF else "CONFIRMED")
    event.add("dtstart", booking.starts_at)
    event.add("dtend", booking.ends_at)
    event.add("summary", _line(f"{session.topic.name} – {session.school.name}"))
    event.add("location", _line(", ".join(filter(None, (session.school.name, session.school.address)))))
    event.add("url", absolute("session_detail", session.uuid))
    return event


def _line(text: str) -> str:
    """One line: a stray carriage return could begin a property of its own."""
    return " ".join(text.split())
