"""Visits of the past for the tests, and what schools said of them."""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone

from events import services
from events.models import Booking
from events.states import BookingState
from tests.events.builders import at, make_session


def hold(person, session, state=BookingState.CONFIRMED, seat_no: int = 1) -> Booking:
    """A place in the session, whatever the rules of booking say."""
    return Booking.objects.create(
        session=session,
        person=person,
        seat_no=seat_no,
        state=state,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        confirmed_version=session.version,
    )


def attended(cast, person=None, *, starts_at: datetime | None = None, minutes: int | None = None, **more) -> Booking:
    """A visit of Nurlan (or `person`) to Gulnara's school that she has confirmed, yesterday at ten by default."""
    session = make_session(cast, starts_at=starts_at or at(-1), **more)
    booking = hold(person or cast.nurlan, session)
    by = cast.gulnara if session.school == cast.school else cast.bolat
    services.confirm_attendance(booking=booking, by=by, result="attended", minutes=minutes)
    booking.refresh_from_db()
    return booking


def on(year: int, month: int, day: int, hour: int = 10) -> datetime:
    """A moment in Almaty."""
    return timezone.make_aware(datetime.combine(date(year, month, day), time(hour)))
