"""Bookings as iCalendar (RFC 5545, 5546, 7986). Times are UTC: phones with old time zone data would show Almaty an hour
off. Nothing here knows the present moment, so that an unchanged feed is the same file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import Aggregate, Max, TextField
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Parameters, vCalAddress, vDatetime, vDuration, vInt, vText, vUri
from icalendar.parser import Contentline

from events.models import Booking
from events.querysets import BookingQuerySet
from events.states import OFF
from portal.mail import absolute
from portal.models import User

MIME = "text/calendar"
OCTETS_UNFOLDED = 75  # RFC 5545, 3.1: a longer line is folded


class Visit(NamedTuple):
    """What a calendar says of one booking: everything that goes into its event, so that equal visits are equal files."""

    uuid: UUID
    state: str
    changed_at: datetime
    session_changed_at: datetime | None
    starts_at: datetime
    ends_at: datetime
    sequence: int
    session_uuid: UUID
    topic: str
    school: str
    address: str


class Stamp(NamedTuple):
    """Two equal ones: the feed is the same file."""

    of_rows: str | None
    changed_at: datetime | None
    session_changed_at: datetime | None


class _AllOf(Aggregate):
    """One value that is another one as soon as a column of one row is another one; the database makes it. The first column
    orders the rows."""

    output_field = TextField()

    def as_postgresql(self, compiler, connection, **context):
        first, _none = compiler.compile(self.get_source_expressions()[0])
        each = f"md5(string_agg(ROW(%(expressions)s)::text, ',' ORDER BY {first}))"
        return self.as_sql(compiler, connection, template=each, **context)

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="group_concat(json_array(%(expressions)s))", **context)


def stamp_of(user: User, since: datetime) -> Stamp:
    """Of `visits_of`, without them: who asks whether something has changed need not wait for all of it."""
    moments = {"changed_at": Max("state_since"), "session_changed_at": Max("session__changed_at")}
    return Stamp(**_rows(user, since).aggregate(of_rows=_AllOf(*_columns(user)), **moments))


def visits_of(user: User, since: datetime) -> list[Visit]:
    """The visits of `user` that ended after `since`, in one query, with names in his language."""
    return [Visit._make(row) for row in _rows(user, since).order_by("starts_at", "pk").values_list(*_columns(user))]


def _rows(user: User, since: datetime) -> BookingQuerySet:
    return Booking.objects.of(user).filter(ends_at__gt=since)


def _columns(user: User) -> list[str]:
    """Those of `Visit`."""
    return [
        "uuid",
        "state",
        "state_since",
        "session__changed_at",
        "starts_at",
        "ends_at",
        "session__ical_sequence",
        "session__uuid",
        f"session__topic__name_{user.language}",
        f"session__school__name_{user.language}",
        "session__school__address",
    ]


def feed(visits: Iterable[Visit]) -> bytes:
    """A calendar to subscribe to, in the active language; cancelled bookings stay in it as cancelled (I19)."""
    name = vText(_("School visits"))
    head = [
        _line("NAME", name),
        _line("X-WR-CALNAME", name),
        _line("REFRESH-INTERVAL", vDuration(timedelta(hours=1)), VALUE="DURATION"),
        _line("X-PUBLISHED-TTL", vText("PT1H")),
    ]
    return _calendar("PUBLISH", head + [line for visit in visits for line in _event(visit)])


def attachment(booking: Booking) -> dict:
    """The booking as a file for its mentor's letter, in his language: an invitation, or its cancellation with the same
    UID and a higher number. The mentor has an account."""
    method, mentor = "CANCEL" if booking.state in OFF else "REQUEST", booking.person.user
    people = [_line("ORGANIZER", vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"))]
    if mentor.email:
        people.append(_line("ATTENDEE", vCalAddress(f"mailto:{mentor.email}")))
    with translation.override(mentor.language):
        content = _calendar(method, _event(_visit(booking), people)).decode()
    return {"name": "visit.ics", "mime": f"{MIME}; method={method}", "content": content}


def _visit(booking: Booking) -> Visit:
    session = booking.session
    return Visit(
        booking.uuid,
        booking.state,
        booking.state_since,
        session.changed_at,
        booking.starts_at,
        booking.ends_at,
        session.ical_sequence,
        session.uuid,
        session.topic.name,
        session.school.name,
        session.school.address,
    )


def _calendar(method: str, lines: Iterable[bytes]) -> bytes:
    head = [
        b"BEGIN:VCALENDAR",
        _line("VERSION", vText("2.0")),
        _line("PRODID", vText("-//Tirek//School visits//EN")),
        _line("METHOD", vText(method)),
    ]
    return b"\r\n".join([*head, *lines, b"END:VCALENDAR", b""])


def _event(visit: Visit, more: Iterable[bytes] = ()) -> list[bytes]:
    off = visit.state in OFF
    changed = _moment(max(filter(None, (visit.changed_at, visit.session_changed_at))))
    place = ", ".join(filter(None, (visit.school, visit.address)))
    return [
        b"BEGIN:VEVENT",
        _line("UID", vText(f"booking-{visit.uuid}@{settings.SITE_HOST}")),
        _line("DTSTAMP", changed),
        _line("LAST-MODIFIED", changed),
        # rises with every change of the session, once more when the booking ends
        _line("SEQUENCE", vInt(visit.sequence + off)),
        _line("STATUS", vText("CANCELLED" if off else "CONFIRMED")),
        _line("DTSTART", _moment(visit.starts_at)),
        _line("DTEND", _moment(visit.ends_at)),
        _words("SUMMARY", f"{visit.topic} – {visit.school}"),
        _words("LOCATION", place),
        _line("URL", vUri(absolute("session_detail", visit.session_uuid))),
        *more,
        b"END:VEVENT",
    ]


def _line(name: str, value, **parameters: str) -> bytes:
    """The library writes, escapes and folds it. It walks letter by letter even through what is too short to fold, which
    was half the time of a feed, as its components were the other half: hence lines."""
    line = Contentline.from_parts(name, Parameters(parameters), value)
    plain = line.encode()
    return plain if len(plain) < OCTETS_UNFOLDED else line.to_ical()


def _moment(moment: datetime) -> vDatetime:
    return vDatetime(moment.astimezone(UTC))


@lru_cache(maxsize=4096)  # the same topics and schools come again and again
def _words(name: str, text: str) -> bytes:
    """In one line: a stray carriage return could begin a property of its own."""
    return _line(name, vText(" ".join(text.split())))
