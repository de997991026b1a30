"""Bookings as iCalendar (RFC 5545, 5546, 7986). Times are UTC: phones with old time zone data would show Almaty an hour
off. Nothing here knows the present moment, so that an unchanged feed is the same file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress

from events.models import Booking
from events.states import OFF
from portal.mail import absolute
from portal.models import User

MIME = "text/calendar"


class Visit(NamedTuple):
    """What a calendar says of one booking: everything that goes into its event, so that equal visits are equal files."""

    uuid: UUID
    state: str
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    sequence: int
    session_uuid: UUID
    topic: str
    school: str
    address: str


def visits_of(user: User, since: datetime) -> list[Visit]:
    """The visits of `user` that ended after `since`, in one query, with names in his language."""
    language = user.language
    rows = Booking.objects.of(user).filter(ends_at__gt=since).order_by("starts_at", "pk")
    columns = rows.values_list(
        "uuid",
        "state",
        "state_since",
        "starts_at",
        "ends_at",
        "session__ical_sequence",
        "session__uuid",
        f"session__topic__name_{language}",
        f"session__school__name_{language}",
        "session__school__address",
    )
    return [Visit._make(row) for row in columns]


def feed(visits: Iterable[Visit]) -> bytes:
    """A calendar to subscribe to, in the active language; cancelled bookings stay in it as cancelled (I19)."""
    calendar = _calendar("PUBLISH")
    calendar.add("name", _("School visits"))
    calendar.add("x-wr-calname", _("School visits"))
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for visit in visits:
        calendar.add_component(_event(visit))
    return calendar.to_ical()


def attachment(booking: Booking) -> dict:
    """The booking as a file for its mentor's letter, in his language: an invitation, or its cancellation with the same
    UID and a higher number. The mentor has an account."""
    method, mentor = "CANCEL" if booking.state in OFF else "REQUEST", booking.person.user
    with translation.override(mentor.language):
        calendar, event = _calendar(method), _event(_visit(booking))
    event.add("organizer", vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"))
    if mentor.email:
        event.add("attendee", vCalAddress(f"mailto:{mentor.email}"))
    calendar.add_component(event)
    content = calendar.to_ical().decode()
    return {"name": "visit.ics", "mime": f"{MIME}; method={method}", "content": content}


def _visit(booking: Booking) -> Visit:
    session = booking.session
    return Visit(
        booking.uuid,
        booking.state,
        booking.state_since,
        booking.starts_at,
        booking.ends_at,
        session.ical_sequence,
        session.uuid,
        session.topic.name,
        session.school.name,
        session.school.address,
    )


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Tirek//School visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def _event(visit: Visit) -> Event:
    event, off = Event(), visit.state in OFF
    event.add("uid", f"booking-{visit.uuid}@{settings.SITE_HOST}")
    event.add("dtstamp", visit.changed_at)
    event.add("last-modified", visit.changed_at)
    event.add(
        "sequence", visit.sequence + off
    )  # rises with every change of the session, once more when the booking ends
    event.add("status", "CANCELLED" if off else "CONFIRMED")
    event.add("dtstart", visit.starts_at)
    event.add("dtend", visit.ends_at)
    event.add("summary", _line(f"{visit.topic} – {visit.school}"))
    event.add("location", _line(", ".join(filter(None, (visit.school, visit.address)))))
    event.add("url", absolute("session_detail", visit.session_uuid))
    return event


def _line(text: str) -> str:
    """One line: a stray carriage return could begin a property of its own."""
    return " ".join(text.split())
