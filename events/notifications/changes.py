"""Letters of a session that is changed after it was published."""

from __future__ import annotations

from events.models import Booking, SchoolSession
from portal.models import User

from .base import to_mentor, to_school


def session_changed(booking: Booking) -> None:
    """Time or place changed: he is asked whether he still comes, and his calendar gets the new time."""
    to_mentor("session_changed", booking, f"session_changed:{booking.uuid}:{booking.session.version}", calendar=True)


def details_changed(booking: Booking) -> None:
    """The class, the topic or the note changed; the visit stands."""
    key = f"details_changed:{booking.uuid}:{booking.session.ical_sequence}"
    to_mentor("details_changed", booking, key, calendar=True)


def released_by_change(booking: Booking) -> None:
    """After the change he cannot come, by the rules. Never says by which."""
    to_mentor("released_by_change", booking, f"released_by_change:{booking.uuid}", page=("my_bookings",), calendar=True)


def to_school_session_changed(session: SchoolSession, before: SchoolSession, *, but: User | None = None) -> None:
    """`before` is the session as it was. A school that it leaves is told that it is off."""
    key = f"{session.uuid}:{session.version}"
    if before.school_id != session.school_id:
        to_school("to_school_session_elsewhere", before, key, {}, but=but)
    to_school("to_school_session_changed", session, key, {"before": before}, but=but)
